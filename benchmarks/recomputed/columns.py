"""Columns: every figure of `columnProfiles`, from the cells of the published column."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from recomputed import exact, forms, meanings
from recomputed.ledger import Ledger, number
from recomputed.published import (
    NUMERIC,
    TEMPORAL,
    Column,
    duration,
    in_full,
    wire,
    zone_offset,
)

SPACES = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B)))
SPACES += "\u2028\u2029\u202f\u205f\u3000"
SPACE_RUN = re.compile(f"[{SPACES}]+")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
EPOCHS = ("0001-01-01", "1899-12-30", "1900-01-01", "1970-01-01", "9999-12-31")
UNITS = (
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "nanosecond",
)
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
SLOW = 300_000  # values beyond which distances from the median are not ordered exactly


def check(ledger: Ledger, at: str, column: Column, told: Mapping[str, Any]) -> None:
    """All figures of one column."""
    is_masked = told.get("masked", False)
    n, present = len(column.cells), len(column.values)
    ledger.same(f"{at}.name", told["name"], column.name)
    ledger.same(f"{at}.type", told["type"], column.word)
    kinds = {"boolean": "boolean", "null": "unknown"} | dict.fromkeys(NUMERIC, "numeric")
    inferred = kinds.get(column.word, "text") if present else "unknown"
    ledger.same(f"{at}.inferredType", told["inferredType"], inferred)
    ledger.same(f"{at}.count", told["count"], n)
    ledger.same(f"{at}.nullCount", told["nullCount"], n - present)
    ledger.same(f"{at}.nonNullCount", told["nonNullCount"], present)
    ledger.near(f"{at}.nullRatio", told["nullRatio"], Fraction(n - present, n) if n else Fraction())
    tokens = told.get("nullTokens") or {}
    for token in tokens:
        most = n - present
        ledger.within(f"{at}.nullTokens.{token}", sum(tokens.values()), 1, most)
    if offsets := told.get("utcOffsets"):
        ledger.within(f"{at}.utcOffsets", sum(offsets.values()), 1, present)
    _oddities(ledger, at, column, told)
    if column.word == "null" or is_masked:
        return
    _values(ledger, at, column, told)
    meanings.check(ledger, at, column, told)
    if column.word in NUMERIC:
        _numbers(ledger, at, column, told)
    elif column.word == "text":
        _texts(ledger, at, column, told)
    elif column.word in TEMPORAL:
        _times(ledger, at, column, told)
    elif column.word == "boolean":
        ledger.same(f"{at}.trueCount", told["trueCount"], column.values.count(True))
        ledger.same(f"{at}.falseCount", told["falseCount"], column.values.count(False))
    elif column.word == "list":
        _lists(ledger, at, column, told)
    elif column.word == "struct":
        for place, field in enumerate(told["fields"]):
            there = sum(cell[field["name"]] is not None for cell in column.values)
            ledger.same(f"{at}.fields[{place}].present", field["present"], there)
            ledger.same(f"{at}.fields[{place}].name", field["name"], column.kind[place].name)
            inner = Column("", column.kind[place].type, column.data).word
            ledger.same(f"{at}.fields[{place}].type", field["type"], inner)
    if column.word != "text":
        counts = {column.word: present} if present else {}
        for name in counts | told["typeCounts"]:
            ours = told["typeCounts"].get(name)
            ledger.same(f"{at}.typeCounts.{name}", ours, counts.get(name))


def alike(value: Any) -> Any:
    """Something that is equal where values are: NaN is one value."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, dict):
        return ("{}", *((name, alike(item)) for name, item in value.items()))
    if isinstance(value, list):
        return ("[]", *map(alike, value))
    return (type(value).__name__, value) if isinstance(value, bool | int | float) else value


