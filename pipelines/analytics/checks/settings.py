"""Settings: which rules a job applies, and from where on they speak."""

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from pipelines.known import Known

Share = Annotated[float, Field(ge=0, le=1, strict=True)]
Count = Annotated[StrictInt, Field(ge=1, le=10**9)]


class RuleSettings(Known):
    """Whether a rule is applied; what is switched off neither finds nor costs anything."""

    enabled: Annotated[StrictBool, Field(description="False: the rule is not applied.")] = True


class Graded(RuleSettings):
    """A rule whose issues are a WARNING from one share on, and an ERROR from another."""

    warning: Share
    error: Share

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.warning > self.error:
            raise ValueError("warning must not be above error")
        return self


class NullRatio(Graded):
    """Nulls in a column."""

    warning: Annotated[Share, Field(description="More than this share is a WARNING.")] = 0.2
    error: Annotated[Share, Field(description="This share and more is an ERROR.")] = 0.4


class AllNull(RuleSettings):
    """Columns without a value."""


class MixedType(RuleSettings):
    """Numbers among words."""

    share: Annotated[Share, Field(description="Numbers among the values, at least.")] = 0.05


class NumericRange(Graded):
    """Numbers far from the mean of their column."""

    warning: Annotated[Share, Field(description="This share and more is a WARNING.")] = 0.01
    error: Annotated[Share, Field(description="This share and more is an ERROR.")] = 0.05
    deviations: Annotated[
        float, Field(gt=0, le=1000, description="Standard deviations from the mean.")
    ] = 3.0


class CategoricalCardinality(RuleSettings):
    """Too many values to group by, too few to identify."""

    distinct: Annotated[Count, Field(description="Distinct values, at least.")] = 50
    fewest: Annotated[float, Field(ge=1, description="Rows a value, at least.")] = 2.0
    most: Annotated[float, Field(ge=1, description="Rows a value, fewer than.")] = 20.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.fewest > self.most:
            raise ValueError("fewest must not be above most")
        return self


class DuplicateRows(Graded):
    """Rows that repeat an earlier row."""

    warning: Annotated[Share, Field(description="More than this share is a WARNING.")] = 0.0
    error: Annotated[Share, Field(description="This share and more is an ERROR.")] = 0.05


class BrokenChecksum(RuleSettings):
    """Check digits that do not agree with the rest."""

    share: Annotated[Share, Field(description="Issue above this share of the values.")] = 0.0


class PersonalData(RuleSettings):
    """Columns with data about persons."""


class Constant(RuleSettings):
    """Columns that hold one value only."""

    rows: Annotated[Count, Field(description="Values, at least; fewer tell nothing.")] = 10


class PaddedValues(RuleSettings):
    """White space around texts, and texts of nothing else."""

    share: Annotated[Share, Field(description="Issue above this share of the values.")] = 0.0


class CaseVariants(RuleSettings):
    """Categories that differ by case or white space alone."""

    distinct: Annotated[
        StrictInt, Field(ge=2, le=5000, description="A category has so many values, at most.")
    ] = 1000
    repeats: Annotated[
        float, Field(ge=1, description="Rows a value of a category has, at least.")
    ] = 2.0


class Mojibake(RuleSettings):
    """Texts that were read in a wrong encoding."""

    share: Annotated[Share, Field(description="Issue above this share of the values.")] = 0.0


class FutureDates(RuleSettings):
    """Dates after the job was created."""

    days: Annotated[
        StrictInt, Field(ge=0, le=36500, description="Days ahead that are no future yet.")
    ] = 1
    plan: Annotated[
        Share, Field(description="With a larger share the column may hold plans: inconclusive.")
    ] = 0.2


