"""Who chooses the model: words for where nobody does, where the lab does, and what prices do to it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from lab.kit.tables import NO, YES, Fig, missing
from lab.kit.text import one_line
from lab.results.models import Results, VariantRow

DECIDED = "the lab decided"
NO_MERIT = "The lab decided the tiers of this variant, so that a saving as routed is not its own."
NO_ROUTE = "It was not asked to choose a model: requests go to the model that the client names."


def does_not_route(note: str = "") -> Fig:
    """In place of a figure on routing, where a variant does not route."""
    return replace(missing("does not route", NO_ROUTE), note=note)


def decided(fig: Fig, variant: VariantRow) -> Fig:
    """The figure; where the lab decides the tiers it says so, and is neither good nor bad."""
    if not variant.lab_decides or fig.tone == "missing":
        return fig
    sign = "" if fig.sign in {YES, NO} else fig.sign
    note = f"{fig.note}; {DECIDED}" if fig.note else DECIDED
    return replace(fig, note=note, tone="", sign=sign)


def price_note(results: Results) -> str:
    """What costs as routed owe to this run's prices, in one sentence; empty where no variant routes."""
    run = results.run
    if not any(variant.routes and variant.status == "measured" for variant in results.variants):
        return ""
    names = [
        one_line(name, 40)
        for name, tier in run.tiers.items()
        if not Decimal(tier.price.input) and not Decimal(tier.price.output)
    ]
    free = " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part) if names else ""
    nothing = f"{free} {'costs' if len(names) == 1 else 'cost'} nothing, and " if names else ""
    price = run.default_model_price
    return (
        f"At this run's prices {nothing}a request that nothing routes is paid for as "
        f"{one_line(run.default_model, 60)}, at {price.input} USD per million tokens of input and "
        f"{price.output} of output: how much routing saves depends on these prices."
    )
