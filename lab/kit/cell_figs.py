"""The per-scenario tables: one table a scenario, one row a variant, every figure with its evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from operator import attrgetter

from lab.kit import numbers
from lab.kit.anchors import EVIDENCE, cell_name, scenario_anchor
from lab.kit.section import Line, Section
from lab.kit.tables import (
    LESS,
    MORE,
    NO,
    SAME,
    YES,
    Col,
    Fig,
    Notes,
    Row,
    Tone,
    absent_word,
    col,
    judged,
    num,
    passed,
    status_word,
    table,
    without,
)
from lab.kit.text import file_name, one_line
from lab.results.cell import Cell, CheckResult
from lab.results.models import ScenarioRow, VariantRow

Value = float | int | Decimal | None


def evidence_name(variant: str, scenario: str, home: str = "") -> str:
    """Where the evidence of a cell is shown; `home` is the way from the page with the link to the report."""
    return f"{home}{EVIDENCE}#{cell_name(variant, scenario)}"


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
    return judged(f"{numbers.tokens(kept)} of {total:,}", kept >= total)


def same_name(claimed: str, served: str) -> bool:
    """Whether a claim names what was served; a provider's prefix (`openai/…`) is no other model."""
    names = {name.strip().casefold().rpartition("/")[2] for name in (claimed, served)}
    return len(names) == 1


class CellFigures:
    """Turns the fields of one cell into figures; what is missing gets its reason word and a note."""

    def __init__(self, cell: Cell, notes: Notes, home: str = "") -> None:
        self.cell = cell
        self.notes = notes
        self.href = evidence_name(cell.variant, cell.scenario, home) if cell.evidence else ""

    def linked(self, fig: Fig) -> Fig:
        """The figure with the link to this cell's evidence page."""
        return replace(fig, href=self.href)

    def value(self, name: str, fmt: Callable[[float], str]) -> Fig:
        """A number by its dotted field name, or the reason why there is none."""
        value: Value = attrgetter(name)(self.cell)
        if value is None:
            return self.absent(name)
        return self.linked(Fig(fmt(float(value))))

    def absent(self, name: str) -> Fig:
        """The missing figure of a field: the word, and the sentence the records give for it."""
        cell = self.cell
        reason = cell.reasons.get(name) or cell.reasons.get(name.split(".", maxsplit=1)[0]) or cell.reason
        shown = status_word(cell.status) if cell.status != "measured" else absent_word(name)
        return self.notes.missing(shown, reason or f"{name} was not recorded for this cell", self.href)

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
            note = f"claimed {one_line(claimed, 60)}" if claimed else ""
            return replace(self.absent(f"{name}.served"), note=note)
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

    def facts(self) -> Fig:
        """Facts kept."""
        facts = self.cell.facts
        return self._kept("facts.kept", facts.kept, facts.total)

    def tools(self) -> Fig:
        """Needed tools intact; beneath, how many of all were forwarded, and which came or went."""
        tools = self.cell.tools
        kept = self._kept("tools.needed_kept", tools.needed_kept, tools.needed)
        if tools.forwarded is None or tools.sent is None:
            return kept
        parts = [f"{numbers.tokens(tools.forwarded)} of {numbers.tokens(tools.sent)} forwarded"]
        parts += [f"dropped {', '.join(tools.dropped)}"] if tools.dropped else []
        parts += [f"added {', '.join(tools.added)}"] if tools.added else []
        return replace(kept, note=one_line("; ".join(parts), 160))

    def _kept(self, name: str, kept: float | None, total: int) -> Fig:
        return self.absent(name) if kept is None else self.linked(kept_fig(kept, total))

    def judged(self) -> dict[str, CheckResult]:
        """The checks that apply to this cell, by name."""
        return {n: c for n, c in self.cell.checks.items() if c.verdict != "not_applicable"}

    def checks(self) -> Fig:
        """How many checks passed, and the names of those that failed."""
        results = self.judged()
        failed = [name for name, check in results.items() if check.verdict == "fail"]
        if not results:
            return self.absent("checks")
        note = one_line(", ".join(failed), 120)
        return passed(len(results) - len(failed), len(results), note, self.href)

    def verdict(self, note: str = "") -> Fig:
        """Repeats that pass, of those judged."""
        cell, passes = self.cell, self.cell.passes
        if not passes.of and cell.status == "measured":
            return self.notes.missing("not judged", "No check applies to what was measured here.", self.href)
        if not passes.of:
            return self.notes.missing(cell.status, cell.reason, self.href)
        return passed(passes.passed, passes.of, note, self.href)

    def added(self) -> Fig:
        """Median latency added over the control, and of how many pairs."""
        over = self.cell.latency_ms.overhead
        if over.median_ms is None:
            return self.absent("latency_ms.overhead")
        return self.linked(Fig(numbers.signed_ms(over.median_ms), numbers.counted(over.pairs, "pair")))

    def latency(self) -> Fig:
        """Median latency, with the 95th percentile and n beside it."""
        latency = self.cell.latency_ms
        if latency.p50 is None:
            return self.absent("latency_ms.p50")
        p95 = f"p95 {numbers.ms(latency.p95)}, " if latency.p95 is not None else ""
        return self.linked(Fig(numbers.ms(latency.p50), f"{p95}n = {latency.n}"))

    def head(self, title: str, note: str = "") -> Fig:
        """The heading of the cell's row, and what did not go well at once."""
        cell = self.cell
        done = [f"{cell.completed} of {cell.n} completed"] if cell.completed < cell.n else []
        done += [f"{cell.retries} retried"] if cell.retries else []
        return Fig(title, note=", ".join(part for part in (note, *done) if part), href=self.href)

    def row(self, title: str, note: str = "", *, control: bool = False) -> CellFigures | Row:
        """The figures of the cell's row, or the row that says why there are none."""
        if self.cell.status == "measured":
            return self
        why = replace(without(self.cell.status, self.cell.reason), href=self.href)
        return Row(self.head(title, note), span=why, control=control)


