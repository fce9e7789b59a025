"""The per-scenario tables: one table a scenario, one row a variant, every figure with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from lab.kit import numbers
from lab.kit.tables import Column, Fig, Notes, Row, Table, Tone, absent_word, status_word
from lab.kit.text import file_name, one_line
from lab.results.models import Cell, CheckResult, ScenarioRow, VariantRow

Value = float | int | Decimal | None
LESS, MORE, SAME = "\u25bc", "\u25b2", "="
YES, NO, ALERT = "\u2713", "\u2717", "!"


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """One scenario's part of the report: what it asks, what it needs, and its table."""

    id: str
    anchor: str
    title: str
    feature: str
    notes: tuple[str, ...]
    table: Table


FOLDER = "evidence/"


def evidence_name(variant: str, scenario: str, folder: str = FOLDER) -> str:
    """The evidence page of a cell, relative to the report; without `folder`, to other evidence pages."""
    return f"{folder}{file_name(variant, scenario)}.html"


def change_fig(percent: float | None, note: str = "") -> Fig:
    """A change in percent in words and with a direction sign: fewer or more, never better or worse."""
    if percent is None:
        return Fig("no ratio", note=note or "the other side is 0", tone="missing")
    if percent == 0:
        return Fig("the same", note=note, sign=SAME)
    text = numbers.percent(percent)
    return Fig(text, note=note, sign=MORE if percent > 0 else LESS, tone="warn" if percent > 0 else "info")


def kept_fig(kept: float | None, total: int) -> Fig:
    """Kept of total, as means over exchanges: all kept is a tick, anything lost a cross."""
    if kept is None:
        return Fig("", tone="missing")
    whole = kept >= total
    return Fig(
        f"{numbers.tokens(kept)} of {total:,}",
        sign=YES if whole else NO,
        tone="good" if whole else "bad",
    )


def same_name(claimed: str, served: str) -> bool:
    """Whether a claim names what was served; a provider's prefix (`openai/…`) is no other model."""
    names = {name.strip().casefold().rpartition("/")[2] for name in (claimed, served)}
    return len(names) == 1


