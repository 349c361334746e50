"""Limits: how much of a hostile or careless input is read before it is refused."""

from dataclasses import dataclass

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Safe defaults; each name is the setting that its error mentions (`limit.<name>`)."""

    max_depth: int = 8
    max_members: int = 100_000
    max_ratio: int = 200
    ratio_free_bytes: int = 64 * MIB
    max_expanded_bytes: int = 50 * GIB
    max_window_bytes: int = 128 * MIB
    max_columns: int = 30_000
    max_cell_bytes: int = 16 * MIB
    max_sheet_cells: int = 50_000_000
    max_json_depth: int = 100
    reader_memory_bytes: int = 3 * GIB
    reader_cpu_s: int = 120
