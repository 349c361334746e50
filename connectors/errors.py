"""Errors: one root with a stable code, and one branch for each answer to "whose fault is it?".

MetricFoundryError
├── SourceError            theirs: the source as they described it
│   ├── SourceNotFound        source.not_found
│   ├── SourceChanged         source.changed
│   ├── UploadNotReceived     upload.not_received
│   ├── UploadChanged         upload.changed
│   ├── UnsupportedSource     source.unsupported
│   └── InvalidSource         source.invalid
├── InvalidRequest         theirs: the request itself  request.invalid
├── ReadError              the file's
│   ├── UnknownFormat         format.unknown
│   ├── EmptyInput            input.empty
│   ├── CorruptFile           parse.corrupt
│   ├── PasswordProtected     archive.encrypted
│   ├── LimitExceeded         limit.<which>, given as `limit=`
│   ├── ParserCrashed         parse.crashed
│   ├── ParserOutOfMemory     parse.memory_limit
│   └── ParserTimedOut        parse.cpu_limit
├── StorageError           ours: object store or disk
│   ├── StorageUnavailable    storage.unavailable
│   └── StorageFull           storage.full
├── AnalysisError          ours: a phase failed  analysis.failed
├── JobError               the request does not fit the job's state
│   ├── JobNotFound           job.not_found
│   ├── JobConflict           job.conflict
│   ├── ResultNotReady        result.not_ready
│   ├── ArtifactNotFound      artifact.not_found
│   └── PathOutsideJob        request.path
├── ServiceUnavailable     ours, for now  service.unavailable
└── Misconfigured          the operator's  config.invalid
"""

from typing import ClassVar


class MetricFoundryError(Exception):
    """Base class. `code` is the stable word that clients may match on; `hint` says what to do."""

    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False
    hint: ClassVar[str] = "Try again; if it stays, report it with the request id."

    def __init__(self, message: str, **context: object) -> None:
        super().__init__(message)
        self.context = context

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), str(self), self.context)

    @property
    def stable_code(self) -> str:
        """The code of this very error; most classes have just one."""
        return self.code

    @property
    def advice(self) -> str:
        """What the reader can do about it."""
        return str(self.context.get("hint", self.hint))


def _rebuild(
    kind: type[MetricFoundryError], message: str, context: dict[str, object]
) -> MetricFoundryError:
    return kind(message, **context)


class SourceError(MetricFoundryError):
    """The source as described cannot be used."""

    code = "source.invalid"
    hint = "Check the source in the request."


class InvalidSource(SourceError):
    """The description of the source makes no sense."""


class UnsupportedSource(SourceError):
    """A kind of source that this version does not read."""

    code = "source.unsupported"
    hint = "GET /connectors lists what this server reads."


class SourceNotFound(SourceError):
    """Nothing lies where the source points."""

    code = "source.not_found"
    hint = "Check the address, and that the service's credentials may read it."


class SourceChanged(SourceError):
    """The source was replaced while it was read."""

    code = "source.changed"
    retryable = True
    hint = "Submit the job again once the file is no longer being written."


class UploadNotReceived(SourceError):
    """The upload URL expired unused."""

    code = "upload.not_received"
    hint = "Create a new job and upload the file before its URL expires."


class UploadChanged(SourceError):
    """Something else was put to the upload URL once the job had been queued."""

    code = "upload.changed"
    hint = "Create a new job and upload the file once; a job reads what lay there as it was queued."


class InvalidRequest(MetricFoundryError):
    """A part of the request that makes no sense."""

    code = "request.invalid"
    hint = "The message names the part to correct; docs/api.md describes each route."


class ReadError(MetricFoundryError):
    """The bytes could not be read as the data they claim to be."""

    code = "parse.failed"
    hint = "Check that the file opens elsewhere and has the format its name says."


class UnknownFormat(ReadError):
    """No registered format recognises the bytes."""

    code = "format.unknown"
    hint = "GET /formats lists what can be read."


