"""Log lines: what a runner has to say, one JSON object a line, with the job that it speaks of."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipelines.order import JobOrder

OWN = ("pipelines", "connectors")  # whose lines these are
PARTS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


@dataclass
class JobLines(logging.Formatter):
    """Formats records as the service's own lines are. `about` holds for all threads at once.

    What a record was given as `extra` stands in its line too.
    """

    about: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line = {
            **{name: value for name, value in vars(record).items() if name not in PARTS},
            **self.about,
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "timestamp": moment.isoformat().replace("+00:00", "Z"),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


LINES = JobLines()


def install() -> None:
    """Write the lines to standard error, from warnings on. Once for a process."""
    handler = logging.StreamHandler()
    handler.setFormatter(LINES)
    for name in OWN:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False


@contextmanager
def about(order: JobOrder) -> Iterator[None]:
    """Within it, this process works for that job alone."""
    LINES.about = {
        "request_id": order.request_id,
        "job_id": order.job_id,
        "attempt": order.attempt,
    }
    try:
        yield
    finally:
        LINES.about = {}
