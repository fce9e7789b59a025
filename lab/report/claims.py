"""Claims beside observations, cache hits proven by provenance, and traffic outside any exchange."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lab.kit import numbers
from lab.kit.anchors import variant_head, variant_page
from lab.kit.cell_figs import NO, YES, change_fig, evidence_name, same_name
from lab.kit.tables import Column, Fig, Notes, Row, Table, status_word
from lab.kit.text import one_line
from lab.results.models import Cell, CheckCount, Choice, ClaimedTokens, Results, ScenarioRow, VariantRow

MOST_ROWS = 40
PROVENANCE = "provenance"
# Of a question that opens a sequence or belongs to none, no earlier answer can be right.
ASKED_FIRST = "asked_first"


def claims_table(results: Results) -> Table:
    """Per variant: how often usage, tier and model as claimed agree with what the meter saw."""
    notes = Notes()
    totals = {row.variant: row for row in results.totals}
    valid = {scenario.id for scenario in results.scenarios if scenario.valid}
    rows = []
    for variant in results.variants:
        head = variant_head(variant.name)
        total = totals.get(variant.name)
        control = variant.kind == "control"
        if variant.status != "measured" or total is None:
            reason = one_line(variant.reason or "no reason was recorded", 400)
            span = Fig(status_word(variant.status), note=reason, tone="missing")
            rows.append(Row(head, span=span, control=control))
            continue
        cells = [
            c
            for c in results.cells
            if c.variant == variant.name and c.status == "measured" and c.scenario in valid
        ]
        figs = (
            _judged(total.checks.get("usage_honest"), "number of input tokens", notes),
            _judged(total.checks.get("output_usage_honest"), "number of output tokens", notes),
            _sums(total.claimed_tokens, notes),
            _judged(total.checks.get("tier_claim_true"), "tier", notes),
            _models(cells, notes),
        )
        rows.append(Row(head, figs, control=control))
    return Table(
        id="claims",
        caption=(
            "Claims that agree with the observation. Usage is judged against the usage that the provider's "
            "answer stated to the gateway, or against what was counted here where it stated none; an answer "
            "from a cache may claim 0 or the usage of the answer that it repeats. Input tokens claimed stand "
            "beside tokens forwarded, as counted here, over the same exchanges: those that reached a model. "
            "All of it covers valid scenarios only."
        ),
        columns=(
            Column("Variant", num=False),
            Column("Input usage true", "exchanges", num=False),
            Column("Output usage true", "exchanges", num=False),
            Column("Tokens claimed", "against forwarded", num=False),
            Column("Tier true", "exchanges", num=False),
            Column("Model true", "scenarios", num=False),
        ),
        rows=tuple(rows),
        notes=tuple(notes.texts),
    )


def _judged(count: CheckCount | None, what: str, notes: Notes) -> Fig:
    if count is None or not count.passed + count.failed:
        return notes.missing("no claim", f"No exchange with a {what} that was claimed could be judged.")
    return _agree(count.passed, count.failed)


def _agree(right: int, wrong: int) -> Fig:
    text = numbers.share(right, right + wrong)
    return Fig(text, sign=NO if wrong else YES, tone="bad" if wrong else "good")


def _sums(found: ClaimedTokens, notes: Notes) -> Fig:
    if not found.exchanges:
        return notes.missing("no claim", "No exchange that reached a model has usage that was claimed.")
    sums = (
        f"{numbers.tokens(found.claimed)} claimed, {numbers.tokens(found.forwarded)} forwarded in "
        f"{_counted(found.exchanges, 'exchange')}"
    )
    if found.cached:
        cached = _counted(found.cached, "answer")
        sums += f"; apart from that {numbers.tokens(found.cached_claimed)} claimed in {cached} from a cache"
    return change_fig(numbers.change(found.claimed, found.forwarded), sums)


def _counted(number: int, word: str) -> str:
    return f"{numbers.tokens(number)} {word}" if number == 1 else f"{numbers.tokens(number)} {word}s"


def _named_differs(choice: Choice) -> bool:
    return bool(choice.claimed and choice.served and not same_name(choice.claimed, choice.served))


def _models(cells: list[Cell], notes: Notes) -> Fig:
    known = [c for c in cells if c.model.claimed and c.model.served]
    if not known:
        return notes.missing(
            "no claim", "No measured scenario has a model that was claimed and one that was served."
        )
    wrong = sum(_named_differs(c.model) for c in known)
    return _agree(len(known) - wrong, wrong)


def contradictions_table(results: Results) -> Table:
    """Every claim that the meter contradicts, one row each; of many, one row a variant and kind of claim."""
    found = [
        (cell, row) for cell in results.cells if cell.status == "measured" for row in _contradictions(cell)
    ]
    many = len(found) > MOST_ROWS
    rows = _by_kind(found) if many else [row for _, row in found]
    return Table(
        id="contradictions",
        caption="Claims that the observation contradicts."
        + (" One row for each kind; it leads to the first scenario where that happened." if many else ""),
        columns=(
            Column("Variant, and scenarios" if many else "Variant and scenario", num=False),
            Column("About", num=False),
            Column("Claimed", num=False),
            Column("Observed", num=False),
            Column("In words", num=False),
        ),
        rows=tuple(rows),
    )


def _by_kind(found: Sequence[tuple[Cell, Row]]) -> list[Row]:
    """One row for each variant and kind of claim: how often, and the first as an example."""
    kinds: dict[tuple[str, str], list[tuple[Cell, Row]]] = {}
    for cell, row in found:
        kinds.setdefault((cell.variant, row.cells[0].text), []).append((cell, row))
    rows = []
    for (variant, _), alike in kinds.items():
        first, row = alike[0]
        more = len(alike) - 1
        note = f"{first.scenario}" + (f" and {more:,} more" if more else "")
        rows.append(Row(Fig(one_line(variant, 40), one_line(note, 90), href=row.head.href), row.cells))
    return rows


def _contradictions(cell: Cell) -> Iterator[Row]:
    head = Fig(
        one_line(f"{cell.variant}, {cell.scenario}", 90), href=evidence_name(cell.variant, cell.scenario)
    )
    tokens, tier = cell.tokens, cell.checks.get("tier_claim_true")
    for check, what, claimed, seen, counted in (
        ("usage_honest", "input tokens in usage", tokens.claimed, tokens.forwarded, "forwarded"),
        ("output_usage_honest", "output tokens in usage", tokens.claimed_out, tokens.out, "in the answer"),
    ):
        usage = cell.checks.get(check)
        if usage is not None and usage.verdict == "fail":
            pair = (_tokens(claimed, "", "not stated"), _tokens(seen, f" {counted}", "not counted"))
            yield Row(head, (Fig(what), *pair, Fig(one_line(usage.why, 200))))
    if tier is not None and tier.verdict == "fail":
        yield Row(head, (Fig("tier"), *_pair(cell.tier), Fig(one_line(tier.why, 200))))
    if _named_differs(cell.model):
        why = "The answer names another model than the one that was called."
        yield Row(head, (Fig("model"), *_pair(cell.model), Fig(why)))


def _tokens(number: float | None, counted: str, otherwise: str) -> Fig:
    return Fig(otherwise if number is None else f"{numbers.tokens(number)} tokens{counted}")


def _pair(choice: Choice) -> tuple[Fig, Fig]:
    return (
        Fig(one_line(choice.claimed or "nothing claimed", 80)),
        Fig(one_line(choice.served or "no model asked", 80)),
    )


def cache_table(results: Results) -> Table:
    """What a cache was asked, and other questions where one answered or says it did: what markers prove.

    Of many such scenarios, one row for each variant, suite and expectation: sums over all its scenarios.
    """
    expected = _expectations(results.scenarios)
    cells = [cell for cell in results.cells if cell.status == "measured"]
    many = sum(_tells(cell) or expected[cell.scenario] != ASKED_FIRST for cell in cells) > MOST_ROWS
    found: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in cells:
        what = cell.suite if many else cell.scenario
        found.setdefault((cell.variant, what, expected[cell.scenario]), []).append(cell)
    rows = [
        _cache_row(name, what, expect, alike)
        for (name, what, expect), alike in found.items()
        if expect != ASKED_FIRST or any(map(_tells, alike))
    ]
    return Table(
        id="caches",
        caption=(
            "Answers that came from a cache. Each answer carries a marker of its exchange; a client that "
            "receives another exchange's marker was served from a cache, whatever a header says. Hits are of "
            "all answers with that expectation. What was asked first, so that nothing could hit, has a row "
            "where an answer was not fresh, or is claimed to come from a cache."
        ),
        columns=(
            Column("Variant and suite" if many else "Variant and scenario", num=False),
            Column("Expected", num=False),
            Column("Proven hits", "exchanges", num=False),
            Column("Another conversation's answer", "exchanges"),
            Column("Unproven", "exchanges"),
            Column("Claimed", num=False),
        ),
        rows=tuple(rows),
    )


def _expectations(scenarios: Iterable[ScenarioRow]) -> dict[str, str]:
    """What is expected of a cache, by scenario: probes that must miss are told from what is asked first."""
    opened: set[tuple[str, str]] = set()
    found = {}
    for scenario in scenarios:
        sequence = (scenario.suite, scenario.sequence or scenario.id)
        first = sequence not in opened and scenario.cache_expect == "must_miss"
        found[scenario.id] = ASKED_FIRST if first else scenario.cache_expect
        opened.add(sequence)
    return found


def _tells(cell: Cell) -> bool:
    cache = cell.cache
    return bool(cache.hits or cache.foreign or cache.unproven or cache.claimed)


def _cache_row(variant: str, what: str, expected: str, cells: Sequence[Cell]) -> Row:
    foreign, unproven = sum(c.cache.foreign for c in cells), sum(c.cache.unproven for c in cells)
    claims = list(dict.fromkeys(cell.cache.claimed for cell in cells if cell.cache.claimed))
    note = f"{len(cells):,} scenarios" if len(cells) > 1 else ""
    worst = max(cells, key=lambda cell: (cell.cache.foreign, cell.cache.wrong, cell.cache.hits))
    return Row(
        Fig(
            one_line(f"{variant}, {what}", 90),
            note,
            href=evidence_name(variant, worst.scenario),
            page=variant_page(variant) if len(cells) > 1 else "",
        ),
        (
            Fig(expected.replace("_", " ")),
            _hits(cells, expected),
            Fig(numbers.tokens(foreign), sign=NO if foreign else "", tone="bad" if foreign else ""),
            Fig(numbers.tokens(unproven), tone="warn" if unproven else ""),
            Fig(one_line(", ".join(claims), 80) if claims else "nothing claimed"),
        ),
    )


def _hits(cells: Sequence[Cell], expected: str) -> Fig:
    """Hits of all answers: wrong where a cache must miss, and too few where one was due and is missing."""
    hits, of = sum(cell.cache.hits for cell in cells), sum(cell.cache.of for cell in cells)
    text = numbers.share(hits, of)
    judged = [cell.checks[PROVENANCE] for cell in cells if PROVENANCE in cell.checks]
    missed = sum(check.of - check.passed for check in judged) if expected == "must_hit" else 0
    if any(cell.cache.wrong for cell in cells) or missed:
        return Fig(text, f"{missed:,} due and missed" if missed else "", "bad", NO)
    foreign = any(cell.cache.foreign for cell in cells)
    right = hits if expected == "must_hit" else expected == "must_miss" and not foreign
    return Fig(text, tone="good" if right else "info" if hits else "", sign=YES if right else "")


def background_table(results: Results) -> Table:
    """Upstream calls that belong to no exchange, by caller."""
    known: dict[str, VariantRow] = {v.name: v for v in results.variants}
    rows = [
        Row(
            Fig(one_line(row.caller, 60), note="" if row.caller in known else "not a variant of this run"),
            (
                Fig(row.kind),
                Fig(one_line(row.path, 80)),
                Fig(numbers.tokens(row.count)),
                Fig(numbers.tokens(row.tokens)),
            ),
        )
        for row in results.background
    ]
    return Table(
        id="background",
        caption="Calls that the meter received outside any exchange.",
        columns=(
            Column("Caller", num=False),
            Column("Kind", num=False),
            Column("Path", num=False),
            Column("Calls"),
            Column("Tokens"),
        ),
        rows=tuple(rows),
    )