class CellFigures:
    """Turns the fields of one cell into figures; what is missing gets its reason word and a note."""

    def __init__(self, cell: Cell, notes: Notes, folder: str = FOLDER) -> None:
        self.cell = cell
        self.notes = notes
        self.href = evidence_name(cell.variant, cell.scenario, folder) if cell.evidence else ""

    def linked(self, fig: Fig) -> Fig:
        """The figure with the link to this cell's evidence page."""
        return Fig(fig.text, fig.note, fig.tone, fig.sign, self.href, fig.ref)

    def value(self, name: str, value: Value, fmt: Callable[[float], str]) -> Fig:
        """A number by its dotted field name, or the reason why there is none."""
        if value is None:
            return self.absent(name)
        return self.linked(Fig(fmt(float(value))))

    def absent(self, name: str) -> Fig:
        """The missing figure of a field: the word, and the sentence the records give for it."""
        cell = self.cell
        reason = cell.reasons.get(name) or cell.reasons.get(name.split(".", maxsplit=1)[0]) or cell.reason
        shown = status_word(cell.status) if cell.status != "measured" else absent_word(name)
        if not reason:
            reason = f"{name} was not recorded for this cell"
        return self.notes.missing(shown, reason, self.href)

    def saving(self) -> Fig:
        """The signed change from tokens sent to tokens forwarded."""
        tokens = self.cell.tokens
        if tokens.sent is None or tokens.forwarded is None:
            return self.absent("tokens.saving_percent")
        note = "answered from a cache" if tokens.saving_from == "cache" else ""
        return self.linked(change_fig(numbers.change(tokens.forwarded, tokens.sent), note))

    def choice(
        self, name: str, served: str | None, claimed: str | None, tone: Tone = "", sign: str = ""
    ) -> Fig:
        """A tier or model served; a claim is added where it was made, and marked where it differs."""
        if served is None:
            fig = self.absent(f"{name}.served")
            note = f"claimed {one_line(claimed, 60)}" if claimed else ""
            return Fig(fig.text, note, fig.tone, fig.sign, fig.href, fig.ref)
        note = ""
        if claimed:
            agree = same_name(claimed, served)
            note = "as claimed" if agree else f"{NO} claimed {one_line(claimed, 60)}"
        return self.linked(Fig(one_line(served, 60), note, tone, sign))

    def tier(self) -> Fig:
        """The tier served, judged by the tiers that the scenario accepts."""
        tier = self.cell.tier
        if tier.served is None or not tier.acceptable or "tier_acceptable" not in self.judged():
            return self.choice("tier", tier.served, tier.claimed)
        right = tier.served in tier.acceptable
        return self.choice(
            "tier", tier.served, tier.claimed, "good" if right else "bad", YES if right else NO
        )

    def kept(self, name: str, kept: float | None, total: int) -> Fig:
        """Facts kept, or needed tools intact."""
        return self.absent(name) if kept is None else self.linked(kept_fig(kept, total))

    def judged(self) -> dict[str, CheckResult]:
        """The checks that apply to this cell, by name."""
        return {n: c for n, c in self.cell.checks.items() if c.verdict != "not_applicable"}

    def checks(self) -> Fig:
        """How many checks passed, and the names of those that failed."""
        judged = self.judged()
        failed = [name for name, check in judged.items() if check.verdict == "fail"]
        if not judged:
            return self.absent("checks")
        text = numbers.share(len(judged) - len(failed), len(judged))
        note = one_line(", ".join(failed), 120)
        return self.linked(Fig(text, note, "bad" if failed else "good", NO if failed else YES))

    def verdict(self, note: str = "") -> Fig:
        """Repeats that pass, of those judged."""
        cell, passes = self.cell, self.cell.passes
        if not passes.of and cell.status == "measured":
            return self.notes.missing("not judged", "No check applies to what was measured here.", self.href)
        if not passes.of:
            reason = cell.reason or "no reason was recorded"
            return self.notes.missing(status_word(cell.status), reason, self.href)
        whole = passes.passed == passes.of
        text = numbers.share(passes.passed, passes.of)
        return self.linked(Fig(text, note, "good" if whole else "bad", YES if whole else NO))

    def added(self) -> Fig:
        """Median latency added over the control, and of how many pairs."""
        over = self.cell.latency_ms.overhead
        if over.median_ms is None:
            return self.absent("latency_ms.overhead")
        pairs = "1 pair" if over.pairs == 1 else f"{over.pairs:,} pairs"
        return self.linked(Fig(numbers.signed_ms(over.median_ms), pairs))

    def latency(self) -> Fig:
        """Median latency, with the 95th percentile and n beside it."""
        latency = self.cell.latency_ms
        if latency.p50 is None:
            return self.absent("latency_ms.p50")
        p95 = f"p95 {numbers.ms(latency.p95)}, " if latency.p95 is not None else ""
        return self.linked(Fig(numbers.ms(latency.p50), f"{p95}n = {latency.n}"))


def scenario_view(
    scenario: ScenarioRow, variants: tuple[VariantRow, ...], cells: dict[str, Cell]
) -> ScenarioView:
    """One scenario with its table over all variants."""
    notes = Notes()
    parts = cell_columns(facts=bool(scenario.facts_total), tools=bool(scenario.tools_needed))
    rows = [_row(cells[v.name], v, notes, parts) for v in variants if v.name in cells]
    table = Table(
        id=f"t-{file_name(scenario.id)}",
        caption=f"{one_line(scenario.id)}: means over the completed exchanges; latency is the median.",
        columns=(Column("Variant", num=False), *(column for column, _ in parts)),
        rows=tuple(rows),
        notes=tuple(notes.texts),
    )
    return ScenarioView(
        id=scenario.id,
        anchor=f"scenario-{file_name(scenario.id)}",
        title=scenario.title,
        feature=scenario.feature,
        notes=tuple(_scenario_notes(scenario)),
        table=table,
    )


Part = tuple[Column, Callable[[CellFigures], Fig]]


