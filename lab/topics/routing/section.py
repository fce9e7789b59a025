"""What routers did with the prompts of the routing suites."""

from __future__ import annotations

from collections.abc import Iterator

from lab.kit import numbers
from lab.kit.anchors import variant_column, variant_head
from lab.kit.cell_figs import ALERT, NO, YES
from lab.kit.section import Part, Section
from lab.kit.tables import Column, Fig, Notes, Row, Table, status_word
from lab.kit.text import file_name, one_line
from lab.results.models import Results
from lab.topics.routing.section_costs import cost_table, cost_text
from lab.topics.routing.section_lists import confusion_tables, flips_table, pairs_table, prompts_table
from lab.topics.routing.table import PairAccuracy, Router, Routing, RoutingSuite

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
    found = results.table(Routing)
    if found is None:
        return None
    suites = found.suites
    parts = [part for suite in suites for part in _parts(results, suite, named=len(suites) > 1)]
    return Section(id="routing", title="Routing", lead=LEAD, parts=tuple(parts))


def _parts(results: Results, suite: RoutingSuite, *, named: bool) -> Iterator[Part]:
    """The parts of one suite; its title stands before each where there are several suites."""

    def titled(title: str) -> str:
        return f"{one_line(suite.title, 60)}: {title}" if named else title

    if not suite.routers:
        yield Part(titled("Routers"), text=("No variant of this run routes.",))
        return
    yield Part(titled("Routers"), table=routers_table(suite))
    if suite.constants:
        yield Part(titled("One tier for everything"), table=constants_table(suite))
    if suite.judged:
        yield Part(titled("What the decisions cost"), text=cost_text(suite), table=cost_table(suite))
        yield Part(titled("Accuracy by family"), table=families_table(suite))
    for router, table in confusion_tables(suite):
        yield Part(titled(f"Tiers served by {one_line(router, 40)}"), table=table, folded=True)
    if suite.flips:
        yield Part(titled("Flips: other words, another tier"), table=flips_table(suite), folded=True)
    if suite.pairs:
        yield Part(titled("Sessions and envelopes"), table=pairs_table(results, suite), folded=True)
    yield Part(titled("Every prompt"), table=prompts_table(results, suite), folded=True)


def _id(suite: RoutingSuite, what: str) -> str:
    return f"routing-{file_name(suite.suite)}-{what}"


def share(value: float) -> str:
    """A share of 0 to 1 as percent without a sign: `51.0%`."""
    return f"{value * 100:.1f}%"


def _counted(number: int, word: str) -> str:
    return f"{numbers.tokens(number)} {word}" if number == 1 else f"{numbers.tokens(number)} {word}s"


def routers_table(suite: RoutingSuite) -> Table:
    """One row a router: how often it was right, how it erred, and whether its decisions hold."""
    notes = Notes()
    return Table(
        id=_id(suite, "routers"),
        caption=(
            f"Judged: {_counted(suite.judged, 'base prompt')}; shares are means over prompts of the "
            "share of their repeats, intervals resample prompts (95%, bootstrap). Pairs are counted in "
            "exchanges."
        ),
        columns=(
            Column("Router", num=False),
            Column("Right", "of base prompts", num=False),
            Column("Over-routed"),
            Column("Under-routed"),
            Column("No tier"),
            Column("No decision seen", "exchanges", num=False),
            Column("Steady", "prompts, in other words", num=False),
            Column("After a trivial opener", "right", num=False),
            Column("In an agent's envelope", "right", num=False),
        ),
        rows=tuple(_router(router, notes) for router in suite.routers),
        notes=tuple(notes.texts),
    )


def _router(router: Router, notes: Notes) -> Row:
    head = variant_head(router.variant)
    if router.status != "measured":
        reason = one_line(router.reason or "no reason was recorded", 400)
        return Row(head, span=Fig(status_word(router.status), note=reason, tone="missing"))
    accuracy = router.accuracy
    if router.lab_decides:
        hits = sum(row.served.get(row.lowest, 0) for row in router.confusion)
        told = f"{one_line(router.lab_decides, 200)}; {RIGHT_BY_CONSTRUCTION}"
        served = f"served as told in {numbers.share(hits, accuracy.exchanges)} exchanges"
        return Row(head, span=Fig("the lab decides", note=f"{told} ({served})", tone="info"))
    return Row(
        head,
        (
            *_accuracy(router, notes),
            _unseen(router),
            _steady(router, notes),
            _pairs(router.sessions, notes),
            _pairs(router.envelopes, notes),
        ),
    )


