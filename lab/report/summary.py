"""The first screen: what each variant did to tokens, cost, latency and data, and whether to trust it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lab.kit import numbers
from lab.kit.anchors import is_control, variant_head, variant_note
from lab.kit.cell_figs import absent, change_fig, facts_fig, tools_fig
from lab.kit.deciding import decided, does_not_route, price_note
from lab.kit.section import Bullets, Facts, Line, Section, Span, present
from lab.kit.tables import ALERT, NO, YES, Col, Fig, Short, Table, Tone, col, judged, missing, passed, table
from lab.kit.text import one_line
from lab.report.rows import VariantTotal, measured_rows
from lab.results.cell import Cell
from lab.results.models import Results, VariantRow
from lab.results.totals import ClassRow, TotalRow
from lab.topics.verdicts.section import habit_lines


def summary_section(results: Results) -> Section:
    """The answers of the first screen, and what prices do to them."""
    lines = habit_lines(results)
    habits = Bullets(lines) if lines else None
    return Section(
        "Summary",
        present(verdict_table(results), habits, price_line(results)),
        id="summary",
    )


def price_line(results: Results) -> Line | None:
    """What costs as routed owe to this run's prices; None if no variant routes."""
    note = price_note(results)
    return Line((note,), "small") if note else None


def verdict_table(results: Results) -> Table:
    """One row a variant: the answers of the first screen."""
    baseline = one_line(results.comparison.baseline, 40)
    columns: tuple[Col[VariantTotal], ...] = (
        col("Variant", lambda row: variant_head(row.variant, _version(row.of)), console=Short("variant")),
        col("Tokens forwarded", _tokens, "against tokens sent", console=Short("tokens")),
        col(
            "Cost as routed",
            lambda row: decided(_cost(row.total, "as_routed"), row.of),
            f"against {baseline}",
            console=Short("cost"),
        ),
        col(
            "Cost, same model",
            lambda row: _cost(row.total, "same_model"),
            f"against {baseline}",
            console=Short(roomy="same model"),
        ),
        col("Latency added", latency_added, "ms, median, 95% interval", console=Short("+ms", "ms added")),
        col("Facts kept", lambda row: facts_fig(row.total), console=Short("facts")),
        col("Needed tools intact", lambda row: tools_fig(row.total), console=Short("tools")),
        col("Tier right", _tier, "in every repeat", console=Short("tier")),
        col("Answers from a cache", lambda row: cache_fig(row.total), console=Short("cached", count=True)),
        col("Failures", _failures, console=Short("failed", count=True)),
    )
    return table(
        "verdict",
        "What each variant did to the same requests, observed behind it. Tokens, costs, latency, facts "
        f"and tools cover the {numbers.tokens(len(results.comparison.scenarios))} scenarios that all "
        "compared variants completed; tiers, caches and failures cover all valid scenarios that a "
        "variant was asked. Signs give directions (\u25b2 more, \u25bc less), ticks and crosses judge "
        "(\u2713, \u2717).",
        columns,
        measured_rows(results, _version),
        control=is_control(results),
        cards=True,
    )


def _version(variant: VariantRow) -> str:
    """Its version without what stands in brackets, and what kind of variant it is."""
    version = one_line((variant.version or "").split(" (", maxsplit=1)[0], 30)
    return ", ".join(part for part in (version, variant_note(variant)) if part)


def _tokens(row: VariantTotal) -> Fig:
    total, sent, forwarded = row.total, row.total.tokens.sent, row.total.tokens.forwarded
    if sent is None or forwarded is None:
        return absent(total, "tokens.forwarded")
    note = f"{numbers.tokens(round(forwarded))} of {numbers.tokens(round(sent))} sent"
    change, median = numbers.change(forwarded, sent), total.median_change_percent
    # The largest requests make most of the sum, which may say another thing than the scenarios do.
    if median is not None and (change is None or numbers.percent(median) != numbers.percent(change)):
        note += f"; median scenario {numbers.percent(median)}"
    return change_fig(change, note)


def _cost(total: TotalRow, price: str) -> Fig:
    value, percent = getattr(total.cost_usd, price), getattr(total.difference, f"{price}_percent")
    if value is None:
        return absent(total, f"cost_usd.{price}")
    if total.baseline:
        return Fig("baseline", note=f"{numbers.usd(value)} USD")
    if percent is None:
        return Fig(numbers.usd(value), note="USD; no ratio to the baseline")
    return change_fig(percent, f"{numbers.usd(value)} USD")


def latency_added(row: VariantTotal, *, embeddings: bool = True) -> Fig:
    """Median latency added over the control, its interval, and what embeddings have in it where wanted."""
    total = row.total
    if row.of.kind == "control":
        p50 = total.latency_ms.p50
        return Fig("control", note=f"p50 {numbers.ms(p50)} ms" if p50 is not None else "")
    over = total.latency_ms.overhead
    if over.median_ms is None:
        return absent(total, "latency_ms.overhead")
    if over.ci_low_ms is None or over.ci_high_ms is None:
        return Fig(numbers.signed_ms(over.median_ms), f"no interval, {numbers.counted(over.pairs, 'pair')}")
    interval = f"{numbers.signed_ms(over.ci_low_ms)} to {numbers.signed_ms(over.ci_high_ms)}"
    flagged = bool(total.latency_ms.unstable)
    parts = [interval, "unstable" if flagged else ""]
    spent = over.embedding_ms
    parts.append(f"embeddings {numbers.ms(spent)}" if spent and embeddings else "")
    return Fig(
        numbers.signed_ms(over.median_ms),
        ", ".join(part for part in parts if part),
        sign=ALERT if flagged else "",
        tone="warn" if flagged else "",
    )


