"""Figures of cells and of sums over them, each with its evidence, or with the reason if it is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter

from lab.kit import numbers
from lab.kit.anchors import EVIDENCE, cell_name
from lab.kit.tables import (
    LESS,
    MORE,
    NO,
    SAME,
    YES,
    Col,
    Fig,
    Row,
    Tone,
    absent_word,
    col,
    judged,
    missing,
    num,
    passed,
    without,
)
from lab.kit.text import one_line
from lab.results.cell import Cell, CheckResult
from lab.results.totals import ClassRow, Interval, TotalRow

Sums = ClassRow | TotalRow
UNVARIED = "the same in all repeats"


def evidence_link(variant: str, scenario: str) -> str:
    """Where the evidence of a cell is shown."""
    return f"{EVIDENCE}#{cell_name(variant, scenario)}"


def change_fig(percent: float | None, note: str = "") -> Fig:
    """A change in percent in words and with a direction sign: fewer or more, never better or worse."""
    if percent is None:
        return Fig("no ratio", note=note or "the other side is 0", tone="missing")
    if percent == 0:
        return Fig("the same", note=note, sign=SAME)
    text = numbers.percent(percent)
    return Fig(text, note=note, sign=MORE if percent > 0 else LESS, tone="warn" if percent > 0 else "info")


def same_name(claimed: str, served: str) -> bool:
    """Whether a claim names what was served; a provider's prefix (`openai/…`) is no other model."""
    names = {name.strip().casefold().rpartition("/")[2] for name in (claimed, served)}
    return len(names) == 1


def absent(row: Cell | Sums, name: str, href: str = "") -> Fig:
    """The missing figure of a field: its reason word, and the sentence that the records give for it."""
    reason = row.reasons.get(name) or row.reasons.get(name.split(".", maxsplit=1)[0]) or row.reason
    of = "this cell" if isinstance(row, Cell) else row.variant
    return missing(hindrance(row) or absent_word(name), reason or f"{name} was not recorded for {of}", href)


def hindrance(row: Cell | Sums) -> str:
    """In a word, why a row has no figures at all; empty if it has some."""
    if isinstance(row, Cell):
        return "" if row.status == "measured" else row.status
    compared = row.compared if isinstance(row, TotalRow) else bool(row.scenarios)
    return "" if compared else "not compared"


def value_fig(row: Cell | Sums, name: str, words: Callable[[float], str], href: str = "") -> Fig:
    """A number by its dotted field name, or the reason why there is none."""
    value = attrgetter(name)(row)
    return absent(row, name, href) if value is None else Fig(words(float(value)), href=href)


def facts_fig(row: Cell | Sums, href: str = "") -> Fig:
    """Facts kept, of those that the scenario or the compared scenarios declare."""
    return _kept(row, "facts.kept", row.facts.kept, row.facts.total, href)


def tools_fig(row: Cell | Sums, href: str = "") -> Fig:
    """Needed tools that arrived with their whole schema, of those needed."""
    if isinstance(row, Cell):
        return _kept(row, "tools.needed_kept", row.tools.needed_kept, row.tools.needed, href)
    return _kept(row, "tools_needed_kept", row.tools_needed_kept, row.tools_needed, href)


def _kept(row: Cell | Sums, name: str, kept: float | None, of: int, href: str) -> Fig:
    """Kept of all, as means over exchanges: all kept is a tick, anything lost a cross."""
    if kept is None or not of:
        return absent(row, name, href)
    return judged(f"{numbers.tokens(kept)} of {of:,}", kept >= of, href=href)


def saving_fig(row: Cell | Sums, href: str = "") -> Fig:
    """The signed change from tokens sent to tokens forwarded."""
    tokens = row.tokens
    if tokens.sent is None or tokens.forwarded is None:
        return absent(row, "tokens.saving_percent", href)
    cached = isinstance(row, Cell) and tokens.saving_from == "cache"
    note = "" if not cached else "answered by no model" if _nobodys(row) else "answered from a cache"
    return replace(change_fig(numbers.change(tokens.forwarded, tokens.sent), note), href=href)


