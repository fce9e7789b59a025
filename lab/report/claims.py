"""Claims beside observations, cache hits proven by provenance, and traffic outside any exchange."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from lab.kit import numbers
from lab.kit.anchors import gap, is_control, variant_head, variant_page
from lab.kit.cell_figs import change_fig, evidence_name, same_name
from lab.kit.section import Section
from lab.kit.tables import NO, YES, Col, Fig, Notes, Row, Table, col, num, passed, status_word, table, without
from lab.kit.text import one_line
from lab.results.models import (
    BackgroundRow,
    Cell,
    CheckCount,
    Choice,
    ClaimedTokens,
    Results,
    ScenarioRow,
    TotalRow,
    VariantRow,
)

MOST_ROWS = 40
PROVENANCE = "provenance"
# Of a question that opens a sequence or belongs to none, no earlier answer can be right.
ASKED_FIRST = "asked_first"


CLAIM = (
    "A claim is what a gateway states: usage in the answer, a tier or model in a header or the body. The "
    "observation is what the meter received."
)
NO_CONTRADICTION = "No claim was contradicted."
NO_CACHE = "No answer came from a cache, none was claimed to, and no scenario expected one."


def claims_section(results: Results) -> Section:
    """What gateways state of usage, tier and model, and what of it is contradicted."""
    contradictions = contradictions_table(results)
    return Section(
        "Claims beside observations",
        (CLAIM, claims_table(results), contradictions if contradictions.rows else NO_CONTRADICTION),
        id="claims-section",
        short="Claims",
    )


def caches_section(results: Results) -> Section:
    """What caches answered."""
    caches = cache_table(results)
    blocks = (caches if caches.rows else NO_CACHE,)
    return Section("Caches, proven by provenance", blocks, id="cache-section", short="Caches")


def background_section(results: Results) -> Section:
    """What the meter received outside any exchange."""
    calls = background_table(results)
    blocks = (calls if calls.rows else "The meter received no call outside the exchanges.",)
    return Section("Background traffic", blocks, id="background-section", short="Background")


def claims_table(results: Results) -> Table:
    """Per variant: how often usage, tier and model as claimed agree with what the meter saw."""
    notes = Notes()
    totals = {row.variant: row for row in results.totals}
    valid = {scenario.id for scenario in results.scenarios if scenario.valid}

    def row(variant: VariantRow) -> TotalRow | Row:
        total = totals.get(variant.name)
        if variant.status == "measured" and total is not None:
            return total
        return gap(variant, without(status_word(variant.status), variant.reason))

    def agreed(title: str, check: str, what: str) -> Col[TotalRow]:
        return col(title, lambda row: _judged(row.checks.get(check), what, notes), "exchanges")

    columns: tuple[Col[TotalRow], ...] = (
        col("Variant", lambda row: variant_head(row.variant)),
        agreed("Input usage true", "usage_honest", "number of input tokens"),
        agreed("Output usage true", "output_usage_honest", "number of output tokens"),
        col("Tokens claimed", lambda row: _sums(row.claimed_tokens, notes), "against forwarded"),
        agreed("Tier true", "tier_claim_true", "tier"),
        col(
            "Model true",
            lambda row: _models(
                [
                    cell
                    for cell in results.cells
                    if cell.variant == row.variant and cell.status == "measured" and cell.scenario in valid
                ],
                notes,
            ),
            "scenarios",
        ),
    )
    return table(
        "claims",
        "Claims that agree with the observation. Usage is judged against the usage that the provider's "
        "answer stated to the gateway, or against what was counted here where it stated none; an answer "
        "from a cache may claim 0 or the usage of the answer that it repeats. Input tokens claimed stand "
        "beside tokens forwarded, as counted here, over the same exchanges: those that reached a model. "
        "All of it covers valid scenarios only.",
        columns,
        map(row, results.variants),
        notes=notes,
        control=is_control(results),
    )


def _judged(count: CheckCount | None, what: str, notes: Notes) -> Fig:
    if count is None or not count.passed + count.failed:
        return notes.missing("no claim", f"No exchange with a {what} that was claimed could be judged.")
    return passed(count.passed, count.passed + count.failed)


def _sums(found: ClaimedTokens, notes: Notes) -> Fig:
    if not found.exchanges:
        return notes.missing("no claim", "No exchange that reached a model has usage that was claimed.")
    sums = (
        f"{numbers.tokens(found.claimed)} claimed, {numbers.tokens(found.forwarded)} forwarded in "
        f"{numbers.counted(found.exchanges, 'exchange')}"
    )
    if found.cached:
        cached = numbers.counted(found.cached, "answer")
        sums += f"; apart from that {numbers.tokens(found.cached_claimed)} claimed in {cached} from a cache"
    return change_fig(numbers.change(found.claimed, found.forwarded), sums)


def _named_differs(choice: Choice) -> bool:
    return bool(choice.claimed and choice.served and not same_name(choice.claimed, choice.served))


def _models(cells: list[Cell], notes: Notes) -> Fig:
    known = [c for c in cells if c.model.claimed and c.model.served]
    if not known:
        return notes.missing(
            "no claim", "No measured scenario has a model that was claimed and one that was served."
        )
    return passed(sum(not _named_differs(c.model) for c in known), len(known))


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A claim that the meter contradicts: where, about what, both sides, and in words; `more` are alike."""

    cell: Cell
    about: str
    claimed: str
    observed: str
    why: str
    more: int | None = None


