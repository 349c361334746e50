"""Order: everything that a runner needs to know of one job, as one picklable value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.chat_model import ChatConfig
from connectors.object_store import StoreConfig
from pipelines.containers.limits import Limits
from pipelines.options import JobOptions


@dataclass(frozen=True, slots=True)
class InputObject:
    """An object to read: the upload under `input/`, or what an s3:// source names.

    With an `etag`, only that version of it will do.
    """

    bucket: str
    key: str
    name: str
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class JobOrder:
    """One job for one attempt. `created_at` (epoch s) is the only time outputs may carry.

    `checkpoints` is the SQLAlchemy URL of the job store, where the graph keeps its checkpoints.
    `chat` is the model that may retell the narrative, if one is configured.
    """

    job_id: str
    attempt: int
    created_at: float
    source: Mapping[str, Any]
    inputs: tuple[InputObject, ...]
    store: StoreConfig
    checkpoints: str = field(repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    request_id: str = ""
    limits: Limits = field(default_factory=Limits)
    inline_bytes: int = 48 << 20
    chat: ChatConfig | None = None

    @property
    def is_private(self) -> bool:
        """Whether the values of personal columns are withheld."""
        return JobOptions.model_validate(self.options).privacy == "mask"

    @property
    def source_type(self) -> str:
        return str(self.source.get("type", "upload"))