class ImpossibleDates(RuleSettings):
    """Dates that never were, and those outside of a sensible time."""

    earliest: Annotated[date, Field(description="The first sensible day.")] = date(1800, 1, 1)
    latest: Annotated[date, Field(le=date(9999, 12, 30), description="The last sensible day.")] = (
        date(2200, 12, 31)
    )
    share: Annotated[
        Share, Field(description="So many of a text column's values are dates, at least.")
    ] = 0.5

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.earliest > self.latest:
            raise ValueError("earliest must not be after latest")
        return self


class DateOrder(RuleSettings):
    """Two dates of a row that follow each other in nearly all rows, and not in some."""

    rows: Annotated[Count, Field(description="Rows in which they differ, at least.")] = 20
    share: Annotated[Share, Field(description="In the wrong order, at most.")] = 0.01
    chance: Annotated[
        Share, Field(description="In the wrong order if the rows were shuffled, at least.")
    ] = 0.2


class KeyCandidates(RuleSettings):
    """Columns that are called and look like a key, and have repeats."""

    unique: Annotated[
        Share, Field(description="A key column has so large a share of different values.")
    ] = 0.95
    rows: Annotated[Count, Field(description="Values, at least; fewer tell nothing.")] = 20


class SentinelValues(RuleSettings):
    """Values that stand for a missing one, far from all others of their column."""

    numbers: Annotated[
        tuple[float, ...], Field(max_length=100, description="Numbers that may be sentinels.")
    ] = (-99, -999, -9999, -99999, -999999, 99, 999, 9999, 99999, 999999, 9999999)
    dates: Annotated[
        tuple[date, ...], Field(max_length=100, description="Days that may be sentinels.")
    ] = (date(1, 1, 1), date(1899, 12, 30), date(1900, 1, 1), date(1970, 1, 1), date(9999, 12, 31))
    gap: Annotated[
        float,
        Field(ge=0, description="Distance from the other values, in units of their range."),
    ] = 2.0
    days: Annotated[
        StrictInt, Field(ge=0, description="Distance from the other dates, in days.")
    ] = 365


class NegativeValues(RuleSettings):
    """Numbers below zero in a column of others."""

    share: Annotated[Share, Field(description="Without a telling name: this share at most.")] = 0.01
    rows: Annotated[
        Count, Field(description="Without a telling name: values, at least; fewer tell nothing.")
    ] = 20


class Skew(RuleSettings):
    """Numbers with a long tail."""

    skewness: Annotated[float, Field(ge=0, description="Absolute skewness, at least.")] = 3.0
    rows: Annotated[Count, Field(description="Values, at least; fewer tell nothing.")] = 20


class Imbalance(RuleSettings):
    """Categories of which one has nearly all rows."""

    share: Annotated[Share, Field(description="Share of the most frequent value.")] = 0.95
    distinct: Annotated[Count, Field(description="Distinct values, at most.")] = 50
    rows: Annotated[Count, Field(description="Values, at least; fewer tell nothing.")] = 20


class QualityOptions(Known):
    """The quality rules of a job, by name: each can be switched off, each threshold set."""

    what: ClassVar[str] = "quality rule"

    null_ratio_threshold: NullRatio = NullRatio()
    all_null: AllNull = AllNull()
    mixed_type: MixedType = MixedType()
    numeric_range: NumericRange = NumericRange()
    categorical_cardinality: CategoricalCardinality = CategoricalCardinality()
    duplicate_rows: DuplicateRows = DuplicateRows()
    broken_checksum: BrokenChecksum = BrokenChecksum()
    personal_data: PersonalData = PersonalData()
    constant: Constant = Constant()
    padded_values: PaddedValues = PaddedValues()
    case_variants: CaseVariants = CaseVariants()
    mojibake: Mojibake = Mojibake()
    future_dates: FutureDates = FutureDates()
    impossible_dates: ImpossibleDates = ImpossibleDates()
    date_order: DateOrder = DateOrder()
    key_candidates: KeyCandidates = KeyCandidates()
    sentinel_values: SentinelValues = SentinelValues()
    negative_values: NegativeValues = NegativeValues()
    skew: Skew = Skew()
    imbalance: Imbalance = Imbalance()