def cell_columns(*, facts: bool, tools: bool) -> list[Part]:
    """The columns of a table of cells; facts and tools only where scenarios declare them."""
    parts: list[Part] = [
        (Column("Tier served", num=False), lambda f: f.tier()),
        (
            Column("Model served", num=False),
            lambda f: f.choice("model", f.cell.model.served, f.cell.model.claimed),
        ),
        (Column("Sent", "tokens"), lambda f: f.value("tokens.sent", f.cell.tokens.sent, numbers.tokens)),
        (
            Column("Forwarded", "tokens"),
            lambda f: f.value("tokens.forwarded", f.cell.tokens.forwarded, numbers.tokens),
        ),
        (
            Column("Claimed", "tokens"),
            lambda f: f.value("tokens.claimed", f.cell.tokens.claimed, numbers.tokens),
        ),
        (Column("Forwarded vs sent"), lambda f: f.saving()),
    ]
    if facts:
        parts.append(
            (Column("Facts kept"), lambda f: f.kept("facts.kept", f.cell.facts.kept, f.cell.facts.total))
        )
    if tools:
        parts.append((Column("Needed tools intact"), _tools))
    return [
        *parts,
        (
            Column("Upstream calls"),
            lambda f: f.value("upstream_calls", f.cell.upstream_calls, numbers.tokens),
        ),
        (
            Column("Cost as routed", "USD"),
            lambda f: f.value("cost_usd.as_routed", f.cell.cost_usd.as_routed, numbers.usd),
        ),
        (
            Column("Cost same model", "USD"),
            lambda f: f.value("cost_usd.same_model", f.cell.cost_usd.same_model, numbers.usd),
        ),
        (Column("Latency", "ms"), lambda f: f.latency()),
        (Column("Checks passed"), lambda f: f.checks()),
    ]


def _tools(figure: CellFigures) -> Fig:
    """Needed tools intact; beneath, how many of all tools were forwarded, and which came or went."""
    tools = figure.cell.tools
    kept = figure.kept("tools.needed_kept", tools.needed_kept, tools.needed)
    if tools.forwarded is None or tools.sent is None:
        return kept
    parts = [f"{numbers.tokens(tools.forwarded)} of {numbers.tokens(tools.sent)} forwarded"]
    parts += [f"dropped {', '.join(tools.dropped)}"] if tools.dropped else []
    parts += [f"added {', '.join(tools.added)}"] if tools.added else []
    return replace(kept, note=one_line("; ".join(parts), 160))


def _row(cell: Cell, variant: VariantRow, notes: Notes, parts: list[Part]) -> Row:
    return cell_row(CellFigures(cell, notes), variant.name, "", parts, control=variant.kind == "control")


def cell_row(
    figure: CellFigures, title: str, note: str, parts: Sequence[Part], *, control: bool = False
) -> Row:
    """A cell's row of figures, or the reason why it has none."""
    cell = figure.cell
    done = [f"{cell.completed} of {cell.n} completed"] if cell.completed < cell.n else []
    done += [f"{cell.retries} retried"] if cell.retries else []
    head = Fig(title, note=", ".join(part for part in (note, *done) if part), href=figure.href)
    if cell.status == "measured":
        return Row(head, tuple(make(figure) for _, make in parts), control=control)
    reason = one_line(cell.reason or "no reason was recorded", 400)
    return Row(head, span=Fig(status_word(cell.status), reason, "missing", href=head.href), control=control)


def _scenario_notes(scenario: ScenarioRow) -> list[str]:
    notes = []
    if not scenario.valid:
        notes.append(f"Not a valid request: {scenario.invalid_why} It is not part of any total.")
    if scenario.acceptable_tiers:
        why = f" ({scenario.tiers_why})" if scenario.tiers_why else ""
        notes.append(f"Acceptable tiers: {', '.join(scenario.acceptable_tiers)}{why}.")
    if scenario.tools_needed:
        notes.append(f"Tools a model needs here: {', '.join(scenario.tools_needed)}.")
    if scenario.facts_total:
        notes.append(f"Facts a model needs here: {scenario.facts_total}.")
    if scenario.sequence:
        notes.append(f"Sent in order, as part of the sequence {scenario.sequence}.")
    return notes
