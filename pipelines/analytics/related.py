"""Related: sentences on columns that go together, each relation told once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pipelines.analytics import chance
from pipelines.analytics.alike import Alike
from pipelines.analytics.findings import Findings, Payload
from pipelines.analytics.measures import is_label
from pipelines.analytics.observations import Name, Parts, Sentence
from pipelines.analytics.wording import count, percent

STRONG = 0.5  # a correlation worth a sentence
TELLING = 0.5  # a correlation ratio: a quarter of the variation
SAME = 0.9999
NEARLY = 0.995  # which two digits would show as 1
NEAR = 0.95  # from which on, what goes with one column goes with the other
BENT = 0.1  # by which ranks must correlate better than values do

SYMMETRIC = {"pearson", "cramers_v"}

Column = tuple[str, str]  # table, and column
Pair = tuple[str, str, str]  # table, and two columns


def related(findings: Findings) -> Iterator[Sentence]:
    """Copies, then correlations, then associations; of copies only the first is spoken of again.

    Nor is what follows: where net, gross and cost nearly say the same, that net rises with gross
    and gross with cost is all, and what differs by one of them differs by the others too. Labels
    are no measures: that one rises with another says nothing. Nor does what chance alone would
    show, in few rows or among many columns.
    """
    found = findings.descriptive
    for group in found.get("copies") or ():
        yield _copies(findings, group)
    later = {
        (_table(findings, group), name)
        for group in found.get("copies") or ()
        for name in group["columns"][1:]
    }
    later |= {
        (table.name, column.name)
        for table in findings.tables
        for column in table.columns
        if is_label(column)
    }
    entries = [
        entry
        for entry in (*(found.get("correlations") or ()), *(found.get("associations") or ()))
        if not later & {(_table(findings, entry), entry[side]) for side in ("left", "right")}
    ]
    by_method: dict[str, list[Payload]] = {}
    for entry in entries:
        by_method.setdefault(entry["method"].removesuffix("_sample"), []).append(entry)
    alike, is_beyond = Alike[Column](), _beyond_chance(findings)
    pearson, spearman = by_method.get("pearson", ()), by_method.get("spearman", ())
    yield from _numbers(findings, pearson, spearman, alike, is_beyond)
    for entry in _unlike(findings, by_method.get("cramers_v", ()), alike):
        if entry["correlation"] >= STRONG and is_beyond(entry):
            yield _categories(findings, entry)
    for entry in _unlike(findings, by_method.get("correlation_ratio", ()), alike):
        if entry["correlation"] >= TELLING and is_beyond(entry):
            yield _explained(findings, entry)


def _unlike(
    findings: Findings, entries: Iterable[Payload], alike: Alike[Column]
) -> Iterator[Payload]:
    """The entries, strongest first, that do not follow from others; columns nearly the same join.

    That a category tells a number does not make the two the same.
    """
    told: set[tuple[Column, Column]] = set()
    for entry in entries:
        table, left, right = _pair(findings, entry)
        one, two = alike.first((table, left)), alike.first((table, right))
        known = min(one, two), max(one, two)
        if one == two or known in told:
            continue
        told.add(known)
        if abs(entry["correlation"]) >= NEAR and entry["method"] in SYMMETRIC:
            alike.join(one, two)
        yield entry


def _beyond_chance(findings: Findings) -> Callable[[Payload], bool]:
    """Tells it of a pair, among all pairs that its method was tried on, in all tables."""
    found = findings.descriptive
    tried = {"pearson": found.get("correlationPairs", 1), **(found.get("associationPairs") or {})}
    levels = {
        (table.name, column.name): int(column.figures.get("distinctCount") or 0)
        for table in findings.tables
        for column in table.columns
    }

    def is_beyond(entry: Payload) -> bool:
        method = entry["method"].removesuffix("_sample")
        strength, rows = entry["correlation"], int(entry["sampleSize"])
        table, left, right = _pair(findings, entry)
        if method == "cramers_v":
            sides = levels[table, left], levels[table, right]
            likelihood = chance.of_categories(strength, rows, sides)
        elif method == "correlation_ratio":
            likelihood = chance.of_groups(strength, rows, levels[table, left])
        else:
            likelihood = chance.of_line(strength, rows)
        return chance.is_beyond(likelihood, tried.get(method, 1))

    return is_beyond


def near(findings: Findings) -> Alike[Column]:
    """Columns of numbers in groups that nearly say the same."""
    groups = Alike[Column]()
    for entry in findings.descriptive.get("correlations") or ():
        if abs(entry["correlation"]) >= NEAR:
            table, left, right = _pair(findings, entry)
            groups.join((table, left), (table, right))
    return groups


def cut(findings: Findings) -> frozenset[str]:
    """The kinds of sentences of which there may be more than the pairs that are listed tell."""
    found = findings.descriptive
    weakest = [abs(entry["correlation"]) for entry in found.get("correlations") or ()][-1:]
    kinds = set()
    if found.get("correlationsOmitted") and weakest and weakest[0] >= STRONG:
        kinds.add("correlation")
    for method, pairs in (found.get("associationPairs") or {}).items():
        own = [entry for entry in found["associations"] if entry["method"] == method]
        if len(own) < pairs and own and abs(own[-1]["correlation"]) >= STRONG:
            kinds.add("correlation" if method == "spearman" else "association")
    return frozenset(kinds)


def _copies(findings: Findings, group: Payload) -> Sentence:
    names: list[str] = group["columns"]
    shown: list[str | Name] = [Name(names[0])]
    for name in names[1:3]:
        shown += [", ", Name(name)]
    shown += [f" and {len(names) - 3:,} more"] if len(names) > 3 else []
    if len(names) <= 3:
        shown[-2] = " and "
    table = _table(findings, group)
    where = "every one of " if group["basis"] == "all_rows" else "each of "
    told = f" are copies: they hold the same value in {where}{_sampled(group)}."
    inside = _inside(findings, table)
    return Sentence(46, "copy", (*shown, *inside, told), table, names[0])


def _numbers(
    findings: Findings,
    pearson: Iterable[Payload],
    spearman: Iterable[Payload],
    alike: Alike[Column],
    is_beyond: Callable[[Payload], bool],
) -> Iterator[Sentence]:
    """Correlations of values; where those of ranks are clearly stronger, of ranks instead."""
    ranks = {_pair(findings, entry): entry for entry in spearman}
    values = {_pair(findings, entry): entry for entry in pearson}
    straight = [entry for pair, entry in values.items() if not _is_bent(ranks.get(pair), entry)]
    for entry in _unlike(findings, straight, alike):
        if abs(entry["correlation"]) >= STRONG and is_beyond(entry):
            yield _correlation(findings, entry, ranks.get(_pair(findings, entry)))
    for pair, entry in ranks.items():
        is_strong = abs(entry["correlation"]) >= STRONG and is_beyond(entry)
        if is_strong and _is_bent(entry, values.get(pair)):
            yield _monotonic(findings, entry, values[pair])


def _is_bent(rank: Payload | None, value: Payload | None) -> bool:
    if rank is None or value is None:
        return False
    return bool(abs(rank["correlation"]) >= abs(value["correlation"]) + BENT)


def _correlation(findings: Findings, pair: Payload, rank: Payload | None) -> Sentence:
    """One number far out makes any two columns correlate; their ranks must, to say the same."""
    r = pair["correlation"]
    shown = f"{r:.4f}" if abs(r) > NEARLY else f"{r:.2f}"
    figure = f" (r = {shown} over {count(int(pair['sampleSize']), 'row')})."
    is_same = abs(r) >= SAME and rank is not None and abs(rank["correlation"]) >= SAME
    same = " say the same" if r > 0 else " mirror each other"
    way = same if is_same else _way(r)
    return _sentence(findings, pair, 25 + 20 * abs(r), way, figure)


def _monotonic(findings: Findings, pair: Payload, value: Payload) -> Sentence:
    rho, r = pair["correlation"], value["correlation"]
    way = f"{_way(rho)}, but not along a line"
    figure = f" (rank correlation {_strength(rho)} in {_sampled(pair)}; r = {r:.2f})."
    return _sentence(findings, pair, 25 + 20 * abs(rho), way, figure)


def _categories(findings: Findings, pair: Payload) -> Sentence:
    v = pair["correlation"]
    figure = f" (Cramér's V = {_strength(v)} in {_sampled(pair)})."
    return _sentence(findings, pair, 24 + 20 * v, " go together", figure)


def _explained(findings: Findings, pair: Payload) -> Sentence:
    eta = pair["correlation"]
    told = f", which explains {percent(round(eta * eta, 6))} of its variation"
    figure = f" (correlation ratio {_strength(eta)} in {_sampled(pair)})."
    table = _table(findings, pair)
    if eta >= SAME:
        told = ", and is the same wherever that is the same"
    names: Parts = (Name(pair["right"]), *_inside(findings, table), " differs by ")
    parts: Parts = (*names, Name(pair["left"]), told, figure)
    return Sentence(24 + 20 * eta, "association", parts, table, pair["right"])


def _sentence(findings: Findings, pair: Payload, weight: float, way: str, figure: str) -> Sentence:
    table = _table(findings, pair)
    names: Parts = (Name(pair["left"]), " and ", Name(pair["right"]))
    kind = "association" if pair["method"] == "cramers_v" else "correlation"
    parts: Parts = (*names, *_inside(findings, table), way, figure)
    return Sentence(weight, kind, parts, table, pair["left"])


def _strength(figure: float) -> str:
    """Two digits; what they would merely round to 1 has four.

    >>> _strength(0.891), _strength(0.9981), _strength(1.0)
    ('0.89', '0.9981', '1.00')
    """
    return f"{figure:.4f}" if NEARLY < abs(figure) < 1 else f"{figure:.2f}"


def _way(r: float) -> str:
    return " rise together" if r > 0 else " move in opposite directions"


def _sampled(entry: Mapping[str, Any]) -> str:
    noun = "row" if entry["basis"] == "all_rows" else "sampled row"
    return count(int(entry["sampleSize"]), noun)


def _pair(findings: Findings, entry: Payload) -> Pair:
    return _table(findings, entry), entry["left"], entry["right"]


def _inside(findings: Findings, table: str) -> Parts:
    return (" in ", Name(table)) if len(findings.tables) > 1 else ()


def _table(findings: Findings, entry: Mapping[str, Any]) -> str:
    """The table that an entry speaks of, which it names where there are several."""
    return str(entry.get("table", findings.tables[0].name))
