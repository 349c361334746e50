"""Column card: the figures of one column in the words and the order of the report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.analytics import plots
from pipelines.analytics.column_shares import Shares, Top, pictures, shares
from pipelines.analytics.drawing import Drawing
from pipelines.analytics.findings import Payload
from pipelines.analytics.measures import is_label, is_year
from pipelines.analytics.wording import (
    amount,
    bounded,
    cell,
    count,
    grouped,
    number,
    percent,
    shorten,
    visible,
)
from pipelines.profile import ColumnProfile

TOPS, FEW = 8, 4
FLAT = 0.02  # when no value is more frequent, few of them say as much as many
QUANTILES = ("p1", "p5", "p25", "p50", "p75", "p95", "p99")
COUNTED = (
    ("zeros", "zeros"),
    ("negatives", "negative"),
    ("infinities", "infinite"),
    ("nans", "not a number"),
    ("empty", "empty texts"),
    ("blank", "blank"),
    ("padded", "padded"),
    ("trueCount", "true"),
    ("falseCount", "false"),
)
MEASURED = (
    ("mean", "mean"),
    ("stddev", "std. deviation"),
    ("sum", "sum"),
    ("iqr", "interquartile range"),
    ("mad", "median abs. deviation"),
    ("coefficientOfVariation", "coefficient of variation"),
    ("mode", "mode"),
    ("skewness", "skewness"),
    ("kurtosis", "kurtosis"),
    ("meanLength", "mean length"),
    ("medianLength", "median length"),
    ("items", "items"),
    ("nullItems", "empty items"),
    ("resolution", "resolution"),
    ("timeZone", "time zone"),
    ("uniqueCount", "occur once"),
)

# What says nothing of labels, and what of years and places.
OF_MEASURES = {
    "mean",
    "stddev",
    "sum",
    "iqr",
    "mad",
    "coefficientOfVariation",
    "skewness",
    "kurtosis",
}
OF_SHAPE = {"skewness", "kurtosis", "iqr", "mad"}
SHAPED = 5  # values, from which on they have quantiles and a shape to speak of
OF_AMOUNTS = {"sum", "coefficientOfVariation"}
PLACES = {"latitude", "longitude"}
LIKE_VALUES = ("mean", "mode")
NOTED = (
    ("distinctCount", "Distinct values"),
    ("quantiles", "Quantiles and histogram"),
    ("topValues", "Frequent values"),
)

Fact = tuple[str, str]


@dataclass(frozen=True)
class Card:
    """A column as shown; `carded` says whether it has more than its line in the index."""

    column: ColumnProfile
    anchor: str
    issues: Sequence[Payload]
    carded: bool = False
    open: bool = False

    def estimate(self, figure: str) -> Mapping[str, Any] | None:
        return (self.column.figures.get("estimates") or {}).get(figure)

    @property
    def flags(self) -> list[Payload]:
        """The issues that the chips beside the name do not say already."""
        return [issue for issue in self.issues if issue["rule"] != "personal_data"]

    @property
    def facts(self) -> list[Fact]:
        column, figures = self.column, self.column.figures
        shown = [
            ("values", amount(column.non_null_count)),
            ("empty", f"{amount(column.null_count)} ({percent(column.null_ratio)})"),
            ("distinct", bounded(figures.get("distinctCount"), self.estimate("distinctCount"))),
        ]
        ends = (("min", self.minimum), ("max", self.maximum))
        shown += [(name, shorten(end, 60)) for name, end in ends if end]
        shown += [
            (word, self._measured(name))
            for name, word in MEASURED
            if _has(figures, name) and name not in self._idle | self._shapeless
        ]
        if _has(figures, "minLength"):
            shortest, longest = amount(figures["minLength"]), amount(figures["maxLength"])
            shown.append(
                ("length", shortest if shortest == longest else f"{shortest} to {longest}")
            )
        items = {"empty": "empty lists"} if column.type == "list" else {}
        shown += [
            (items.get(name, word), amount(figures[name]))
            for name, word in COUNTED
            if figures.get(name)
        ]
        return [*shown, *_order(figures), *_written(figures), *self._meaning()]

    @property
    def _idle(self) -> set[str]:
        """Figures that nobody would ask for."""
        if is_label(self.column):
            return OF_MEASURES
        claim = self.column.figures.get("semanticType") or {}
        return OF_AMOUNTS if is_year(self.column) or claim.get("type") in PLACES else set()

    @property
    def _shapeless(self) -> set[str]:
        """Figures of a shape that so few values do not have, or all alike do."""
        figures = self.column.figures
        few = OF_SHAPE if self.column.non_null_count < SHAPED else set()
        flat = figures.get("minLength") == figures.get("maxLength")
        return few | ({"meanLength", "medianLength"} if flat else set())

    def _meaning(self) -> list[Fact]:
        """What the values are, how many of them, how surely; and whether they are personal."""
        figures = self.column.figures
        claim, personal = figures.get("semanticType"), figures.get("personal")
        shown = []
        if claim:
            said = [claim["type"].replace("_", " "), f"{percent(claim['coverage'])} of the values"]
            if claim["checksum"] is not None:
                said.append(f"check digits hold in {percent(claim['checksum'])}")
            shown.append(("semantic type", ", ".join(said)))
            shown.append(("confidence", percent(claim["confidence"])))
        if personal:
            shown.append(("personal", personal["why"]))
        if figures.get("masked"):
            shown.append(("values", "masked"))
        return shown

    @property
    def minimum(self) -> str:
        return self._shown(self.column.figures.get("min"))

    @property
    def maximum(self) -> str:
        return self._shown(self.column.figures.get("max"))

    def _measured(self, name: str) -> str:
        told = bounded(self.column.figures[name], self.estimate(name))
        return (
            told.replace(",", "") if plots.is_years(self.column) and name in LIKE_VALUES else told
        )

    @property
    def mean(self) -> str:
        has_one = not (is_label(self.column) or is_year(self.column))
        return self._measured("mean") if has_one and _has(self.column.figures, "mean") else ""

    def _shown(self, value: object, limit: int = 80) -> str:
        is_amount = not (plots.is_years(self.column) or is_label(self.column))
        if value is not None and self.column.is_numeric and is_amount:
            return grouped(value)
        shown = cell(value, limit, digits=6)
        return shown.replace("T", " ") if self.column.type == "datetime" else shown

    @property
    def quantiles(self) -> list[Fact]:
        if is_label(self.column) or self.column.non_null_count < SHAPED:
            return []
        found: Mapping[str, Any] = self.column.figures.get("quantiles") or {}
        about = "≈ " if self.estimate("quantiles") else ""
        return [
            (f"{name[1:]} %", f"{about}{self._shown(found[name], 20)}")
            for name in QUANTILES
            if found.get(name) is not None
        ]

    @property
    def notes(self) -> list[str]:
        estimates: Mapping[str, Any] = self.column.figures.get("estimates") or {}
        return [_estimated(word, estimates[name]) for name, word in NOTED if name in estimates]

    @property
    def chart(self) -> Drawing | None:
        if not plots.bins(self.column) or plots.left_out(self.column):
            return None
        return plots.small_histogram(self.column)

    @property
    def pictures(self) -> list[tuple[str, Drawing]]:
        """Drawings with a caption; a histogram has one where it leaves something out."""
        drawn = list(pictures(self.column))
        if beyond := plots.left_out(self.column):
            caption = f"Without the {amount(beyond)} lowest and highest values"
            drawn.insert(0, (caption, plots.small_histogram(self.column)))
        return drawn

    @property
    def shares(self) -> list[Shares]:
        """The frequent values, then the kinds of values."""
        tops = self.tops
        repeats = bool(tops) and (self.column.figures.get("topValues") or [{}])[0]["count"] > 1
        found = [Shares("Most frequent values" if repeats else "Values", tops)] if tops else []
        return [*found, *shares(self.column)]

    @property
    def tops(self) -> list[Top]:
        """The frequent values, where they say more than the histogram."""
        figures, values = self.column.figures, self.column.non_null_count
        listed = figures.get("topValues") or ()
        drawn = plots.bins(self.column)
        if not values or not listed or (drawn and listed[0]["count"] * 20 < values):
            return []
        if listed[0]["count"] == 1 and values > TOPS:
            return []
        is_flat = listed[0]["count"] < FLAT * values
        least = "≥ " if self.estimate("topValues") else ""
        return [
            Top(
                self._shown(top["value"], 60) or "(empty)",
                least + amount(top["count"]),
                top["count"] / values,
            )
            for top in listed[: FEW if drawn or is_flat else TOPS]
            if top["count"] > 1 or values <= TOPS
        ]


def _has(figures: Mapping[str, Any], name: str) -> bool:
    return figures.get(name) is not None


def _written(figures: Mapping[str, Any]) -> Iterator[Fact]:
    """What texts read as and are written in, and oddities that are counted nowhere else."""
    types = {kind: n for kind, n in (figures.get("typeCounts") or {}).items() if n}
    if len(types) > 1:
        yield "read as", ", ".join(f"{kind} {amount(n)}" for kind, n in types.items())
    scripts = figures.get("scripts") or {}
    if set(scripts) - {"Latin", "other"}:
        yield "scripts", ", ".join(sorted(scripts, key=lambda script: -scripts[script]))
    if figures.get("words") and figures.get("meanWords") != 1:
        yield "words", amount(figures["words"])
    for odd in figures.get("oddities") or ():
        if odd["what"] in {"mojibake", "control"}:
            what = {"control": "with control characters"}.get(odd["what"], odd["what"])
            yield what, f"{amount(odd['count'])}, first in row {amount(odd['firstRow'])}"


def _order(figures: Mapping[str, Any]) -> Iterator[Fact]:
    """How the values follow each other, and which dates are odd."""
    if figures.get("monotonic") not in {None, "constant"}:
        yield "row by row", figures["monotonic"].replace("_", " ")
    gaps = figures.get("gaps")
    # Where more is missing than there, as among dates of birth, nobody expects every day.
    if gaps and gaps["count"] and gaps["missing"] <= (figures.get("distinctCount") or 0):
        found = f"{count(gaps['count'], 'gap')}, {count(gaps['missing'], gaps['unit'])} in all"
        yield "without a value", found
    future = figures.get("future")
    if future and future["count"]:
        first = f", first in row {amount(future['firstRow'])}" if "firstRow" in future else ""
        yield f"after {future['asOf']}", amount(future["count"]) + first
    odd = {odd["what"]: odd["firstRow"] for odd in figures.get("oddities") or ()}
    stand_ins = (figures.get("epochDates") or {}).items()
    for day, found in stand_ins:
        first = f", first in row {amount(odd['epoch'])}" if len(stand_ins) == 1 else ""
        yield f"on {day}", amount(found) + first
    offsets = figures.get("utcOffsets") or {}
    if set(offsets) - {"+00:00"}:
        listed = sorted(offsets.items(), key=lambda offset: (-offset[1], offset[0]))
        more = f" and {len(listed) - FEW} more" if len(listed) > FEW else ""
        shown = ", ".join(f"{offset} {amount(n)}" for offset, n in listed[:FEW])
        yield "written as UTC", shown + more


def _estimated(what: str, estimate: Mapping[str, Any]) -> str:
    how = f"estimated ({visible(str(estimate.get('method', 'sample')))})"
    bound = number(estimate.get("rankError"))
    error = f", within {percent(bound)} of the rank" if bound else ""
    lower, upper = estimate.get("lower"), estimate.get("upper")
    if number(lower) is not None and number(upper) is not None:
        error = f", {amount(lower)} to {amount(upper)}"
    sure = number(estimate.get("confidence"))
    confidence = f", with {percent(sure)} confidence" if sure else ""
    rows = estimate.get("rows")
    behind = f", from {count(int(rows), 'row')}" if rows else ""
    return f"{what} {how}{error}{confidence}{behind}."