def _accuracy(router: Router, notes: Notes) -> tuple[Fig, ...]:
    """The four shares that add up to 1, or why there are none."""
    found = router.accuracy
    if found.right is None:
        missing = notes.missing("not judged", router.reasons.get("accuracy", "no decision was seen"))
        return (missing, missing, missing, missing)
    ref, interval = 0, ""
    if found.ci_low is None or found.ci_high is None:
        ref = notes.number(router.reasons.get("accuracy.ci", "no interval was computed"))
    else:
        interval = f"{share(found.ci_low)} to {share(found.ci_high)}; "
    right = Fig(share(found.right), f"{interval}{numbers.share(found.prompts, found.of)} prompts", ref=ref)
    others = (found.over or 0.0, found.under or 0.0, found.no_tier or 0.0)
    return (right, *(Fig(share(value)) for value in others))


def _unseen(router: Router) -> Fig:
    found = router.accuracy
    parts = [f"{found.cached} from a cache"] if found.cached else []
    parts += [f"{found.failed} failed"] if found.failed else []
    total = found.cached + found.failed
    return Fig(numbers.tokens(total), ", ".join(parts), "warn" if total else "", ALERT if total else "")


def _steady(router: Router, notes: Notes) -> Fig:
    found = router.steadiness
    if not found.of:
        return notes.missing("not seen", "no prompt and all its perturbations showed decisions in one repeat")
    parts = [_counted(found.flips, "flip")] if found.flips else []
    parts += [f"{found.right_to_wrong} right to wrong"] if found.right_to_wrong else []
    parts += [f"{found.wrong_to_right} wrong to right"] if found.wrong_to_right else []
    parts += [f"{_counted(found.unseen, 'prompt')} unseen"] if found.unseen else []
    whole = found.steady == found.of
    text = f"{numbers.share(found.steady, found.of)} ({share(found.steady / found.of)})"
    return Fig(text, "; ".join(parts), "good" if whole else "warn", YES if whole else ALERT)


def _pairs(found: PairAccuracy, notes: Notes) -> Fig:
    if not found.of:
        return notes.missing("not seen", "no pair of a bare prompt and this setting showed both decisions")
    unseen = f"; {_counted(found.unseen, 'pair')} unseen" if found.unseen else ""
    note = f"bare {numbers.share(found.bare_right, found.of)}{unseen}"
    worse = found.right < found.bare_right
    return Fig(numbers.share(found.right, found.of), note, "warn" if worse else "", ALERT if worse else "")


def constants_table(suite: RoutingSuite) -> Table:
    """What serving one tier for everything would score."""
    return Table(
        id=_id(suite, "constants"),
        caption=(
            "Worked out from the acceptable tiers, not measured: what serving one tier for every base "
            "prompt would score. A router earns its place where it is right more often than the best of "
            "these, or as often for less."
        ),
        columns=(
            Column("Choice", num=False),
            Column("Right", "of base prompts"),
            Column("Over-routed"),
            Column("Under-routed"),
        ),
        rows=tuple(
            Row(
                Fig(f"always {one_line(one.tier, 40)}"),
                (Fig(share(one.right)), Fig(share(one.over)), Fig(share(one.under))),
            )
            for one in suite.constants
        ),
    )


def families_table(suite: RoutingSuite) -> Table:
    """One row a family, one column a router: decisions right, of those seen."""
    notes = Notes()
    routers = [one for one in suite.routers if one.status == "measured" and not one.lab_decides]
    families = {family.group: family.title for router in routers for family in router.families}
    return Table(
        id=_id(suite, "families"),
        caption="Decisions right, of those seen, by family of base prompts; counted in exchanges.",
        columns=(
            Column("Family", num=False),
            *(variant_column(one.variant, num=False) for one in routers),
        ),
        rows=tuple(
            Row(Fig(one_line(title, 60)), tuple(_family(one, group, notes) for one in routers))
            for group, title in families.items()
        ),
        notes=tuple(notes.texts),
    )


def _family(router: Router, group: str, notes: Notes) -> Fig:
    found = next(family for family in router.families if family.group == group)
    if not found.exchanges:
        return notes.missing("not seen", "no prompt of this family showed a decision")
    note = f"{_counted(found.of - found.prompts, 'prompt')} unseen" if found.prompts < found.of else ""
    text = numbers.share(found.hits, found.exchanges)
    if found.hits == found.exchanges:
        return Fig(text, note, "good", YES)
    return Fig(text, note, "bad" if not found.hits else "warn", NO if not found.hits else ALERT)