def contradictions_table(results: Results) -> Table:
    """Every claim that the meter contradicts, one row each; of many, one row a variant and kind of claim."""
    rows = [one for cell in results.cells if cell.status == "measured" for one in _contradictions(cell)]
    many = len(rows) > MOST_ROWS
    columns: tuple[Col[Contradiction], ...] = (
        col("Variant, and scenarios" if many else "Variant and scenario", _where),
        col("About", lambda row: Fig(row.about)),
        col("Claimed", lambda row: Fig(row.claimed)),
        col("Observed", lambda row: Fig(row.observed)),
        col("In words", lambda row: Fig(row.why)),
    )
    first = " One row for each kind; it leads to the first scenario where that happened." if many else ""
    caption = f"Claims that the observation contradicts.{first}"
    return table("contradictions", caption, columns, _by_kind(rows) if many else rows)


def _by_kind(rows: Sequence[Contradiction]) -> list[Contradiction]:
    """One for each variant and kind of claim: how often, and the first as an example."""
    kinds: dict[tuple[str, str], list[Contradiction]] = {}
    for row in rows:
        kinds.setdefault((row.cell.variant, row.about), []).append(row)
    return [replace(alike[0], more=len(alike) - 1) for alike in kinds.values()]


def _where(row: Contradiction) -> Fig:
    variant, scenario = row.cell.variant, row.cell.scenario
    href = evidence_name(variant, scenario)
    if row.more is None:
        return Fig(one_line(f"{variant}, {scenario}", 90), href=href)
    more = f" and {row.more:,} more" if row.more else ""
    return Fig(one_line(variant, 40), one_line(f"{scenario}{more}", 90), href=href)


def _contradictions(cell: Cell) -> Iterator[Contradiction]:
    tokens, tier = cell.tokens, cell.checks.get("tier_claim_true")
    for check, what, claimed, seen, counted in (
        ("usage_honest", "input tokens in usage", tokens.claimed, tokens.forwarded, "forwarded"),
        ("output_usage_honest", "output tokens in usage", tokens.claimed_out, tokens.out, "in the answer"),
    ):
        usage = cell.checks.get(check)
        if usage is not None and usage.verdict == "fail":
            pair = (_tokens(claimed, "", "not stated"), _tokens(seen, f" {counted}", "not counted"))
            yield Contradiction(cell, what, *pair, one_line(usage.why, 200))
    if tier is not None and tier.verdict == "fail":
        yield Contradiction(cell, "tier", *_pair(cell.tier), one_line(tier.why, 200))
    if _named_differs(cell.model):
        why = "The answer names another model than the one that was called."
        yield Contradiction(cell, "model", *_pair(cell.model), why)


def _tokens(number: float | None, counted: str, otherwise: str) -> str:
    return otherwise if number is None else f"{numbers.tokens(number)} tokens{counted}"


def _pair(choice: Choice) -> tuple[str, str]:
    return one_line(choice.claimed or "nothing claimed", 80), one_line(choice.served or "no model asked", 80)


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
        _CacheRow(*key, alike)
        for key, alike in found.items()
        if key[2] != ASKED_FIRST or any(map(_tells, alike))
    ]
    columns: tuple[Col[_CacheRow], ...] = (
        col("Variant and suite" if many else "Variant and scenario", lambda row: row.head()),
        col("Expected", lambda row: Fig(row.expected.replace("_", " "))),
        col("Proven hits", lambda row: _hits(row.cells, row.expected), "exchanges"),
        num("Another conversation's answer", lambda row: row.foreign(), "exchanges"),
        num("Unproven", lambda row: row.unproven(), "exchanges"),
        col("Claimed", lambda row: row.claimed()),
    )
    return table(
        "caches",
        "Answers that came from a cache. Each answer carries a marker of its exchange; a client that "
        "receives another exchange's marker was served from a cache, whatever a header says. Hits are of "
        "all answers with that expectation. What was asked first, so that nothing could hit, has a row "
        "where an answer was not fresh, or is claimed to come from a cache.",
        columns,
        rows,
    )


@dataclass(frozen=True, slots=True)
class _CacheRow:
    """The cells of a variant with the same expectation: of one scenario, or of a suite."""

    variant: str
    what: str
    expected: str
    cells: Sequence[Cell]

    def head(self) -> Fig:
        several = len(self.cells) > 1
        worst = max(self.cells, key=lambda cell: (cell.cache.foreign, cell.cache.wrong, cell.cache.hits))
        return Fig(
            one_line(f"{self.variant}, {self.what}", 90),
            numbers.counted(len(self.cells), "scenario") if several else "",
            href=evidence_name(self.variant, worst.scenario),
            page=variant_page(self.variant) if several else "",
        )

    def foreign(self) -> Fig:
        count = sum(cell.cache.foreign for cell in self.cells)
        return Fig(numbers.tokens(count), sign=NO if count else "", tone="bad" if count else "")

    def unproven(self) -> Fig:
        count = sum(cell.cache.unproven for cell in self.cells)
        return Fig(numbers.tokens(count), tone="warn" if count else "")

    def claimed(self) -> Fig:
        claims = list(dict.fromkeys(cell.cache.claimed for cell in self.cells if cell.cache.claimed))
        return Fig(one_line(", ".join(claims), 80) if claims else "nothing claimed")


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
    known = {variant.name for variant in results.variants}
    columns: tuple[Col[BackgroundRow], ...] = (
        col(
            "Caller",
            lambda row: Fig(
                one_line(row.caller, 60), "" if row.caller in known else "not a variant of this run"
            ),
        ),
        col("Kind", lambda row: Fig(row.kind)),
        col("Path", lambda row: Fig(one_line(row.path, 80))),
        num("Calls", lambda row: Fig(numbers.tokens(row.count))),
        num("Tokens", lambda row: Fig(numbers.tokens(row.tokens))),
    )
    caption = "Calls that the meter received outside any exchange."
    return table("background", caption, columns, results.background)
