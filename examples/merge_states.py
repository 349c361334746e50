"""Profile many files as one: `merge_states.py monday.arrow tuesday.arrow [...]`.

Each file is a job's `states/{table}.arrow`, of tables with the same columns and types. Nothing is
read again: the figures printed are those of all rows of all the files.
"""

import sys
from pathlib import Path

from pipelines.profile import TableProfile, profile_table
from pipelines.statistics import published


def profile(paths: list[Path]) -> TableProfile:
    """The profile of all the tables, one below the other in the order of the files."""
    states = published.merged(published.read(path.read_bytes()) for path in paths)
    return profile_table("merged", (), states, size_bytes=0)


def main(paths: list[Path]) -> None:
    table = profile(paths)
    print(f"{table.rows:,} rows, {len(table.columns)} columns")
    for column in table.columns:
        found = column.figures
        shown = [f"{column.null_count:,} nulls", f"{found['distinctCount']:,} distinct"]
        shown += [f"{name} {found[name]}" for name in ("min", "mean", "max") if name in found]
        print(f"{column.name} ({column.type}): {', '.join(shown)}")


if __name__ == "__main__":
    main([Path(path) for path in sys.argv[1:]])
