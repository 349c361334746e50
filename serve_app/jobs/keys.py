"""Keys: which keys of a job a request may name. Pure."""

from connectors.errors import PathOutsideJob
from pipelines import artifacts

MAX_KEY_BYTES = 1024  # S3's own limit


def results_folder(job_id: str) -> str:
    return artifacts.result_key(job_id, "")


def key_inside(folder: str, path: str) -> str:
    """The key that `path` names: a full key below `folder`, or relative to it.

    Raises PathOutsideJob.

    >>> key_inside("artifacts/j/results/", "results.json")
    'artifacts/j/results/results.json'
    >>> key_inside("artifacts/j/", "artifacts/j/manifest.json")
    'artifacts/j/manifest.json'
    """
    key = path if path.startswith("artifacts/") else folder + path
    steps = key.split("/")
    if (
        not (key.startswith(folder) or key == folder.removesuffix("/"))
        or path.startswith("/")
        or {".", ".."} & set(steps)
        or any(not letter.isprintable() or letter == "\\" for letter in key)
        or len(key.encode(errors="replace")) > MAX_KEY_BYTES
    ):
        raise PathOutsideJob(f"the path must stay inside {folder}")
    return key


def prefix_inside(folder: str, prefix: str) -> str:
    """The prefix to list; the folder itself when none is given. Raises PathOutsideJob."""
    key = key_inside(folder, prefix)
    return folder if len(key) < len(folder) else key