def _tier(row: VariantTotal) -> Fig:
    """Prompts whose tier is right, each counted once in its own words."""
    if not row.of.routes:
        return does_not_route()
    prompts = row.total.prompts_right
    if not prompts.seen:
        return missing("not judged", "No prompt with acceptable tiers reached a model.")
    unseen = prompts.of - prompts.seen
    note = f"prompts, {unseen:,} showed no tier" if unseen else "prompts"
    return decided(passed(prompts.right, prompts.seen, note), row.of)


def cache_fig(row: TotalRow | Cell | ClassRow) -> Fig:
    """Answers proven to come from a cache; a wrong one or somebody else's is an alarm."""
    cache = row.cache
    if not cache.of:
        return Fig("none", note="no answer to judge")
    parts = [
        f"{cache.foreign} from another conversation" if cache.foreign else "",
        f"{numbers.share(cache.hits, cache.of)} answers" if cache.hits else "",
        f"{cache.wrong:,} of them wrong" if cache.wrong else "",
        f"{cache.unproven} unproven" if cache.unproven else "",
    ]
    text, *rest = [part for part in parts if part] or [f"0 of {cache.of:,}"]
    if cache.foreign or cache.wrong:
        return Fig(text, note=", ".join(rest), sign=NO, tone="bad")
    if cache.unproven:
        return Fig(text, note=", ".join(rest), sign=ALERT, tone="warn")
    return Fig(text, note=", ".join(rest), tone="info" if cache.hits else "")


def _failures(row: VariantTotal) -> Fig:
    total = row.total
    failed = total.exchanges - total.completed
    retried = f"{total.retries} retried" if total.retries else ""
    return judged(numbers.share(failed, total.exchanges), not failed, retried)


_SEVERITY: Mapping[str, tuple[str, str, Tone]] = {
    "fault": ("Fault", NO, "bad"),
    "warning": ("Warning", ALERT, "warn"),
    "note": ("Note", "i", "info"),
}


def trust_section(results: Results) -> Section:
    """How far this run can be trusted: what to know of it, and reasons to read it with care."""
    reasons, notes = tuple(_reasons(results)), _run_notes(results)
    return Section(
        "Can this run be trusted?",
        present(
            Line((trust_headline(results),)),
            Facts(trust_facts(results)),
            Bullets(reasons, "plain") if reasons else None,
            Bullets(notes, "notes small") if notes else None,
        ),
        id="trust",
        short="Trust",
        tone="box",
    )


def _reasons(results: Results) -> Iterator[Line]:
    """Reasons to trust this run less, the gravest first."""
    order = list(_SEVERITY)
    for note in sorted(results.trust, key=lambda note: order.index(note.severity)):
        word, sign, tone = _SEVERITY[note.severity]
        title = f"{word}: {one_line(note.title, 200)}"
        yield Line((Span(title, "badge", tone=tone, sign=sign), " ", note.detail))


def _run_notes(results: Results) -> tuple[str, ...]:
    run = results.run
    mode = [f"Upstream mode {run.upstream_mode}: {run.upstream_mode_why}"]
    said = " ".join(note.detail for note in results.trust)
    engine = [note for note in run.engine_notes if note not in said]
    return tuple(one_line(note, 400) for note in (*(mode if run.upstream_mode_why else ()), *engine))


def trust_headline(results: Results) -> Span:
    """One sentence on how far this run can be trusted."""
    counts = {s: sum(note.severity == s for note in results.trust) for s in _SEVERITY}
    if counts["fault"]:
        faults = numbers.counted(counts["fault"], "fault")
        return Span(f"Read the {faults} below before using any figure.", "strong", tone="bad", sign=NO)
    if counts["warning"]:
        warnings = numbers.counted(counts["warning"], "warning")
        return Span(f"Usable, with {warnings} to read first.", "strong", tone="warn", sign=ALERT)
    return Span("No fault and no warning was found in this run.", "strong", tone="good", sign=YES)


def trust_facts(results: Results) -> tuple[tuple[str, str], ...]:
    """What one needs to know of the run to weigh it: sizes, engine, seed, coverage."""
    run, comparison = results.run, results.comparison
    return (
        ("Exchanges", numbers.tokens(run.exchanges)),
        ("Repeats of each scenario", numbers.tokens(run.repeats)),
        ("Scenarios compared", numbers.share(len(comparison.scenarios), len(results.scenarios))),
        ("Variants compared", numbers.share(len(comparison.variants), len(results.variants))),
        ("Upstream calls recorded", numbers.tokens(run.upstream_calls)),
        ("Engine", run.engine),
        ("Answers by", run.upstream_mode),
        ("Seed of the order", str(run.seed)),
        ("State", run.state + (f", resumed {run.resumed} times" if run.resumed else "")),
        ("Tokenizer", run.tokenizer),
    )