def scenario_section(
    scenario: ScenarioRow, variants: tuple[VariantRow, ...], cells: dict[str, Cell]
) -> Section:
    """One scenario with its table over all variants."""
    notes = Notes()
    known = [(CellFigures(cells[v.name], notes), v) for v in variants if v.name in cells]
    columns = cell_columns(facts=bool(scenario.facts_total), tools=bool(scenario.tools_needed))
    head: Col[CellFigures] = col("Variant", lambda figure: figure.head(figure.cell.variant))
    controls = {variant.name for variant in variants if variant.kind == "control"}
    figures = table(
        f"t-{file_name(scenario.id)}",
        f"{one_line(scenario.id)}: means over the completed exchanges; latency is the median.",
        (head, *columns),
        [figure.row(v.name, control=v.name in controls) for figure, v in known],
        notes=notes,
        control=lambda figure: figure.cell.variant in controls,
    )
    looks_at = " ".join((f"Looks at: {scenario.looks_at}.", *_scenario_notes(scenario)))
    return Section(
        f"{scenario.id}: {scenario.title}",
        (Line((looks_at,), "small soft"), figures),
        scenario_anchor(scenario.id),
    )


def cell_columns(*, facts: bool, tools: bool) -> list[Col[CellFigures]]:
    """The columns of a table of cells; facts and tools only if scenarios declare them."""

    def value(
        title: str, unit: str, name: str, fmt: Callable[[float], str] = numbers.tokens
    ) -> Col[CellFigures]:
        return num(title, lambda f: f.value(name, fmt), unit)

    return [
        col("Tier served", lambda f: f.tier()),
        col("Model served", lambda f: f.choice("model", f.cell.model.served, f.cell.model.claimed)),
        value("Sent", "tokens", "tokens.sent"),
        value("Forwarded", "tokens", "tokens.forwarded"),
        value("Claimed", "tokens", "tokens.claimed"),
        num("Forwarded vs sent", lambda f: f.saving()),
        num("Facts kept", lambda f: f.facts(), shown=facts),
        num("Needed tools intact", lambda f: f.tools(), shown=tools),
        value("Upstream calls", "", "upstream_calls"),
        value("Cost as routed", "USD", "cost_usd.as_routed", numbers.usd),
        value("Cost same model", "USD", "cost_usd.same_model", numbers.usd),
        num("Latency", lambda f: f.latency(), "ms"),
        num("Checks passed", lambda f: f.checks()),
    ]


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
