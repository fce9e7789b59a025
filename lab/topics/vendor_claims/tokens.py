"""Measures of claims about tokens, USD and what the answers state about them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from lab.checks.registry import Judgement
from lab.figures.grid import Grid
from lab.figures.observation import Observation
from lab.kit import numbers
from lab.records.manifest import ScenarioInfo
from lab.topics.vendor_claims.registry import (
    NO_STREAM,
    NotSeen,
    OfScenarios,
    OfVariant,
    Scope,
    Seen,
    chosen,
    listed,
    measure,
    require_variant,
    scope_of,
)

USAGE = ("usage_honest", "output_usage_honest")
APPLIES = frozenset({"pass", "fail"})
DELETED = "only {kept:,g} of {total:,g} facts reach the model: tokens are saved by deleting what it needs"
UNEARNED = "{count} of {of} answers are another question's or no model's, and save what had to be paid"
BEST = "best of the scenarios"
LOSSLESS = "best of the scenarios without losing a fact"


class Saving(OfScenarios):
    """What counts as a saving.

    `take: best` looks at the scenario that saves most, for claims of up to so much. `cached` counts answers
    from a cache too. With `keep_facts` a saving counts only if no declared fact is lost, so that the best
    is looked for among those scenarios; what saves more by losing facts is its rival.
    """

    take: Literal["all", "best"] = "all"
    cached: bool = False
    keep_facts: bool = False


class Streamed(OfVariant):
    """Which answers are looked at: streamed ones or whole ones."""

    stream: bool


class Priced(OfScenarios):
    """At which prices: one for all calls, or each model's own."""

    price: Literal["same_model", "as_routed"] = "same_model"


@measure("tokens that a model was not sent, in percent of what the client sent", Saving)
def saving_percent(grid: Grid, wanted: Saving) -> Seen:
    """100 * (sent - forwarded) / sent over the means of each scenario; negative where tokens are added."""
    asked = "no exchange completed" if wanted.cached else "no completed exchange reached a model"
    scope = scope_of(grid, wanted, lambda one: wanted.cached or one.reached_model, asked)
    if wanted.take == "all":
        return _saving(wanted, scope, "")
    most = _saving(wanted, _best(scope, scope.done), f"{BEST}: ")
    whole = [pair for pair in scope.done if not any(one.facts and one.facts.lost for one in pair[1])]
    if not wanted.keep_facts or not whole:
        return most
    found = _saving(wanted, _best(scope, whole), f"{LOSSLESS}: ")
    return replace(found, rival=most) if most.spoiled else found


def _best(scope: Scope, done: Sequence[tuple[ScenarioInfo, Sequence[Observation]]]) -> Scope:
    return Scope(scope.variant, [max(done, key=lambda pair: _saved(pair[1]))])


def _saving(wanted: Saving, scope: Scope, which: str) -> Seen:
    sent, forwarded = _sum(scope, lambda one: one.sent.total), _sum(scope, lambda one: one.forwarded.total)
    if not sent:
        raise NotSeen("the client sent no tokens")
    kept = round(_sum(scope, lambda one: one.facts.kept if one.facts else None), 4)
    total = _sum(scope, lambda one: one.facts.total if one.facts else None)
    needed = _sum(scope, lambda one: len(one.tools.needed) if one.tools else None)
    broken = _sum(scope, lambda one: len(one.tools.broken) if one.tools else None)
    beside = [f"{sent:,.0f} tokens sent, {forwarded:,.0f} forwarded"]
    beside += [f"facts kept {kept:,g} of {total:,g}"] if total else []
    beside += [f"needed tools intact {round(needed - broken, 4):,g} of {needed:,g}"] if needed else []
    return Seen(
        (sent - forwarded) / sent * 100,
        which + scope.words,
        beside="; ".join(beside),
        spoiled=DELETED.format(kept=kept, total=total)
        if wanted.keep_facts and kept < total
        else _unearned(scope.all),
        evidence=scope.evidence,
    )


def _unearned(seen: Sequence[Observation]) -> str:
    """Why a saving does not count, if some of the answers should have cost a call; empty if none should."""
    count = sum(one.wrong_hit or one.stems_from in {"foreign", "unproven"} for one in seen)
    return UNEARNED.format(count=count, of=len(seen)) if count else ""


