"""What routers did with the prompts of the routing suites."""

from __future__ import annotations

from collections.abc import Iterator

from lab.kit import numbers
from lab.kit.anchors import variant_columns, variant_head
from lab.kit.cell_figs import change_fig
from lab.kit.section import Section
from lab.kit.tables import ALERT, NO, YES, Col, Fig, Row, Table, col, missing, num, table, without
from lab.kit.text import file_name, one_line
from lab.results.models import Results
from lab.topics.routing.section_lists import (
    confusion_table,
    deciding,
    flips_table,
    pairs_table,
    prompts_table,
)
from lab.topics.routing.table import FamilyAccuracy, PairAccuracy, RoutedCost, Router, Routing, RoutingSuite

LEAD = (
    (
        "Each prompt says which tiers are acceptable for it, and why. The tier served is read off the "
        "model that the meter saw, not off a header. Over-routed: the tier served is not acceptable, "
        "though a lower one is; under-routed: every acceptable tier is higher. An answer from a cache, or "
        "no answer, shows no decision and is counted apart."
    ),
    (
        "Steady means that a prompt is served the same tier in all its wordings; each wording is asked "
        "with fresh state, so that no cache answers for the router. A router that picks the same tier for "
        "everything is steady too, so read it beside accuracy, and accuracy beside what one tier for "
        "everything would score."
    ),
    (
        "What is acceptable is this lab's judgement of the task, given with its reason beside every "
        "prompt. It does not measure answers: an under-routed prompt may be answered well, and an "
        "acceptable tier may fail."
    ),
)
RIGHT_BY_CONSTRUCTION = "the lab named the tier, so that being right is no finding"


def section(results: Results) -> Section | None:
    """The report's section on routing; None where the run has nothing to show."""
    routing = results.table(Routing)
    if routing is None:
        return None
    suites = routing.suites
    parts = [part for suite in suites for part in _parts(results, suite, named=len(suites) > 1)]
    return Section("Routing", (*LEAD, *parts), id="routing")


def _parts(results: Results, suite: RoutingSuite, *, named: bool) -> Iterator[Section]:
    """The parts of one suite; its title stands before each where there are several suites."""

    def titled(title: str) -> str:
        return f"{one_line(suite.title, 60)}: {title}" if named else title

    if not suite.routers:
        yield Section(titled("Routers"), ("No variant of this run routes.",))
        return
    yield Section(titled("Routers"), (routers_table(suite),))
    if suite.constants:
        yield Section(titled("One tier for everything"), (constants_table(suite),))
    if suite.judged:
        yield Section(titled("What the decisions cost"), (*cost_text(suite), cost_table(suite)))
        yield Section(titled("Accuracy by family"), (families_table(suite),))
    for router in deciding(suite):
        if router.confusion:
            title = titled(f"Tiers served by {one_line(router.variant, 40)}")
            yield Section(title, (confusion_table(suite, router),), folded=True)
    if suite.flips:
        yield Section(titled("Flips: other words, another tier"), (flips_table(suite),), folded=True)
    if suite.pairs:
        yield Section(titled("Sessions and envelopes"), (pairs_table(results, suite),), folded=True)
    yield Section(titled("Every prompt"), (prompts_table(results, suite),), folded=True)


def _id(suite: RoutingSuite, what: str) -> str:
    return f"routing-{file_name(suite.suite)}-{what}"


def routers_table(suite: RoutingSuite) -> Table:
    """One row a router: how often it was right, how it erred, and whether its decisions hold."""
    columns: tuple[Col[Router], ...] = (
        col("Router", lambda router: variant_head(router.variant)),
        col("Right", _right, "of base prompts"),
        num("Over-routed", lambda router: _share(router, router.accuracy.over)),
        num("Under-routed", lambda router: _share(router, router.accuracy.under)),
        num("No tier", lambda router: _share(router, router.accuracy.no_tier)),
        col("No decision seen", _unseen, "exchanges"),
        col("Steady", _steady, "prompts, in other words"),
        col("After a trivial opener", lambda router: _pairs(router.sessions), "right"),
        col("In an agent's envelope", lambda router: _pairs(router.envelopes), "right"),
    )
    return table(
        _id(suite, "routers"),
        f"Judged: {numbers.counted(suite.judged, 'base prompt')}; shares are means over prompts of the "
        "share of their repeats, intervals resample prompts (95%, bootstrap). Pairs are counted in "
        "exchanges.",
        columns,
        map(_router, suite.routers),
    )


def _router(router: Router) -> Router | Row:
    """The router, or why it has no figures."""
    head = variant_head(router.variant)
    if router.status != "measured":
        return Row(head, span=without(router.status, router.reason))
    if router.lab_decides:
        hits = sum(row.served.get(row.lowest, 0) for row in router.confusion)
        decision = f"{one_line(router.lab_decides, 200)}; {RIGHT_BY_CONSTRUCTION}"
        served = f"served as told in {numbers.share(hits, router.accuracy.exchanges)} exchanges"
        return Row(head, span=Fig("the lab decides", note=f"{decision} ({served})", tone="info"))
    return router