def _nobodys(row: Cell | Sums) -> bool:
    """Whether some answers come from nowhere that is known."""
    return bool(row.cache.unproven)


def cost_fig(row: Sums, price: str, *notes: str) -> Fig:
    """A sum of costs in USD; beneath it, how far chance between repeats moves it, and these notes."""
    cost, interval = getattr(row.cost_usd, price), getattr(row.cost_interval, price, None)
    if cost is None:
        return absent(row, f"cost_usd.{price}")
    parts = [between(interval, numbers.usd) if interval else "", *notes]
    why = row.reasons.get(f"cost_interval.{price}", "")
    return Fig(numbers.usd(cost), "; ".join(part for part in parts if part), why=why)


def between(interval: Interval, words: Callable[[float], str]) -> str:
    """An interval in words; one without width comes of repeats that do not differ."""
    if interval.low == interval.high:
        return UNVARIED
    return f"{words(interval.low)} to {words(interval.high)}"


class CellFigures:
    """Turns the fields of one cell into figures that lead to its evidence."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.href = evidence_link(cell.variant, cell.scenario) if cell.evidence else ""

    def linked(self, fig: Fig) -> Fig:
        """The figure with the link to this cell's evidence page."""
        return replace(fig, href=self.href)

    def value(self, name: str, words: Callable[[float], str]) -> Fig:
        """A number by its dotted field name, or the reason why there is none."""
        return value_fig(self.cell, name, words, self.href)

    def absent(self, name: str) -> Fig:
        """The missing figure of a field."""
        return absent(self.cell, name, self.href)

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
        if tier.served in tier.acceptable:
            return self.choice("tier", tier.served, tier.claimed, "good", YES)
        return self.choice("tier", tier.served, tier.claimed, "bad", NO)

    def tools(self) -> Fig:
        """Needed tools intact; beneath, how many of all were forwarded, and which came or went."""
        tools = self.cell.tools
        kept = tools_fig(self.cell, self.href)
        if tools.forwarded is None or tools.sent is None:
            return kept
        parts = [f"{numbers.tokens(tools.forwarded)} of {numbers.tokens(tools.sent)} forwarded"]
        parts += [f"dropped {', '.join(tools.dropped)}"] if tools.dropped else []
        parts += [f"added {', '.join(tools.added)}"] if tools.added else []
        return replace(kept, note=one_line("; ".join(parts), 160))

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
            return missing("not judged", "No check applies to what was measured here.", self.href)
        if not passes.of:
            return missing(cell.status, cell.reason, self.href)
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


def cell_columns(*, facts: bool, tools: bool) -> list[Col[CellFigures]]:
    """The columns of a table of cells; facts and tools only if scenarios declare them."""
    return [
        col("Tier served", lambda f: f.tier()),
        col("Model served", lambda f: f.choice("model", f.cell.model.served, f.cell.model.claimed)),
        num("Sent", lambda f: f.value("tokens.sent", numbers.tokens), "tokens"),
        num("Forwarded", lambda f: f.value("tokens.forwarded", numbers.tokens), "tokens"),
        num("Claimed", lambda f: f.value("tokens.claimed", numbers.tokens), "tokens"),
        num("Forwarded vs sent", lambda f: saving_fig(f.cell, f.href)),
        num("Facts kept", lambda f: facts_fig(f.cell, f.href), shown=facts),
        num("Needed tools intact", lambda f: f.tools(), shown=tools),
        num("Upstream calls", lambda f: f.value("upstream_calls", numbers.tokens)),
        num("Cost as routed", lambda f: f.value("cost_usd.as_routed", numbers.usd), "USD"),
        num("Cost same model", lambda f: f.value("cost_usd.same_model", numbers.usd), "USD"),
        num("Latency", lambda f: f.latency(), "ms"),
        num("Checks passed", lambda f: f.checks()),
    ]
