"""Resources: what each kind of Ray work asks for, in one table; cluster.yaml offers the same words.

Runners hold no CPU: an actor that holds one and waits for Data tasks would starve them on a small
machine, for ever. The custom resources are the limits on how many run at once.
"""

from typing import Any

GIB = 1 << 30

RUNNER: dict[str, Any] = {"num_cpus": 0, "resources": {"analytics": 1}}
SUPERVISOR: dict[str, Any] = {"num_cpus": 0}
READ_TASK: dict[str, Any] = {"num_cpus": 1, "resources": {"ingest": 1}, "memory": 1 * GIB}