def _order(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return (1, 0)
    return (0, value)


def _values(ledger: Ledger, at: str, column: Column, told: Mapping[str, Any]) -> None:
    estimates, present = told["estimates"], len(column.values)
    is_nested = column.word in {"list", "struct"}
    keys: list[Any] = [alike(v) for v in column.values]
    first = {}
    for key, value in zip(keys, column.values, strict=True):
        first.setdefault(key, value)
    counts = Counter(keys)
    distinct, unique = len(counts), sum(n == 1 for n in counts.values())
    if "distinctCount" in estimates:
        for name, exact_count in (("distinctCount", distinct), ("uniqueCount", unique)):
            bound = estimates[name]
            ledger.within(
                f"{at}.estimates.{name}.lower", exact_count, bound["lower"], bound["upper"]
            )
            ledger.within(f"{at}.{name}", told[name], bound["lower"], bound["upper"])
            ledger.same(f"{at}.estimates.{name}.rows", bound["rows"], present)
        ledger.seen(f"{at}.allUnique", told["allUnique"] in {None, unique == present})
        ledger.same(f"{at}.constant", told["constant"], distinct == 1)
        bound = estimates["topValues"]
        by_wire = (
            {str(wire(column, first[k])): n for k, n in counts.items()} if not is_nested else {}
        )
        for place, entry in enumerate(told["topValues"]):
            if not is_nested:
                true = by_wire.get(str(entry["value"]), 0)
                path = f"{at}.topValues[{place}].count"
                ledger.within(path, true, bound["lower"][place], bound["upper"][place])
                ledger.within(path, entry["count"], bound["lower"][place], bound["upper"][place])
    else:
        ledger.same(f"{at}.distinctCount", told["distinctCount"], distinct)
        ledger.same(f"{at}.uniqueCount", told["uniqueCount"], unique)
        if present:
            ledger.same(f"{at}.constant", told["constant"], distinct == 1)
            ledger.same(f"{at}.allUnique", told["allUnique"], unique == present)
        entries = list(counts.items())
        by_value = (lambda _: 0) if is_nested else (lambda e: _order(first[e[0]]))
        top = sorted(entries, key=lambda e: (-e[1], by_value(e)))[:20]
        bottom = sorted(entries, key=lambda e: (e[1], by_value(e)))[:10]
        is_rare = distinct > 20 and min(counts.values()) < max(counts.values())
        for name, listed in (("topValues", top), ("bottomValues", bottom if is_rare else [])):
            found = told.get(name) or []
            ledger.same(f"{at}.{name}", len(found), len(listed))
            for place, (entry, (key, count)) in enumerate(zip(found, listed, strict=False)):
                ledger.same(f"{at}.{name}[{place}].count", entry["count"], count)
                if not is_nested:
                    value = wire(column, first[key])
                    ledger.same(f"{at}.{name}[{place}].value", entry["value"], value)
    if not is_nested:
        sample = [wire(column, value) for value in column.values[:5]]
        ledger.same(f"{at}.sampleValues", told["sampleValues"], sample)
        for place, value in enumerate(sample):
            ledger.same(f"{at}.sampleValues[{place}]", told["sampleValues"][place], value)
        shown = list(dict.fromkeys(wire(column, value) for value in list(first.values())[:10]))
        for place, value in enumerate(shown):
            ours = [*told["distinctSample"], *[None] * 10][place]
            ledger.same(f"{at}.distinctSample[{place}]", ours, value)
    else:
        ledger.same(f"{at}.sampleValues[0]", len(told["sampleValues"]), min(5, present))
        if len(first) <= 10:
            ledger.same(f"{at}.distinctSample[0]", len(told["distinctSample"]), len(first))


def _oddities(ledger: Ledger, at: str, column: Column, told: Mapping[str, Any]) -> None:
    kinds = {"null": lambda cell: cell is None}
    if column.word == "number":
        kinds["nan"] = lambda cell: cell is not None and math.isnan(cell)
        kinds["infinite"] = lambda cell: cell is not None and math.isinf(cell)
    if column.word == "text":
        kinds["empty"] = lambda cell: cell == ""
        kinds["blank"] = lambda cell: bool(cell) and not cell.strip(SPACES)
        kinds["padded"] = lambda cell: bool(cell) and bool(s := cell.strip(SPACES)) and s != cell
        kinds["control"] = lambda cell: cell is not None and bool(CONTROL.search(cell))
    found = {entry["what"]: entry for entry in told["oddities"]}
    for kind, is_so in kinds.items():
        rows = [row for row, cell in enumerate(column.cells, 1) if is_so(cell)]
        entry = found.pop(kind, None)
        ledger.same(f"{at}.oddities[0].count", entry and entry["count"], len(rows) or None)
        ledger.same(
            f"{at}.oddities[0].firstRow", entry and entry["firstRow"], rows[0] if rows else None
        )
        ledger.same(
            f"{at}.oddities[0].lastRow", entry and entry["lastRow"], rows[-1] if rows else None
        )
        ledger.seen(f"{at}.oddities[0].what", told=True)
    ledger.seen(f"{at}.oddities", set(found) <= {"mojibake", "epoch"}, f"oddities {list(found)}")
    if "blank" in told:
        for name in ("empty", "blank", "padded"):
            odd = {entry["what"]: entry["count"] for entry in told["oddities"]}
            ledger.same(f"{at}.{name}", told[name], odd.get(name, 0))


def _monotonic(values: Sequence[Any]) -> str | None:
    if len(values) < 2 or any(value != value for value in values):
        return None
    pairs = list(pairwise(values))
    rises, falls = any(a < b for a, b in pairs), any(a > b for a, b in pairs)
    repeats = any(a == b for a, b in pairs)
    if rises and falls:
        return None
    if not rises and not falls:
        return "constant"
    way = "increasing" if rises else "decreasing"
    return way if repeats else f"strictly_{way}"


def _numbers(ledger: Ledger, at: str, column: Column, told: Mapping[str, Any]) -> None:
    values, finite = column.values, column.finite
    ledger.same(f"{at}.zeros", told["zeros"], sum(value == 0 for value in values))
    ledger.same(f"{at}.negatives", told["negatives"], sum(value < 0 for value in values))
    is_float = column.word == "number"
    inf = sum(math.isinf(v) for v in values) if is_float else 0
    nan = sum(math.isnan(v) for v in values) if is_float else 0
    ledger.same(f"{at}.infinities", told["infinities"], inf)
    ledger.same(f"{at}.nans", told["nans"], nan)
    ledger.same(f"{at}.monotonic", told["monotonic"], _monotonic(values))
    _mode(ledger, at, column, told)
    figures = (
        "min",
        "max",
        "range",
        "sum",
        "mean",
        "variance",
        "stddev",
        "skewness",
        "kurtosis",
        "coefficientOfVariation",
        "iqr",
        "mad",
        "integerValued",
    )
    if not finite:
        for name in figures:
            ledger.same(f"{at}.{name}", told[name], None)
        return
    whole, unit = exact.scaled(finite)
    ordered = sorted(whole)
    is_whole = all((value * unit).denominator == 1 for value in set(whole[:1000]))
    is_whole = is_whole and all((value * unit).denominator == 1 for value in set(whole))
    ledger.same(f"{at}.integerValued", told["integerValued"], is_whole)
    low, high = wire(column, min(finite)), wire(column, max(finite))
    ledger.same(f"{at}.min", told["min"], low)
    ledger.same(f"{at}.max", told["max"], high)
    span = (ordered[-1] - ordered[0]) * unit
    if _fits(span):
        ledger.near(f"{at}.range", told["range"], span)
    moments = exact.Moments(whole, unit)
    if is_float:
        if _fits(moments.total):
            ledger.same(f"{at}.sum", told["sum"], float(moments.total))
        else:
            ledger.same(f"{at}.sum", told["sum"], None)
    else:
        ledger.same(f"{at}.sum", number(told["sum"]), moments.total)
    for name, figure, scale in (
        ("mean", moments.mean, None),
        ("variance", moments.variance, None),
        ("stddev", moments.stddev, None),
        ("skewness", moments.skewness, 1),
        ("kurtosis", moments.kurtosis, 1),
    ):
        if figure is not None and not _fits(figure):
            ledger.same(f"{at}.{name}", told[name], None)
            continue
        slack = 1e-12 * max(scale, abs(float(figure or 0))) if scale else 0.0
        ledger.near(f"{at}.{name}", told[name], figure, slack)
    ratio = (
        moments.stddev / abs(moments.mean) if moments.stddev is not None and moments.mean else None
    )
    tiny = 1e-300 if moments.mean else 0
    slack = float(ratio * Fraction(5e-324) / abs(moments.mean)) if ratio and tiny else 0.0
    ledger.near(
        f"{at}.coefficientOfVariation",
        told["coefficientOfVariation"],
        ratio if ratio is None or _fits(ratio) else None,
        slack,
    )
    _quantiles(ledger, at, told, ordered, unit)
    reals = np.array([float(v * unit) for v in ordered])
    _histogram(ledger, f"{at}.histogram", told, reals, "histogram")
    _middle(ledger, f"{at}.middleHistogram", told, reals)


def _middle(ledger: Ledger, at: str, told: Mapping[str, Any], values: Any) -> None:
    """From p1 to p99, else from p5 to p95, where nine tenths of all are in one bin of the whole."""
    heights = told["histogram"]["counts"]
    if "quantiles" in told["estimates"]:
        _rough_middle(ledger, at, told, values)
        return
    if not len(values) or max(heights) < 0.9 * len(values):
        ledger.seen(f"{at}.counts[]", "middleHistogram" not in told, "where bins are crowded")
        return
    for share in (1, 5):
        low, high = told["quantiles"][f"p{share}"], told["quantiles"][f"p{100 - share}"]
        inner = values[(values >= low) & (values <= high)]
        if "middleHistogram" in told and sum(told["middleHistogram"]["counts"]) == len(inner):
            ledger.same(f"{at}.edges[0]", told["middleHistogram"]["edges"][0], inner.min())
            _histogram(ledger, at, told, inner, "middleHistogram")
            return
    ledger.seen(f"{at}.counts[]", "middleHistogram" not in told, "of the middle")


def _rough_middle(ledger: Ledger, at: str, told: Mapping[str, Any], values: Any) -> None:
    """Of estimates: the ends are p1 and p99, or p5 and p95, and no bin is off by more than ranks.

    Two ends of a bin may each lie so many ranks from where they seem to; those of the whole, which
    are quantiles, by as many again.
    """
    middle = told.get("middleHistogram")
    if middle is None:
        return
    slip = told["estimates"]["quantiles"]["rankError"] * len(values)
    ordered, edges = np.sort(values), middle["edges"]
    counts = np.diff(np.searchsorted(ordered, edges, "left"))
    for ours, theirs in zip(middle["counts"], counts.tolist(), strict=True):
        ledger.within(f"{at}.counts[]", ours, theirs - 2 * slip - 1, theirs + 2 * slip + 1)
    share = next((s for s in (1, 5) if told["quantiles"][f"p{s}"] <= edges[0]), None)
    ledger.seen(f"{at}.edges[]", share is not None, "an end that is a quantile")
    if share is not None:
        inside = len(values) * (1 - share / 50)
        total = sum(middle["counts"])
        ledger.within(f"{at}.counts[]", total, inside - 4 * slip - 1, inside + 4 * slip + 1)


def _fits(figure: Fraction) -> bool:
    try:
        return math.isfinite(float(figure))
    except OverflowError:
        return False


def _mode(ledger: Ledger, at: str, column: Column, told: Mapping[str, Any]) -> None:
    """The most frequent value, if it repeats; of equals the first in order."""
    if "distinctCount" in told["estimates"]:
        ledger.seen(f"{at}.mode", told=True)
        return
    counts = Counter(map(alike, column.values))
    best = None
    if counts and max(counts.values()) > 1:
        first = {alike(value): value for value in column.values}
        most = max(counts.values())
        best = wire(column, min((first[k] for k, n in counts.items() if n == most), key=_order))
    ledger.same(f"{at}.mode", told["mode"], best)


def _quantiles(
    ledger: Ledger, at: str, told: Mapping[str, Any], ordered: Sequence[int], unit: Fraction
) -> None:
    found, estimates = exact.quantiles(ordered, unit), told["estimates"]
    bound = estimates.get("quantiles")
    values = np.array([float(value * unit) for value in ordered]) if bound else None
    for name, figure in found.items():
        ours = told["quantiles"][name]
        if bound is None:
            around = max(abs(ordered[0]), abs(ordered[-1])) * unit * Fraction(1, 2**53)
            ledger.near(f"{at}.quantiles.{name}", ours, figure, around)
            continue
        n, slip = len(ordered), bound["rankError"] * len(ordered) + 1
        target = int(name[1:]) / 100 * (n - 1)
        first, last = np.searchsorted(values, ours, "left"), np.searchsorted(values, ours, "right")
        ledger.seen(
            f"{at}.quantiles.{name}", first - slip <= target <= last + slip, f"rank of {ours}"
        )
        ends = (bound["lower"][name], bound["upper"][name])
        ledger.within(f"{at}.estimates.quantiles.lower.{name}", float(figure), *ends)
        ledger.within(f"{at}.estimates.quantiles.upper.{name}", ours, *ends)
        ledger.same(f"{at}.estimates.quantiles.rows", bound["rows"], n)
    iqr = found["p75"] - found["p25"]
    mad = exact.mad(ordered, unit)
    for name, figure in (("iqr", iqr), ("mad", mad)):
        if bound is None:
            ledger.near(f"{at}.{name}", told[name], figure if _fits(figure) else None)
        else:
            ends = (estimates[name]["lower"], estimates[name]["upper"])
            ledger.within(f"{at}.estimates.{name}.lower", float(figure), *ends)
            ledger.within(f"{at}.{name}", told[name], *ends)


def _histogram(ledger: Ledger, at: str, told: Mapping[str, Any], values: Any, name: str) -> None:
    """Each bin has its left edge and not its right one, the last has both."""
    edges, counts = told[name]["edges"], told[name]["counts"]
    slack = float(np.abs(values).max(initial=0.0)) * 2**-52
    if not len(values):
        ledger.same(f"{at}.counts[]", counts, [])
        ledger.same(f"{at}.edges[]", edges, [])
        return
    ledger.seen(f"{at}.edges[]", edges == sorted(edges), "edges ascend")
    ledger.seen(
        f"{at}.edges[]",
        edges[0] <= values.min() + slack and values.max() <= edges[-1] + slack,
        "edges hold all",
    )
    bins = math.ceil(math.log2(len(values))) + 1
    ledger.seen(f"{at}.edges[]", len(edges) - 1 <= min(50, bins), "bins by Sturges")
    upto = np.searchsorted(np.sort(values), edges, "left")
    upto[0], upto[-1] = 0, len(values)
    exact_counts = np.diff(upto)
    bound = told["estimates"].get(name)
    if bound and "lower" in bound:
        for place, count in enumerate(exact_counts.tolist()):
            ends = bound["lower"][place], bound["upper"][place]
            ledger.within(f"{at}.counts[{place}]", count, *ends)
    elif not bound:
        ledger.same(f"{at}.counts[]", counts, exact_counts.tolist())


def _lengths(ledger: Ledger, at: str, lengths: list[int], told: Mapping[str, Any]) -> None:
    n = len(lengths)
    ledger.same(f"{at}.minLength", told["minLength"], min(lengths, default=None))
    ledger.same(f"{at}.maxLength", told["maxLength"], max(lengths, default=None))
    ledger.near(f"{at}.meanLength", told["meanLength"], Fraction(sum(lengths), n) if n else None)
    ledger.same(f"{at}.empty", told["empty"], lengths.count(0))
    if "medianLength" not in told["estimates"]:
        median = exact.quantile(sorted(lengths), Fraction(1, 2)) if n else None
        ledger.near(f"{at}.medianLength", told["medianLength"], median)
    _histogram(ledger, f"{at}.lengthHistogram", told, np.array(lengths), "lengthHistogram")


def _shape(text: str) -> str:
    """The first 50 characters: A for a capital, a for another letter, 9 for a digit."""
    shape = []
    for character in text[:50]:
        category = unicodedata.category(character)
        if category == "Lu":
            shape.append("A")
        elif category.startswith("L"):
            shape.append("a")
        else:
            shape.append("9" if category == "Nd" else character)
    return "".join(shape)


def _texts(ledger: Ledger, at: str, column: Column, told: Mapping[str, Any]) -> None:
    texts = column.values
    by_text = Counter(texts)
    ledger.same(f"{at}.min", told["min"], min(texts)[:4096] if texts else None)
    ledger.same(f"{at}.max", told["max"], max(texts)[:4096] if texts else None)
    _lengths(ledger, at, [len(text) for text in texts], told)
    characters: Counter[str] = Counter()
    for text, count in by_text.items():
        for character in text:
            characters[character] += count
    ranges = {"upper": ("A", "Z"), "lower": ("a", "z"), "digit": ("0", "9")}
    found = {
        name: sum(n for c, n in characters.items() if low <= c <= high)
        for name, (low, high) in ranges.items()
    }
    found["space"] = sum(characters[c] for c in "\t\n\v\f\r ")
    found["beyondAscii"] = sum(n for c, n in characters.items() if c > "\x7f")
    found["other"] = characters.total() - sum(found.values())
    for name, count in found.items():
        ledger.same(f"{at}.characters.{name}", told["characters"][name], count)
    letters = found["upper"] + found["lower"] + found["beyondAscii"]
    for script in told["scripts"]:
        ledger.same(f"{at}.scripts.{script}", sum(told["scripts"].values()), letters)
    words = sum(len(text.split()) * count for text, count in by_text.items())
    ledger.same(f"{at}.words", told["words"], words)
    ledger.near(
        f"{at}.meanWords", told["meanWords"], Fraction(words, len(texts)) if texts else None
    )
    shapes: Counter[str] = Counter()
    for text, count in by_text.items():
        shapes[_shape(text)] += count
    if "patterns" not in told["estimates"]:
        top = sorted(shapes.items(), key=lambda entry: (-entry[1], entry[0]))[:10]
        pairs = [(entry["pattern"], entry["count"]) for entry in told["patterns"]]
        ledger.same(f"{at}.patterns[].pattern", pairs, top)
        ledger.same(f"{at}.patterns[].count", pairs, top)
    else:
        bound = told["estimates"]["patterns"]
        for place, entry in enumerate(told["patterns"]):
            ends = bound["lower"][place], bound["upper"][place]
            ledger.within(f"{at}.patterns[].count", shapes[entry["pattern"]], *ends)
    forms.check(ledger, at, column.cells, told, SPACES)
    if "spellings" in told:
        _spellings(ledger, at, by_text, told["spellings"])


def _spellings(
    ledger: Ledger, at: str, counts: Counter[str], told: Sequence[Mapping[str, Any]]
) -> None:
    groups: dict[str, list[str]] = {}
    for text in counts:
        groups.setdefault(SPACE_RUN.sub(" ", text.lower()).strip(" "), []).append(text)
    found = {}
    for plain, texts in groups.items():
        usual = min(texts, key=lambda text: (-counts[text], text))
        for text in texts:
            if plain and text != usual and len(text) < 100:
                found[text] = (counts[text], usual, counts[usual])
    listed = {e["value"]: (e["count"], e["usual"], e["usualCount"]) for e in told}
    for name in ("value", "count", "usual", "usualCount"):
        ledger.same(f"{at}.spellings[].{name}", listed, found)


def _lists(ledger: Ledger, at: str, column: Column, told: Mapping[str, Any]) -> None:
    _lengths(ledger, at, [len(cell) for cell in column.values], told)
    items = [item for cell in column.values for item in cell]
    ledger.same(f"{at}.items", told["items"], len(items))
    ledger.same(f"{at}.nullItems", told["nullItems"], sum(item is None for item in items))
    if "keys" in told:
        keys = Counter(item["key"] for item in items)
        ledger.same(f"{at}.keys.distinctCount", told["keys"]["distinctCount"], len(keys))
        top = sorted(keys.items(), key=lambda entry: (-entry[1], entry[0]))[:20]
        for name in ("value", "count"):
            listed = [(entry["value"], entry["count"]) for entry in told["keys"]["topValues"]]
            ledger.same(f"{at}.keys.topValues[].{name}", listed, top)
    inner = Column("", column.kind.value_type, column.data).word
    ledger.same(f"{at}.itemType", told["itemType"], inner)


def _times(ledger: Ledger, at: str, column: Column, told: Mapping[str, Any]) -> None:
    values = column.values
    ends = (min(values), max(values)) if values else None
    for name, place in (("min", 0), ("max", 1)):
        told_end = ends and wire(column, ends[place])
        ledger.same(f"{at}.{name}", told[name], told_end)
    span = ends and duration(ends[1] - ends[0], column.unit)
    ledger.same(f"{at}.range", told["range"], span)
    ledger.same(f"{at}.monotonic", told["monotonic"], _monotonic(values))
    if column.word == "duration":
        return
    if column.zone:
        ledger.same(f"{at}.timeZone", told["timeZone"], column.zone)
    counts = Counter(values)
    per_second = PER_SECOND.get(column.unit, 1)
    local: Counter[tuple[int, int]] = Counter()  # day, units within it
    day = 86_400 * per_second
    for value, count in counts.items():
        if column.word == "date":
            local[value, 0] += count
        else:
            east = zone_offset(column.zone, value // per_second)[0] * per_second
            local[divmod(value + east, day)] += count
    _calendar(ledger, at, column, told, local, per_second)


def _resolution(column: Column, local: Counter[tuple[int, int]], per_second: int) -> str | None:
    """The coarsest unit of which all are whole; times are whole of hours at most."""
    if not local:
        return None
    within = {rest for _, rest in local}
    if within == {0} and column.word != "time":
        days = np.array([each for each, _ in local], "datetime64[D]")
        for unit, kind in (("year", "Y"), ("month", "M")):
            if (days.astype(f"datetime64[{kind}]").astype("datetime64[D]") == days).all():
                return unit
        return "day"
    seconds = [Fraction(3600), Fraction(60), Fraction(1), *(Fraction(1, 10**e) for e in (3, 6, 9))]
    for unit, size in zip(UNITS[3:], seconds, strict=True):
        steps = size * per_second
        if steps <= 1 or all(rest % steps == 0 for rest in within):
            return unit
    return None


def _rows_of(
    ledger: Ledger,
    at: str,
    column: Column,
    told: Mapping[str, Any],
    is_meant: Callable[[int], bool],
) -> None:
    """The first and the last row whose day is meant, by the clocks of the column's zone."""
    per_second = PER_SECOND.get(column.unit, 1)

    def day_of(cell: int) -> int:
        if column.word == "date":
            return cell
        east = zone_offset(column.zone, cell // per_second)[0] * per_second
        return int((cell + east) // (86_400 * per_second))

    cells = enumerate(column.cells, 1)
    rows = [row for row, cell in cells if cell is not None and is_meant(day_of(cell))]
    ledger.same(f"{at}.firstRow", told.get("firstRow"), rows[0] if rows else None)
    ledger.same(f"{at}.lastRow", told.get("lastRow"), rows[-1] if rows else None)


def _calendar(
    ledger: Ledger,
    at: str,
    column: Column,
    told: Mapping[str, Any],
    local: Counter[tuple[int, int]],
    per_second: int,
) -> None:
    finest = _resolution(column, local, per_second)
    ledger.same(f"{at}.resolution", told["resolution"], finest)
    if "byHour" in told:
        hours = [0] * 24
        for (_, rest), count in local.items():
            hours[rest // (3600 * per_second)] += count
        ledger.same(f"{at}.byHour[]", told["byHour"], hours)
    if column.word == "time":
        return
    weekdays, by_month, by_day = [0] * 7, [0] * 12, Counter()
    for (each, _), count in local.items():
        weekdays[(each + 3) % 7] += count
        by_month[int(np.datetime64(each, "D").astype("datetime64[M]").astype(int)) % 12] += count
        by_day[each] += count
    ledger.same(f"{at}.byWeekday[]", told["byWeekday"], weekdays)
    ledger.same(f"{at}.byMonth[]", told["byMonth"], by_month)
    for name in EPOCHS:
        count = by_day[(date.fromisoformat(name) - date(1970, 1, 1)).days]
        ledger.same(f"{at}.epochDates.{name}", told["epochDates"].get(name, 0), count)
    future = told.get("future")
    if future:
        as_of = (date.fromisoformat(future["asOf"]) - date(1970, 1, 1)).days
        later = sum(count for each, count in by_day.items() if each > as_of)
        ledger.within(
            f"{at}.future.count", later, future["count"], future.get("atMost", future["count"])
        )
        ledger.seen(f"{at}.future.asOf", told=True)
        _rows_of(ledger, f"{at}.future", column, future, lambda each: each > as_of)
    days = {(date.fromisoformat(name) - date(1970, 1, 1)).days for name in EPOCHS}
    odd = next((entry for entry in told["oddities"] if entry["what"] == "epoch"), {})
    ledger.same(f"{at}.oddities[0].count", odd.get("count", 0), sum(by_day[day] for day in days))
    _rows_of(ledger, f"{at}.oddities[0]", column, odd, days.__contains__)
    gaps = told["gaps"]
    if gaps:
        kind = {"year": "Y", "month": "M", "day": "D"}[gaps["unit"]]
        cells = sorted(
            {int(np.datetime64(d, "D").astype(f"datetime64[{kind}]").astype(int)) for d in by_day}
        )
        missing = [(a, b, b - a - 1) for a, b in pairwise(cells) if b - a > 1]
        coarse = finest if finest in {"year", "month"} else "day"
        ledger.same(f"{at}.gaps.unit", gaps["unit"], coarse)
        ledger.same(f"{at}.gaps.count", gaps["count"], len(missing))
        ledger.same(f"{at}.gaps.missing", gaps["missing"], sum(m for *_, m in missing))
        longest = sorted(missing, key=lambda gap: -gap[2])[:5]
        spelled = [
            {
                "after": in_full(str(np.datetime64(a, kind))),
                "before": in_full(str(np.datetime64(b, kind))),
                "missing": m,
            }
            for a, b, m in longest
        ]
        for name in ("after", "before", "missing"):
            ledger.same(f"{at}.gaps.longest[].{name}", gaps["longest"], spelled)
