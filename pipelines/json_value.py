"""JSON values: a cell as strict JSON can say it, without changing what it means."""

import base64
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

EXACT_INTEGER = 2**53


def json_value(value: Any) -> Any:
    """Integers that a double cannot hold and decimals as text, dates as ISO 8601, bytes as base64.

    >>> json_value({"a": [2**53 + 1, float("nan"), date(2024, 1, 31)]})
    {'a': ['9007199254740993', None, '2024-01-31']}
    """
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) <= EXACT_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {str(name): json_value(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(item) for item in value]
    return value if isinstance(value, str) else str(value)
