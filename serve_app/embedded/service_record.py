"""Service record: how a command finds the service that another one started in the same folder."""

from dataclasses import asdict, dataclass
from pathlib import Path

from serve_app.embedded import folder as folders
from serve_app.embedded.child import ChildProcess

FILE = "service.json"


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """A running service: its process, its address, and the ports that it chose.

    A `transient` one ends with the one job that it was started for; nobody else may rely on it.
    """

    process: ChildProcess
    url: str
    ports: dict[str, int]
    s3_endpoint: str
    dashboard_url: str = ""
    transient: bool = False

    def write(self, home: Path) -> None:
        content = asdict(self)
        process = content.pop("process")
        folders.write_json(home / FILE, {**process, **content})


def find(home: Path) -> ServiceRecord | None:
    """The service that runs in this folder, if one does."""
    content = folders.read_json(home / FILE)
    try:
        process = ChildProcess(content.pop("pid"), content.pop("started_at"))
        record = ServiceRecord(process, **content)
    except (KeyError, TypeError):
        return None
    return record if process.is_alive else None


def remove(home: Path) -> None:
    (home / FILE).unlink(missing_ok=True)
