"""Page cursor: the place in the list of jobs where its next page begins, as a client gets it."""

import base64
import json
import math

from connectors.errors import InvalidRequest
from serve_app.jobs.model import Job


def after(last: Job) -> str:
    """An opaque word for "after this job"."""
    place = json.dumps([last.created_at, last.job_id])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def opened(cursor: str) -> tuple[float, str]:
    """The place a cursor stands for: epoch seconds of creation, and job id.

    Raises InvalidRequest for what is no cursor.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        created_at, job_id = json.loads(base64.urlsafe_b64decode(padded))
        is_id = isinstance(job_id, str) and job_id.isascii() and job_id.isprintable()
        if is_id and isinstance(created_at, float) and math.isfinite(created_at):
            return created_at, job_id
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidRequest("cursor is not one that this service gave out") from error
    raise InvalidRequest("cursor is not one that this service gave out")
