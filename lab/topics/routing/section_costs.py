"""What the decisions of routers cost, beside what other choices would have cost for the same prompts."""

from __future__ import annotations

from lab.kit import numbers
from lab.kit.anchors import variant_head
from lab.kit.cell_figs import change_fig
from lab.kit.tables import Col, Fig, Row, Table, col, missing, num, table, without
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
    top, default = one_line(suite.top_tier, 40), one_line(suite.default_model, 60)

    def usd(title: str, name: str) -> Col[RoutedCost]:
        return num(title, lambda cost: _usd(cost, name), "USD")

    def against(title: str, name: str) -> Col[RoutedCost]:
        return col(title, lambda cost: _against(cost, name))

    columns: tuple[Col[RoutedCost], ...] = (
        col("Variant", lambda cost: variant_head(cost.variant)),
        usd("As routed", "as_routed"),
        against("Against the oracle", "oracle"),
        against(f"Against always {top}", "always_top"),
        usd("Oracle", "oracle"),
        usd(f"Always {top}", "always_top"),
        usd(f"Always {default}", "always_default"),
        usd("As routed, same model", "same_model"),
    )
    return table(
        f"routing-{file_name(suite.suite)}-cost",
        f"Cost in USD of asking {numbers.tokens(len(suite.covered))} of {numbers.tokens(suite.judged)} "
        "judged base prompts once: those that all routers completed; means over repeats.",
        columns,
        map(_covered, suite.costs),
    )


def _covered(cost: RoutedCost) -> RoutedCost | Row:
    """The costs, or why there are none."""
    why = cost.reasons.get("cost_usd")
    return Row(variant_head(cost.variant), span=without("not covered", why)) if why else cost


def _usd(cost: RoutedCost, name: str) -> Fig:
    value = getattr(cost, name)
    if value is None:
        return missing("no figure", cost.reasons.get(name, "not measured"))
    return Fig(numbers.usd(value))


def _against(cost: RoutedCost, name: str) -> Fig:
    other = getattr(cost, name)
    if cost.as_routed is None or other is None:
        unknown = "as_routed" if cost.as_routed is None else name
        return missing("no figure", cost.reasons.get(unknown, "not measured"))
    return change_fig(
        numbers.change(cost.as_routed, other), f"{numbers.signed_usd(cost.as_routed - other)} USD"
    )
