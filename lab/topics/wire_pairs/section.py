"""The matrix of wires: what each pair of a client's and a provider's wire keeps."""

from __future__ import annotations

from lab.kit import numbers
from lab.kit.anchors import is_control, scenario_anchor, suite_anchor, variant_head
from lab.kit.cell_figs import evidence_link
from lab.kit.section import Block, Section
from lab.kit.tables import Col, Fig, Table, col, missing, num, passed, table
from lab.kit.text import one_line
from lab.results.models import Results
from lab.topics.wire_pairs.table import Kept, NotSayable, Pair, PairLoss, PairRow, WirePairs

INTRO = (
    "Clients speak one of three wires, and a gateway may speak another to the provider: each pair is a "
    "translation of its own, and streams are another one. A row counts only what was sent in this way; its "
    "control is what the client sent to the meter itself in the same way."
)
FURTHER = (
    "Each scenario was sent in several forms. Totals and all sections but this one, the verdicts and the "
    "findings cover the first form: "
)
LOSSES = (
    "The same scenarios through the same variant: a check that fails on this pair and passes on another, "
    "so that it is the pair that loses, and not the gateway as such."
)
SHOWN = 200


def section(results: Results) -> Section | None:
    """The report's section on wire pairs; None if the run asked nothing."""
    pairs = results.table(WirePairs)
    if pairs is None:
        return None
    blocks: list[Block] = [INTRO]
    if len(results.run.forms) > 1:
        first = results.run.forms[0]
        kind = "" if first.stream is None else ", streamed" if first.stream else ", plain"
        blocks.append(f"{FURTHER}{_client(first.wire)} wire{kind}.")
    blocks.append(Section("What each pair keeps", (pairs_table(results, pairs),)))
    if pairs.losses:
        blocks.append(Section("What one pair loses and another keeps", (LOSSES, losses_table(pairs))))
    if pairs.not_sayable:
        blocks.append(Section("What a wire has no place for", (not_sayable_table(pairs),), folded=True))
    return Section("Wire pairs", tuple(blocks), id="wire-pairs")


def _client(wire: str) -> str:
    return {"anthropic": "messages", "openai": "chat"}.get(wire, wire)


def pairs_table(results: Results, pairs: WirePairs) -> Table:
    """One row per variant, pair and way of answering."""
    columns: tuple[Col[PairRow], ...] = (
        col("Variant", lambda row: variant_head(row.variant)),
        col("Client's wire", lambda row: Fig(row.client_wire)),
        col("Provider's wire", _upstream),
        col("Answers", lambda row: Fig("streamed" if row.streamed else "plain")),
        num("Answered", lambda row: Fig(numbers.share(row.completed, row.exchanges)), "exchanges"),
        num("Scenarios that pass", lambda row: _share(row.passed, row.scenarios)),
        *(_check(title, name) for title, name in SHOWN_CHECKS),
        num("Facts", lambda row: _kept(row.facts, "no scenario of these declares facts")),
    )
    caption = "Kept of what is judged, exchange by exchange; scenarios pass if every exchange does."
    return table("wire-pairs-kept", caption, columns, pairs.rows, control=is_control(results))


SHOWN_CHECKS = (
    ("Messages", "messages_kept"),
    ("System prompts", "system_kept"),
    ("Parameters", "params_kept"),
    ("Tools", "tools_kept"),
    ("Tool calls", "tool_call_intact"),
    ("Answers' texts", "answer_text_kept"),
)


def _check(title: str, name: str) -> Col[PairRow]:
    def fig(row: PairRow) -> Fig:
        return _kept(row.checks.get(name, Kept()), f"{name} applies to no exchange of these")

    return num(title, fig)


def _kept(kept: Kept, why: str) -> Fig:
    return passed(kept.kept, kept.of) if kept.of else missing("none", why)


def _share(part: int, whole: int) -> Fig:
    return passed(part, whole) if whole else missing("none judged", "no check applies to these")


def _upstream(row: Pair) -> Fig:
    if row.upstream_wire:
        return Fig(row.upstream_wire)
    return missing("none", "No model was asked: a cache answered, or the gateway refused the request.")


def _words(pair: Pair) -> str:
    kind = "streamed" if pair.streamed else "plain"
    return f"{pair.client_wire} to {pair.upstream_wire or 'nobody'}, {kind}"


def losses_table(pairs: WirePairs) -> Table:
    """One row per variant, pair and check, those with most scenarios first."""
    columns: tuple[Col[PairLoss], ...] = (
        col("Variant", lambda loss: variant_head(loss.variant)),
        col("Pair that loses", lambda loss: Fig(_words(loss))),
        col("Check", lambda loss: Fig(loss.check)),
        num("Scenarios", lambda loss: Fig(str(loss.scenarios))),
        col("Kept on", lambda loss: Fig(_words(loss.kept_on))),
        col("For example", _example),
    )
    caption = "Scenarios that fail a check on one pair of wires and pass it on another."
    return table("wire-pairs-lost", caption, columns, pairs.losses)


def _example(loss: PairLoss) -> Fig:
    href = evidence_link(loss.variant, loss.example)
    return Fig(one_line(loss.example, 60), one_line(loss.why, SHOWN), href=href)


def not_sayable_table(pairs: WirePairs) -> Table:
    """Scenarios that were not sent on a wire, by the reason."""
    columns: tuple[Col[NotSayable], ...] = (
        col("Client's wire", lambda one: Fig(one.client_wire)),
        num("Scenarios", lambda one: Fig(str(one.scenarios), href=f"#{suite_anchor(one.suite)}")),
        col("Reason", lambda one: Fig(one_line(one.reason, SHOWN))),
        col("For example", _named),
    )
    caption = (
        "Scenarios that have something for which the client's wire has no field: they are not sent on it."
    )
    return table("wire-pairs-unsayable", caption, columns, pairs.not_sayable)


def _named(one: NotSayable) -> Fig:
    return Fig(one_line(one.example, 60), href=f"#{scenario_anchor(one.example)}")