def _sum(scope: Scope, value: Callable[[Observation], float | None]) -> float:
    """One exchange of each scenario: the mean of its repeats in which there is such a value."""
    found = [[known for one in seen if (known := value(one)) is not None] for _, seen in scope.done]
    return sum(statistics.fmean(values) for values in found if values)


def _saved(seen: Sequence[Observation]) -> float:
    sent = sum(one.sent.total for one in seen)
    return (sent - sum(one.forwarded.total for one in seen)) / sent if sent else 0.0


@measure("USD that are not paid at the provider, in percent of what the control pays", Priced)
def cost_saving_percent(grid: Grid, wanted: Priced) -> Seen:
    """100 * (control - variant) / control over the means of the scenarios that both completed."""
    infos, control = chosen(grid, wanted), grid.control
    require_variant(grid, control or "the control")
    both = [info for info in infos if grid.measured(wanted.variant, info) and grid.measured(control, info)]
    mine, theirs = Decimal(0), Decimal(0)
    for info in both:
        cell, other = grid.cell(wanted.variant, info), grid.cell(control, info)
        amount = getattr(cell.cost_usd, wanted.price)
        reference = getattr(other.cost_usd, wanted.price)
        if amount is None or reference is None:
            why = cell.reasons.get(f"cost_usd.{wanted.price}") or "the control's cost is not known"
            raise NotSeen(f"the cost of {info.id} is not known: {why}")
        mine, theirs = mine + amount, theirs + reference
    if not theirs:
        raise NotSeen(f"the control paid for none of {listed(infos)}")
    exchanges = sum(grid.cell(wanted.variant, info).completed for info in both)
    prices = "at one price for all models" if wanted.price == "same_model" else "each model at its own price"
    return Seen(
        float((theirs - mine) / theirs * 100),
        f"{numbers.counted(exchanges, 'exchange')} of {listed(both)}, {prices}",
        beside=f"{mine:.6f} USD, the control {theirs:.6f} USD",
        spoiled=_unearned([one for info in both for one in grid.seen(wanted.variant, info) if one.completed]),
        evidence=(wanted.variant, both[0].id),
    )


@measure("answers whose usage is that of the provider's answer, in percent", Streamed)
def usage_honest_percent(grid: Grid, wanted: Streamed) -> Seen:
    """The share of answers whose input and output tokens are honest, whole and streamed answers apart."""
    kind = "streamed" if wanted.stream else "whole"
    asked = (one for info in grid.valid for one in grid.seen(wanted.variant, info))
    if wanted.stream and not any(one.stream for one in asked):
        require_variant(grid, wanted.variant)
        raise NotSeen(NO_STREAM)
    return judged(
        grid,
        OfScenarios(variant=wanted.variant),
        USAGE,
        lambda one: one.stream == wanted.stream,
        f"no {kind} answer states tokens that could be compared",
    )


@measure("answers whose header names the tier that served, in percent", OfVariant)
def tier_claim_percent(grid: Grid, wanted: OfVariant) -> Seen:
    """The share of answers that pass the check tier_claim_true."""
    everything = OfScenarios(variant=wanted.variant)
    return judged(grid, everything, ("tier_claim_true",), lambda _: True, "no answer names a tier")


def judged(
    grid: Grid,
    wanted: OfScenarios,
    names: Sequence[str],
    which: Callable[[Observation], bool],
    otherwise: str,
) -> Seen:
    """The share of completed exchanges that pass all of these checks that apply, of those `which` picks."""

    def found(one: Observation) -> list[Judgement]:
        return [judged for name in names if (judged := one.checks.get(name)) and judged.verdict in APPLIES]

    scope = scope_of(grid, wanted, lambda one: bool(found(one)) and which(one), otherwise)
    broken = [
        (info.id, next(judged.why for judged in found(one) if judged.verdict == "fail"))
        for info, seen in scope.done
        for one in seen
        if any(judged.verdict == "fail" for judged in found(one))
    ]
    passed = len(scope.all) - len(broken)
    return Seen(
        passed / len(scope.all) * 100,
        scope.words,
        part=passed,
        of=len(scope.all),
        beside=": ".join(broken[0]) if broken else "",
        evidence=(scope.variant, broken[0][0]) if broken else scope.evidence,
    )
