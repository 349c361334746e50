"""The crew with Ray: a runner that cannot be placed takes no job."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.ray

SCRIPT = """
import sys, time
import ray
from serve_app.jobs.ray_crew import RayCrew
from serve_app.settings import Settings

ray.init(num_cpus=1, resources={sys.argv[1]: 1}, include_dashboard=False, log_to_driver=False)
crew = RayCrew(Settings(_env_file=None, runners=1))
deadline = time.monotonic() + float(sys.argv[2])
while not crew.is_free() and time.monotonic() < deadline:
    time.sleep(0.2)
print("free" if crew.is_free() else "none")
ray.shutdown()
"""


@pytest.mark.parametrize(
    ("resource", "patience_s", "said"), [("analytics", 120, "free"), ("other", 8, "none")]
)
def test_jobs_wait_until_there_is_a_runner(tmp_path, resource, patience_s, said):
    """Else they would be RUNNING, for hours, without one."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, resource, str(patience_s)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split()[-1] == said
