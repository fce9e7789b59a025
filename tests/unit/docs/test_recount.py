"""docs/data-format.md is enough: the sample's figures come out again from its files, by other code."""

from __future__ import annotations

from typing import Any

import pytest

from tests.paths import ROOT
from tests.unit.docs.recount import Json, Run
from tests.unit.docs.recount_cells import Observed, cell_of, compared, total_of

SAMPLE = ROOT / "reports" / "sample"
# Half of the last digit that results.json gives: a sum of rounded cells misses by that much per cell.
TOKENS, USD, MS = 0.00051, 1e-9, 0.00051


def differing(found: Json, stated: Json, cells: int = 1) -> list[str]:
    """Which recounted figures of so many cells are not the stated ones."""
    return [f"{name}: {value} is not {_at(stated, name)}" for name, value in found.items()
            if not _same(name, value, _at(stated, name), cells)]  # fmt: skip


def _at(stated: Json, name: str) -> Any:
    value: Any = stated
    for key in name.split("."):
        value = None if value is None else value[key]
    return value


def _same(name: str, value: Any, stated: Any, cells: int) -> bool:
    if not isinstance(value, float) or stated is None:
        return bool(value == stated)
    limit = USD if name.startswith("cost") else MS if name.startswith("latency_ms") else TOKENS
    summed = name.startswith("tokens.") and not name.endswith("percent")
    return value == pytest.approx(stated, rel=1e-9, abs=limit * cells if summed else limit)


def test_every_cell_comes_out_again(run: Run, seen: Observed, results: Json) -> None:
    """Tokens, savings, costs, completed, latency, provenance and models of all cells with an exchange."""
    wrong = {}
    cells = [cell for cell in results["cells"] if cell["n"]]
    control = next(v["name"] for v in run.manifest["variants"] if v["kind"] == "control")
    for cell in cells:
        name = (cell["variant"], cell["scenario"])
        beside = () if name[0] == control else seen.get((control, name[1]), ())
        found = cell_of(run, seen[name], beside)
        if why := differing(found, cell):
            wrong[name] = why
    assert len(cells) == len(seen) > 80
    assert not wrong


def test_totals_and_their_intervals_come_out_again(run: Run, seen: Observed, results: Json) -> None:
    """Sums over the compared scenarios, and every bootstrap with its seed and number of resamples."""
    names, infos = compared(run, seen)
    assert names == results["comparison"]["variants"]
    assert [info["id"] for info in infos] == results["comparison"]["scenarios"]
    rows = {row["variant"]: row for row in results["totals"]}
    wrong = {}
    for name in names:
        if why := differing(total_of(run, seen, name, run.manifest["baseline"]), rows[name], len(infos)):
            wrong[name] = why
    assert not wrong


def test_records_state_what_their_bodies_hold(run: Run, seen: Observed) -> None:
    """Tokens in records are those of the bodies that they name, also where no figure is made of them."""
    assert len(seen) > 10
    for each in seen.values():
        assert each
        for one in each:
            stated = one.record["tokens_sent"]
            assert (stated["system"], stated["messages"], stated["tools"]) == one.sent
            assert one.record["tokens_out"] == one.out
            if one.own_ms is not None:
                assert one.record["own_ms"] == pytest.approx(one.own_ms, abs=len(one.chat) * 0.0006 + 0.0006)
