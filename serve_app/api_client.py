"""API client: the job API as the command line speaks it, over HTTP and nothing else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2 as httpx

from connectors.errors import InvalidRequest, JobError, MetricFoundryError, ServiceUnavailable

PAGE = 1000
MOST_JOBS = 200  # on a page
SHOWN_IDS = 3
NONE: Mapping[str, object] = {}


class RefusedRequest(JobError):
    """The service refused the request; its own code, sentence and hint are passed on."""

    @property
    def stable_code(self) -> str:
        return str(self.context.get("code", self.code))


class ApiClient:
    """One service. Raises RefusedRequest for its problems, ServiceUnavailable for its silence."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def readiness(self) -> dict[str, Any]:
        """What `GET /ready` answers, whether ready or not."""
        with _answering(self.url):
            answer: dict[str, Any] = self._http.get("/ready").json()
        return answer

    def missing(self) -> str:
        """What the service still lacks, in words; empty when it is ready."""
        checks = self.readiness().get("checks", [])
        return "; ".join(f"{each['name']}: {each['detail']}" for each in checks if not each["ok"])

    def job(self, job_id: str) -> dict[str, Any]:
        return self._call("GET", f"/jobs/{job_id}")

    def jobs(self, limit: int = 50) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("GET", "/jobs", params={"limit": limit})["jobs"]
        return found

    def full_id(self, start: str) -> str:
        """The id that begins so; as it is if none does. Raises InvalidRequest if several do."""
        matching = list(islice(self._ids_from(start), SHOWN_IDS))
        if len(matching) > 1:
            raise InvalidRequest(
                f"the ids of several jobs begin with {start!r}, such as {', '.join(matching)}",
                hint="Give more of the id.",
            )
        return matching[0] if matching else start

    def _ids_from(self, start: str) -> Iterator[str]:
        """Those that begin so, of all jobs that have it anywhere, in their names too."""
        cursor: str | None = None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = self._call("GET", "/jobs", params={"q": start, "limit": MOST_JOBS, **more})
            yield from (job["jobId"] for job in page["jobs"] if job["jobId"].startswith(start))
            cursor = page["nextCursor"]
            if cursor is None:
                return

    def cancel(self, job_id: str) -> dict[str, Any]:
        return self._call("POST", f"/jobs/{job_id}/cancel")

    def submit(self, source: str, overrides: Mapping[str, object] = NONE) -> str:
        """Hand over a file or an s3:// address; the id of the job, which runs by then."""
        chosen = {"overrides": overrides} if overrides else {}
        if "://" in source:
            request = {"source_type": "s3", "s3_path": source, "source_config": chosen}
            return str(self._create(request)["jobId"])
        path = Path(source)
        config = {"filename": path.name, "sizeBytes": path.stat().st_size, **chosen}
        created = self._create({"source_type": "upload", "source_config": config})
        self._put(created, path)
        self._call("POST", f"/jobs/{created['jobId']}/process")
        return str(created["jobId"])

    def submit_again(self, job_id: str, overrides: Mapping[str, object] = NONE) -> str:
        """Have the input of an earlier job read again; the id of the new one."""
        earlier = self.full_id(job_id)
        config = {"fromJob": earlier, "overrides": overrides}
        kind = self.job(earlier)["source"]["type"]
        return str(self._create({"source_type": kind, "source_config": config})["jobId"])

    def results(self, job_id: str) -> dict[str, Any]:
        """`results.json`."""
        link = self._call("GET", f"/jobs/{job_id}/results")["downloadUrl"]
        with _answering(link):
            answer = self._http.get(link)
        results: dict[str, Any] = _checked(answer).json()
        return results

    def result_files(self, job_id: str) -> Iterator[str]:
        """The paths below `results/`."""
        folder = f"artifacts/{job_id}/results/"
        token: str | None = None
        while True:
            extra = {"continuationToken": token} if token else {}
            page = self._call(
                "GET",
                f"/jobs/{job_id}/results/files",
                params={"delimiter": "", "pageSize": PAGE, **extra},
            )
            yield from (entry["key"].removeprefix(folder) for entry in page["objects"])
            token = page["nextToken"]
            if token is None:
                return

    def save_result(self, job_id: str, path: str, target: Path) -> None:
        """Copy one result file to disk."""
        link = self._call("GET", f"/jobs/{job_id}/results", params={"path": path})["downloadUrl"]
        target.parent.mkdir(parents=True, exist_ok=True)
        with _answering(link), self._http.stream("GET", link) as answer:
            answer.raise_for_status()
            with target.open("wb") as file:
                for block in answer.iter_bytes():
                    file.write(block)

    def _create(self, request: dict[str, Any]) -> dict[str, Any]:
        return self._call("POST", "/jobs", json=request)

    def _put(self, created: dict[str, Any], path: Path) -> None:
        link = created["uploadUrl"]
        headers = {**created.get("uploadHeaders", {}), "Content-Length": str(path.stat().st_size)}
        with _answering(link), path.open("rb") as file:
            answer = self._http.put(link, content=file, headers=headers, timeout=None)
        if answer.status_code != httpx.codes.OK:
            raise ServiceUnavailable(
                f"the object store did not take the upload (status {answer.status_code})",
                hint="Check the free disk space, then submit again.",
            )

    def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        with _answering(self.url):
            answer = self._http.request(method, path, **request)
        content: dict[str, Any] = _checked(answer).json()
        return content


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
        detail, code = str(problem["detail"]), str(problem["code"])
    except (ValueError, KeyError, TypeError):
        raise ServiceUnavailable(
            f"{answer.url.host} answered with status {answer.status_code}"
        ) from None
    usual = MetricFoundryError if answer.is_server_error else InvalidRequest
    hint = problem.get("hint") or usual.hint
    raise RefusedRequest(detail, code=code, hint=hint) from None


@contextmanager
def _answering(url: str) -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        address = urlsplit(url)
        raise ServiceUnavailable(
            f"nothing answers at {address.scheme}://{address.netloc}",
            hint="`metricfoundry up` starts the service; `metricfoundry doctor` looks into it.",
        ) from error
