"""All quality rules, in the order in which they are evaluated."""

from pipelines.analytics.checks.base import Check
from pipelines.analytics.checks.completeness import null_ratio_threshold
from pipelines.analytics.checks.consistency import categorical_cardinality, mixed_type
from pipelines.analytics.checks.meaning import broken_checksum, personal_data
from pipelines.analytics.checks.uniqueness import duplicate_rows
from pipelines.analytics.checks.validity import numeric_range

CHECKS: tuple[Check, ...] = (
    null_ratio_threshold,
    mixed_type,
    numeric_range,
    categorical_cardinality,
    duplicate_rows,
    broken_checksum,
    personal_data,
)
