"""What gateways state of usage, tier and model, beside what the meter observed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lab.kit import numbers
from lab.kit.anchors import is_control, variant_head
from lab.kit.cell_figs import change_fig, evidence_link, same_name
from lab.kit.section import Section
from lab.kit.tables import Col, Fig, Table, col, missing, passed, table
from lab.kit.text import one_line
from lab.report.rows import VariantTotal, measured_rows
from lab.results.cell import Cell, Choice
from lab.results.models import Results
from lab.results.totals import CheckCount, ClaimedTokens

MOST_ROWS = 40
CLAIM = (
    "A claim is what a gateway states: usage in the answer, a tier or model in a header or the body. The "
    "observation is what the meter received."
)
NO_CONTRADICTION = "No claim was contradicted."


def claims_section(results: Results) -> Section:
    """What gateways state of usage, tier and model, and what of it is contradicted."""
    contradictions = contradictions_table(results)
    return Section(
        "Claims beside observations",
        (CLAIM, claims_table(results), contradictions if contradictions.rows else NO_CONTRADICTION),
        id="claims-section",
        short="Claims",
    )


def claims_table(results: Results) -> Table:
    """Per variant: how often usage, tier and model as claimed agree with what the meter saw."""
    valid = {scenario.id for scenario in results.scenarios if scenario.valid}

    def agreed(title: str, check: str, what: str) -> Col[VariantTotal]:
        return col(title, lambda row: _judged(row.total.checks.get(check), what), "exchanges")

    def models(row: VariantTotal) -> Fig:
        mine = (cell for cell in results.cells if cell.variant == row.variant and cell.scenario in valid)
        return _models([cell.model for cell in mine if cell.status == "measured"])

    columns: tuple[Col[VariantTotal], ...] = (
        col("Variant", lambda row: variant_head(row.variant)),
        agreed("Input usage true", "usage_honest", "number of input tokens"),
        agreed("Output usage true", "output_usage_honest", "number of output tokens"),
        col("Tokens claimed", lambda row: _sums(row.total.claimed_tokens), "against forwarded"),
        agreed("Tier true", "tier_claim_true", "tier"),
        col("Model true", models, "scenarios"),
    )
    return table(
        "claims",
        "Claims that agree with the observation. Usage is judged against the usage that the provider's "
        "answer stated to the gateway, or against what was counted here where it stated none; an answer "
        "from a cache may claim 0 or the usage of the answer that it repeats. Input tokens claimed stand "
        "beside tokens forwarded, as counted here, over the same exchanges: those that reached a model. "
        "All of it covers valid scenarios only.",
        columns,
        measured_rows(results),
        control=is_control(results),
    )


def _judged(count: CheckCount | None, what: str) -> Fig:
    if count is None or not count.passed + count.failed:
        return missing("no claim", f"No exchange with a {what} that was claimed could be judged.")
    return passed(count.passed, count.passed + count.failed)


def _sums(tokens: ClaimedTokens) -> Fig:
    if not tokens.exchanges:
        return missing("no claim", "No exchange that reached a model has usage that was claimed.")
    sums = (
        f"{numbers.tokens(tokens.claimed)} claimed, {numbers.tokens(tokens.forwarded)} forwarded in "
        f"{numbers.counted(tokens.exchanges, 'exchange')}"
    )
    if tokens.cached:
        cached = numbers.counted(tokens.cached, "answer")
        sums += f"; apart from that {numbers.tokens(tokens.cached_claimed)} claimed in {cached} from a cache"
    return change_fig(numbers.change(tokens.claimed, tokens.forwarded), sums)


def _named_differs(choice: Choice) -> bool:
    return bool(choice.claimed and choice.served and not same_name(choice.claimed, choice.served))


def _models(models: list[Choice]) -> Fig:
    known = [model for model in models if model.claimed and model.served]
    if not known:
        return missing(
            "no claim", "No measured scenario has a model that was claimed and one that was served."
        )
    return passed(sum(not _named_differs(model) for model in known), len(known))


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
    href = evidence_link(variant, scenario)
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
