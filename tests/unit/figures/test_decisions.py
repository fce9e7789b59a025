"""Which prompts judge a router."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.report.build import build_results
from tests.unit.records_builder import TIERS, Call, RunBuilder, scenario, variant


@pytest.mark.parametrize(("accepted", "of"), [(tuple(TIERS), 1), (("SIMPLE",), 2), ((), 1)])
def test_a_prompt_that_accepts_any_tier_judges_no_router(
    tmp_path: Path, accepted: tuple[str, ...], of: int
) -> None:
    """Whatever a router does there is right, so that it would only make shares look better."""
    infos = (scenario("S1", acceptable_tiers=("COMPLEX",)), scenario("S2", acceptable_tiers=accepted))
    builder = RunBuilder(tmp_path, variants=(variant("lynkr"),), scenarios=infos)
    for name in ("S1", "S2"):
        builder.exchange("lynkr", name, calls=[Call(model=TIERS["SIMPLE"].model)])
    (row,) = build_results(builder.store).totals
    assert (row.prompts_right.of, row.prompts_right.seen) == (of, of)
    assert row.prompts_right.right == (1 if accepted == ("SIMPLE",) else 0)
