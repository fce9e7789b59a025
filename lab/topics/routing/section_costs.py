"""What the decisions of routers cost, beside what other choices would have cost for the same prompts."""

from __future__ import annotations

from lab.kit import numbers
from lab.kit.anchors import variant_head
from lab.kit.cell_figs import change_fig
from lab.kit.tables import Column, Fig, Notes, Row, Table
from lab.kit.text import file_name, one_line
from lab.topics.routing.table import RoutedCost, RoutingSuite


def cost_text(suite: RoutingSuite) -> tuple[str, ...]:
    """What the costs cover, what they are compared with, and what they do not say."""
    text = (
        "The oracle sends each prompt as the client sent it to its cheapest acceptable tier, once; always "
        f"{one_line(suite.top_tier, 40)} and always {one_line(suite.default_model, 60)} send all of them "
        "there. These are worked out from the tokens sent and the answers received. As routed is what was "
        "paid for at the meter: all upstream calls, with whatever a gateway adds. A cost below the "
        "oracle's is no feat by itself: prompts went to tiers too low for them, requests were cut, or "
        "answers came from a cache; what that costs in bad answers is not in any of these figures."
    )
    if not suite.free_tiers:
        return (text,)
    *others, last = suite.free_tiers
    free = f"{', '.join(others)} and {last} cost" if others else f"{last} costs"
    nothing = (
        f"By the prices in configs/lab.yaml, {free} nothing: a prompt that is served there adds 0 USD to as "
        "routed, and one that may be served there adds 0 USD to the oracle. So a prompt that is kept too low "
        "looks like a saving in these figures."
    )
    return text, nothing


def cost_table(suite: RoutingSuite) -> Table:
    """One row a variant: what it paid, beside the references for the same prompts."""
    notes = Notes()
    return Table(
        id=f"routing-{file_name(suite.suite)}-cost",
        caption=(
            f"Cost in USD of asking {numbers.tokens(len(suite.covered))} of {numbers.tokens(suite.judged)} "
            "judged base prompts once: those that all routers completed; means over repeats."
        ),
        columns=(
            Column("Variant", num=False),
            Column("As routed", "USD"),
            Column("Against the oracle", num=False),
            Column(f"Against always {one_line(suite.top_tier, 40)}", num=False),
            Column("Oracle", "USD"),
            Column(f"Always {one_line(suite.top_tier, 40)}", "USD"),
            Column(f"Always {one_line(suite.default_model, 60)}", "USD"),
            Column("As routed, same model", "USD"),
        ),
        rows=tuple(_cost_row(cost, notes) for cost in suite.costs),
        notes=tuple(notes.texts),
    )


def _cost_row(cost: RoutedCost, notes: Notes) -> Row:
    head = variant_head(cost.variant)
    if why := cost.reasons.get("cost_usd"):
        return Row(head, span=Fig("not covered", note=one_line(why, 400), tone="missing"))

    def usd(name: str) -> Fig:
        value = getattr(cost, name)
        if value is None:
            return notes.missing("no figure", cost.reasons.get(name, "not measured"))
        return Fig(numbers.usd(value))

    def against(name: str) -> Fig:
        other = getattr(cost, name)
        if cost.as_routed is None or other is None:
            missing = "as_routed" if cost.as_routed is None else name
            return notes.missing("no figure", cost.reasons.get(missing, "not measured"))
        return change_fig(numbers.change(cost.as_routed, other), f"{_amount(cost.as_routed - other)} USD")

    return Row(
        head,
        (
            usd("as_routed"),
            against("oracle"),
            against("always_top"),
            usd("oracle"),
            usd("always_top"),
            usd("always_default"),
            usd("same_model"),
        ),
    )


def _amount(value: float) -> str:
    return f"{'+' if value > 0 else ''}{numbers.usd(value)}"
