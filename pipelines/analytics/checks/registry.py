"""All quality rules, in the order in which they are evaluated."""

from pipelines.analytics.checks.base import Rule
from pipelines.analytics.checks.completeness import all_null, null_ratio_threshold
from pipelines.analytics.checks.consistency import (
    case_variants,
    categorical_cardinality,
    mixed_type,
    mojibake,
    padded_values,
)
from pipelines.analytics.checks.date_order import date_order
from pipelines.analytics.checks.dates import future_dates, impossible_dates
from pipelines.analytics.checks.meaning import broken_checksum, personal_data
from pipelines.analytics.checks.sentinels import sentinel_values
from pipelines.analytics.checks.signs import negative_values
from pipelines.analytics.checks.uniqueness import duplicate_rows, key_candidates
from pipelines.analytics.checks.validity import numeric_range, skew
from pipelines.analytics.checks.variety import constant, imbalance

RULES: tuple[Rule, ...] = (
    Rule(null_ratio_threshold, "completeness"),
    Rule(all_null, "completeness"),
    Rule(mixed_type, "consistency"),
    Rule(numeric_range, "validity"),
    Rule(categorical_cardinality, "consistency"),
    Rule(duplicate_rows, "uniqueness"),
    Rule(broken_checksum, "validity"),
    Rule(personal_data, "validity"),
    Rule(constant, "consistency"),
    Rule(padded_values, "consistency"),
    Rule(case_variants, "consistency"),
    Rule(mojibake, "validity"),
    Rule(future_dates, "validity"),
    Rule(impossible_dates, "validity"),
    Rule(date_order, "validity"),
    Rule(key_candidates, "uniqueness"),
    Rule(sentinel_values, "completeness"),
    Rule(negative_values, "validity"),
    Rule(skew, "validity"),
    Rule(imbalance, "consistency"),
)
