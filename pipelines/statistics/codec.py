"""Codec: states as JSON and raw buffers, for readers of any language and any later version."""

import dataclasses
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipelines.semantic_types.recognition import Tally
from pipelines.statistics import registry
from pipelines.statistics.budget import Budget
from pipelines.statistics.distinct_sketch import DistinctSketch
from pipelines.statistics.encoding import Encoding
from pipelines.statistics.exact_sum import ExactSum
from pipelines.statistics.rank_sketch import RankSketch
from pipelines.statistics.runs import NumberRuns, TextRuns
from pipelines.statistics.withheld import CountedDuplicates, Withheld

SHORT = 8  # items; a shorter array is as well written out
_PARTS = (Budget, DistinctSketch, Encoding, ExactSum, RankSketch, NumberRuns, Tally, TextRuns)
_MASKED = (CountedDuplicates, Withheld)
_STATISTICS = {kind for kinds in registry.BY_TYPE.values() for kind in kinds}
_CLASSES: dict[str, Any] = {
    kind.__name__: kind for kind in (*_PARTS, *_MASKED, *_STATISTICS, *registry.TABLE)
}


def encode(state: Any) -> tuple[str, list[bytes]]:
    """A state as JSON, which refers to buffers by number: arrays and frames."""
    buffers: list[bytes] = []
    return json.dumps(_pack(state, buffers), separators=(",", ":")), buffers


def decode(text: str, buffers: Sequence[bytes]) -> Any:
    return _unpack(json.loads(text), buffers)


def _pack(value: Any, buffers: list[bytes]) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return [_pack(item, buffers) for item in value]
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            return {"$": "integers", "of": [int(item) for item in value]}
        held = _narrow(value)
        buffers.append(np.ascontiguousarray(held).tobytes())
        told = {"at": len(buffers) - 1, "dtype": value.dtype.str, "shape": list(value.shape)}
        return {"$": "array", **told, **({} if held is value else {"held": held.dtype.str})}
    if isinstance(value, pl.Series | pl.DataFrame):
        frame = value.to_frame() if isinstance(value, pl.Series) else value
        buffers.append(_ipc(frame))
        return {"$": type(value).__name__, "at": len(buffers) - 1}
    fields = {f.name: _pack(getattr(value, f.name), buffers) for f in dataclasses.fields(value)}
    return {"$": type(value).__name__, **fields}


def _narrow(value: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Integers in as few bytes as hold them: counts of wide tables are small and many."""
    if value.dtype.kind not in "iu" or value.size <= SHORT:
        return value
    low, high = int(value.min()), int(value.max())
    for held in map(np.dtype, ("<u1", "<u2", "<u4") if low >= 0 else ("<i1", "<i2", "<i4")):
        if (
            held.itemsize < value.itemsize
            and np.iinfo(held).min <= low <= high <= np.iinfo(held).max
        ):
            return value.astype(held)
    return value


def _ipc(frame: pl.DataFrame) -> bytes:
    """The same bytes for the same values, whatever arrays they lie in.

    Arrow's writer leaves out what polars keeps of a longer array that a column was cut from: empty
    null masks, items beyond the ends; taking all rows leaves out the items under nulls. Enums and
    integers of 128 bits only polars knows.
    """
    frame, stream = frame.rechunk(), io.BytesIO()
    if any(_is_ours(dtype) for dtype in frame.dtypes):
        frame.write_ipc(stream, compat_level=pl.CompatLevel.oldest())
        return stream.getvalue()
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    if any(dtype.is_nested() for dtype in frame.dtypes):
        table = table.take(np.arange(frame.height))
    with pa.ipc.new_file(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


def _is_ours(dtype: Any) -> bool:
    if isinstance(dtype, pl.Struct):
        return any(_is_ours(field.dtype) for field in dtype.fields)
    if isinstance(dtype, pl.List | pl.Array):
        return _is_ours(dtype.inner)
    return isinstance(dtype, pl.Categorical | pl.Enum | pl.Int128 | pl.UInt128 | pl.Object)


def _unpack(value: Any, buffers: Sequence[bytes]) -> Any:
    if isinstance(value, list):
        return tuple(_unpack(item, buffers) for item in value)
    if not isinstance(value, dict):
        return value
    match value.pop("$"):
        case "integers":
            return np.array(value["of"], dtype=object)
        case "array":
            dtype = np.dtype(value["dtype"])
            flat = np.frombuffer(buffers[value["at"]], value.get("held", dtype))
            return flat.astype(dtype, copy=False).reshape(value["shape"])
        case "DataFrame":
            return pl.read_ipc(io.BytesIO(buffers[value["at"]]))
        case "Series":
            return pl.read_ipc(io.BytesIO(buffers[value["at"]])).to_series()
        case kind:
            fields = {name: _unpack(item, buffers) for name, item in value.items()}
            return _CLASSES[kind](**fields)
