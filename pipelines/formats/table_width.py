"""Table width: a table has no more columns than the limits allow."""

from connectors.errors import LimitExceeded
from pipelines.containers.limits import Limits


def refuse_columns(name: str, columns: int, limits: Limits) -> None:
    """Raises LimitExceeded where a table has more columns than may be read."""
    if columns > limits.max_columns:
        raise LimitExceeded(
            f"{name} has {columns} columns, more than {limits.max_columns} (max_columns)",
            limit="max_columns",
        )