class EmptyInput(ReadError):
    """There is not one row in it."""

    code = "input.empty"
    hint = "Upload a file that holds at least a header and a row."


class NothingInside(EmptyInput):
    """A sound document that holds nothing, such as a workbook of blank sheets."""


class InvalidOverride(ReadError):
    """What the user decided about the reading does not fit the input."""

    code = "override.invalid"
    hint = "Correct source_config.overrides; the receipt of an earlier job shows what is there."


class CorruptFile(ReadError):
    """The bytes break the rules of their own format."""

    code = "parse.corrupt"
    hint = "The file is damaged or cut short; export or transfer it again."


class PasswordProtected(ReadError):
    """The content is encrypted."""

    code = "archive.encrypted"
    hint = "Remove the password and upload it again."


class LimitExceeded(ReadError):
    """A safety limit was reached; the code has its name, without the `max_` of a setting."""

    code = "limit.exceeded"
    hint = "Split the input; this limit is no setting."
    setting_hint = "Split the input, or ask the operator to raise the limit that the message names."

    def __init__(self, message: str, *, limit: str = "exceeded", **context: object) -> None:
        super().__init__(message, limit=limit, **context)

    @property
    def stable_code(self) -> str:
        return f"limit.{str(self.context['limit']).removeprefix('max_')}"

    @property
    def advice(self) -> str:
        if "hint" not in self.context and str(self.context["limit"]).startswith("max_"):
            return self.setting_hint
        return super().advice


class ParserCrashed(ReadError):
    """The sacrificial child died in the parser."""

    code = "parse.crashed"
    hint = "The file breaks its parser; export it again, or in another format."


class ParserOutOfMemory(ReadError):
    """The child reached its memory limit."""

    code = "parse.memory_limit"
    hint = (
        "The file expands beyond the memory limit of a reader; split it or export it differently."
    )


class ParserTimedOut(ReadError):
    """The child reached its limit of processor or wall time."""

    code = "parse.cpu_limit"
    hint = "The file takes too long to read; split it or export it differently."


class StorageError(MetricFoundryError):
    """Our storage failed."""

    code = "storage.failed"
    retryable = True
    hint = "Try again; if it stays, ask the operator to check the object store."


class StorageUnavailable(StorageError):
    """The object store did not answer."""

    code = "storage.unavailable"


class StorageFull(StorageError):
    """No space is left to write to."""

    code = "storage.full"
    retryable = False
    hint = "Free disk space (`metricfoundry clean` removes old jobs), then submit again."


class AnalysisError(MetricFoundryError):
    """A phase of the analysis failed on data that had been read."""

    code = "analysis.failed"


class JobError(MetricFoundryError):
    """The request does not fit the job."""

    code = "job.invalid"
    hint = "GET /jobs/{id} tells the state of the job."


class JobNotFound(JobError):
    """No such job."""

    code = "job.not_found"
    hint = "Check the job id; GET /jobs lists the jobs."


class JobConflict(JobError):
    """The state of the job forbids it."""

    code = "job.conflict"


class ResultNotReady(JobError):
    """The job has not published results."""

    code = "result.not_ready"
    hint = "Poll GET /jobs/{id} until its status is SUCCEEDED."


class ArtifactNotFound(JobError):
    """The job has no such artifact."""

    code = "artifact.not_found"
    hint = "GET /jobs/{id}/artifacts lists what there is."


class PathOutsideJob(JobError):
    """A path or key that leaves the job's own folder."""

    code = "request.path"
    hint = "Use a key below artifacts/{jobId}/."


class ServiceUnavailable(MetricFoundryError):
    """Something that the service needs does not answer now."""

    code = "service.unavailable"
    retryable = True
    hint = "Try again in a few seconds."


class Misconfigured(MetricFoundryError):
    """The settings cannot work."""

    code = "config.invalid"
    hint = "See .env.example for every setting."
