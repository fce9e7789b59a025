"""The first screen: what each variant did to tokens, cost, latency and data, and whether to trust it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.anchors import variant_head, variant_note
from lab.kit.cell_figs import ALERT, NO, YES, change_fig, kept_fig
from lab.kit.deciding import decided, does_not_route
from lab.kit.tables import Column, Fig, Notes, Row, Table, absent_word, status_word
from lab.kit.text import one_line
from lab.results.models import Cell, FeatureRow, Results, TotalRow, VariantRow


@dataclass(frozen=True, slots=True)
class TrustItem:
    """One reason to trust the run less, or to read it with care."""

    fig: Fig
    detail: str


def verdict_table(results: Results) -> Table:
    """One row a variant: the answers of the first screen."""
    notes = Notes()
    totals = {row.variant: row for row in results.totals}
    baseline = one_line(results.comparison.baseline, 40)
    rows = [_verdict_row(v, totals.get(v.name), notes) for v in results.variants]
    return Table(
        id="verdict",
        caption=(
            "What each variant did to the same requests, observed behind it. Tokens, costs, latency, facts "
            f"and tools cover the {numbers.tokens(len(results.comparison.scenarios))} scenarios that all "
            "compared variants completed; tiers, caches and failures cover all valid scenarios that a "
            "variant was asked. Signs give directions (\u25b2 more, \u25bc less), ticks and crosses judge "
            "(\u2713, \u2717)."
        ),
        columns=(
            Column("Variant", num=False),
            Column("Tokens forwarded", "against tokens sent", num=False),
            Column("Cost as routed", f"against {baseline}", num=False),
            Column("Cost, same model", f"against {baseline}", num=False),
            Column("Latency added", "ms, median, 95% interval", num=False),
            Column("Facts kept", num=False),
            Column("Needed tools intact", num=False),
            Column("Tier right", "in every repeat", num=False),
            Column("Answers from a cache", num=False),
            Column("Failures", num=False),
        ),
        rows=tuple(rows),
        notes=tuple(notes.texts),
        cards=True,
    )


def _verdict_row(variant: VariantRow, total: TotalRow | None, notes: Notes) -> Row:
    version = one_line((variant.version or "").split(" (", maxsplit=1)[0], 30)
    kind = variant_note(variant)
    head = variant_head(variant.name, ", ".join(p for p in (version, kind) if p))
    control = variant.kind == "control"
    if variant.status != "measured" or total is None:
        word = status_word(variant.status)
        reason = one_line(variant.reason or "no reason was recorded", 400)
        return Row(head, span=Fig(word, note=reason, tone="missing"), control=control)
    cost = _cost_figs(total, variant, notes)
    return Row(
        head,
        (
            _tokens(total, notes),
            *cost,
            latency_added(total, variant, notes),
            _facts(total, notes),
            _tools(total, notes),
            _tier(variant, total, notes),
            cache_fig(total),
            _failures(total),
        ),
        control=control,
    )


def _tokens(total: TotalRow, notes: Notes) -> Fig:
    sent, forwarded = total.tokens.sent, total.tokens.forwarded
    if sent is None or forwarded is None:
        return absent(total, "tokens.forwarded", notes)
    note = f"{numbers.tokens(round(forwarded))} of {numbers.tokens(round(sent))} sent"
    change, median = numbers.change(forwarded, sent), total.median_change_percent
    # The largest requests make most of the sum, which may say another thing than the scenarios do.
    if median is not None and (change is None or numbers.percent(median) != numbers.percent(change)):
        note += f"; median scenario {numbers.percent(median)}"
    return change_fig(change, note)


def _cost_figs(total: TotalRow, variant: VariantRow, notes: Notes) -> tuple[Fig, Fig]:
    cost, diff = total.cost_usd, total.difference
    pairs = (
        ("cost_usd.as_routed", cost.as_routed, diff.as_routed_percent),
        ("cost_usd.same_model", cost.same_model, diff.same_model_percent),
    )
    figs = []
    for name, value, percent in pairs:
        if value is None:
            figs.append(absent(total, name, notes))
        elif total.baseline:
            figs.append(Fig("baseline", note=f"{numbers.usd(value)} USD"))
        elif percent is None:
            figs.append(Fig(numbers.usd(value), note="USD; no ratio to the baseline"))
        else:
            figs.append(change_fig(percent, f"{numbers.usd(value)} USD"))
    return decided(figs[0], variant), figs[1]


def latency_added(total: TotalRow, variant: VariantRow, notes: Notes, *, embeddings: bool = True) -> Fig:
    """Median latency added over the control, its interval, and what embeddings have in it where wanted."""
    if variant.kind == "control":
        p50 = total.latency_ms.p50
        return Fig("control", note=f"p50 {numbers.ms(p50)} ms" if p50 is not None else "")
    over = total.latency_ms.overhead
    if over.median_ms is None:
        return absent(total, "latency_ms.overhead", notes)
    if over.ci_low_ms is None or over.ci_high_ms is None:
        return Fig(numbers.signed_ms(over.median_ms), f"no interval, {over.pairs} pairs")
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


def _facts(total: TotalRow, notes: Notes) -> Fig:
    if total.facts.kept is None or not total.facts.total:
        return absent(total, "facts.kept", notes)
    return kept_fig(total.facts.kept, total.facts.total)


def _tools(total: TotalRow, notes: Notes) -> Fig:
    if total.tools_needed_kept is None or not total.tools_needed:
        return absent(total, "tools_needed_kept", notes)
    return kept_fig(total.tools_needed_kept, total.tools_needed)


def _tier(variant: VariantRow, total: TotalRow, notes: Notes) -> Fig:
    """Prompts whose tier is right, each counted once in its own words."""
    if not variant.routes:
        return does_not_route(notes)
    found = total.prompts_right
    if not found.seen:
        return notes.missing("not judged", "No prompt with acceptable tiers reached a model.")
    unseen = found.of - found.seen
    note = f"prompts, {unseen:,} showed no tier" if unseen else "prompts"
    right = found.right == found.seen
    fig = Fig(numbers.share(found.right, found.seen), note, "good" if right else "bad", YES if right else NO)
    return decided(fig, variant)


def cache_fig(row: TotalRow | Cell | FeatureRow) -> Fig:
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
    return Fig(text, note=", ".join(rest), tone="info" if cache.hits or cache.unproven else "")


def _failures(total: TotalRow) -> Fig:
    failed = total.exchanges - total.completed
    retried = f"{total.retries} retried" if total.retries else ""
    if failed:
        return Fig(numbers.share(failed, total.exchanges), retried, sign=NO, tone="bad")
    return Fig(f"0 of {total.exchanges:,}", retried, sign=YES, tone="good")


def absent(total: TotalRow, name: str, notes: Notes) -> Fig:
    """The missing figure of a totals row: its word, and the sentence that the records give."""
    known = total.reasons
    reason = known.get(name) or known.get(name.split(".", maxsplit=1)[0]) or total.reason
    shown = absent_word(name) if total.compared else "not compared"
    return notes.missing(shown, reason or f"{name} was not recorded for {total.variant}")


_SEVERITY: Mapping[str, Fig] = {
    "fault": Fig("Fault", sign=NO, tone="bad"),
    "warning": Fig("Warning", sign=ALERT, tone="warn"),
    "note": Fig("Note", sign="i", tone="info"),
}


def trust_items(results: Results) -> tuple[TrustItem, ...]:
    """Reasons to trust this run less, the gravest first."""
    order = list(_SEVERITY)
    notes = sorted(results.trust, key=lambda note: order.index(note.severity))
    items = []
    for note in notes:
        kind = _SEVERITY[note.severity]
        fig = Fig(f"{kind.text}: {one_line(note.title, 200)}", tone=kind.tone, sign=kind.sign)
        items.append(TrustItem(fig, note.detail))
    return tuple(items)


def trust_headline(results: Results) -> Fig:
    """One sentence on how far this run can be trusted."""
    counts = {s: sum(note.severity == s for note in results.trust) for s in _SEVERITY}
    if counts["fault"]:
        return Fig(
            f"Read the {_count(counts['fault'], 'fault')} below before using any figure.", sign=NO, tone="bad"
        )
    if counts["warning"]:
        return Fig(
            f"Usable, with {_count(counts['warning'], 'warning')} to read first.", sign=ALERT, tone="warn"
        )
    return Fig("No fault and no warning was found in this run.", sign=YES, tone="good")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


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