def _not_judged(router: Router) -> Fig:
    return missing("not judged", router.reasons.get("accuracy", "no decision was seen"))


def _right(router: Router) -> Fig:
    accuracy = router.accuracy
    if accuracy.right is None:
        return _not_judged(router)
    why, interval = "", ""
    if accuracy.ci_low is None or accuracy.ci_high is None:
        why = router.reasons.get("accuracy.ci", "no interval was computed")
    else:
        interval = f"{numbers.portion(accuracy.ci_low)} to {numbers.portion(accuracy.ci_high)}; "
    prompts = numbers.share(accuracy.prompts, accuracy.of)
    return Fig(numbers.portion(accuracy.right), f"{interval}{prompts} prompts", why=why)


def _share(router: Router, share: float | None) -> Fig:
    """One of the shares that, with those that are right, add up to 1."""
    if router.accuracy.right is None:
        return _not_judged(router)
    return Fig(numbers.portion(share or 0.0))


def _unseen(router: Router) -> Fig:
    accuracy = router.accuracy
    parts = [f"{accuracy.cached} from a cache"] if accuracy.cached else []
    parts += [f"{accuracy.failed} failed"] if accuracy.failed else []
    total = accuracy.cached + accuracy.failed
    return Fig(numbers.tokens(total), ", ".join(parts), "warn" if total else "", ALERT if total else "")


def _steady(router: Router) -> Fig:
    steadiness = router.steadiness
    if not steadiness.of:
        return missing("not seen", "no prompt and all its perturbations showed decisions in one repeat")
    parts = [numbers.counted(steadiness.flips, "flip")] if steadiness.flips else []
    parts += [f"{steadiness.right_to_wrong} right to wrong"] if steadiness.right_to_wrong else []
    parts += [f"{steadiness.wrong_to_right} wrong to right"] if steadiness.wrong_to_right else []
    parts += [f"{numbers.counted(steadiness.unseen, 'prompt')} unseen"] if steadiness.unseen else []
    whole = steadiness.steady == steadiness.of
    percent = numbers.portion(steadiness.steady / steadiness.of)
    text = f"{numbers.share(steadiness.steady, steadiness.of)} ({percent})"
    return Fig(text, "; ".join(parts), "good" if whole else "warn", YES if whole else ALERT)


def _pairs(pairs: PairAccuracy) -> Fig:
    if not pairs.of:
        return missing("not seen", "no pair of a bare prompt and this setting showed both decisions")
    unseen = f"; {numbers.counted(pairs.unseen, 'pair')} unseen" if pairs.unseen else ""
    note = f"bare {numbers.share(pairs.bare_right, pairs.of)}{unseen}"
    worse = pairs.right < pairs.bare_right
    return Fig(numbers.share(pairs.right, pairs.of), note, "warn" if worse else "", ALERT if worse else "")


def constants_table(suite: RoutingSuite) -> Table:
    """What serving one tier for everything would score."""
    return table(
        _id(suite, "constants"),
        "Worked out from the acceptable tiers, not measured: what serving one tier for every base "
        "prompt would score. A router earns its place where it is right more often than the best of "
        "these, or as often for less.",
        (
            col("Choice", lambda choice: Fig(f"always {one_line(choice.tier, 40)}")),
            num("Right", lambda choice: Fig(numbers.portion(choice.right)), "of base prompts"),
            num("Over-routed", lambda choice: Fig(numbers.portion(choice.over))),
            num("Under-routed", lambda choice: Fig(numbers.portion(choice.under))),
        ),
        suite.constants,
    )


def families_table(suite: RoutingSuite) -> Table:
    """One row a family, one column a router: decisions right, of those seen."""
    routers = deciding(suite)
    titles = {family.class_: family.title for router in routers for family in router.families}
    known = {(router.variant, family.class_): family for router in routers for family in router.families}
    names = [router.variant for router in routers]
    return table(
        _id(suite, "families"),
        "Decisions right, of those seen, by family of base prompts; counted in exchanges.",
        (
            col("Family", lambda name: Fig(one_line(titles[name], 60))),
            variant_columns(names, lambda variant, name: _family(known[variant, name]), num=False),
        ),
        titles,
    )


def _family(family: FamilyAccuracy) -> Fig:
    if not family.exchanges:
        return missing("not seen", "no prompt of this family showed a decision")
    unseen = family.of - family.prompts
    note = f"{numbers.counted(unseen, 'prompt')} unseen" if unseen else ""
    text = numbers.share(family.hits, family.exchanges)
    if family.hits == family.exchanges:
        return Fig(text, note, "good", YES)
    return Fig(text, note, "bad" if not family.hits else "warn", NO if not family.hits else ALERT)


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
