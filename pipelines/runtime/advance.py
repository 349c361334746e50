"""Advance: how far a run has come, told from the run's threads to whoever watches."""

from dataclasses import dataclass, field, replace
from threading import Event, Lock

from pipelines.scan import PartResult

PLAN_SHARE, INGEST_SHARE = 0.03, 0.65  # of the job, once that is done


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a run has come, for whoever watches it; `fraction` lies in 0..1."""

    phase: str = "ingest"
    fraction: float = 0.0
    rows_read: int = 0
    bytes_read: int = 0
    bytes_total: int | None = None


@dataclass
class Watch:
    """What a run shares with its watchers: it tells its advance, and hears that it shall stop."""

    _lock: Lock = field(default_factory=Lock)
    _stop: Event = field(default_factory=Event)
    _read: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    _rows: int = 0
    _bytes: int = 0
    _advance: Advance = field(default_factory=Advance)

    def advance(self) -> Advance:
        with self._lock:
            return self._advance

    def cancel(self) -> None:
        self._stop.set()

    def is_cancelled(self) -> bool:
        return self._stop.is_set()

    def on_phase(self, phase: str, fraction: float) -> None:
        with self._lock:
            furthest = max(self._advance.fraction, fraction)
            self._advance = replace(self._advance, phase=phase, fraction=furthest)

    def on_plan(self, bytes_total: int) -> None:
        with self._lock:
            self._advance = replace(self._advance, bytes_total=bytes_total)

    def on_planned(self) -> None:
        """It is known what there is to read."""
        with self._lock:
            furthest = max(self._advance.fraction, PLAN_SHARE)
            self._advance = replace(self._advance, fraction=furthest)

    def on_read(self, table: int, part: int, rows: int, size_bytes: int) -> None:
        """So much of a part has been read by now; what is read again does not count twice."""
        with self._lock:
            known_rows, known_bytes = self._read.get((table, part), (0, 0))
            self._read[table, part] = (rows, size_bytes)
            self._rows += rows - known_rows
            self._bytes += size_bytes - known_bytes
            total = max(self._advance.bytes_total or 0, 1)
            read = max(self._advance.bytes_read, min(self._bytes, total))
            reached = PLAN_SHARE + (INGEST_SHARE - PLAN_SHARE) * read / total
            self._advance = replace(
                self._advance,
                rows_read=self._rows,
                bytes_read=read,
                fraction=max(self._advance.fraction, reached),
            )

    def on_result(self, result: PartResult, size_bytes: int) -> None:
        self.on_read(result.table, result.index, result.rows, size_bytes)
