"""The first screen of a report can be counted again by other code, and so can its matrix of wires."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import fmean
from typing import Any

import orjson
import pytest

from lab.report.build import build_results
from tests.paths import ROOT
from tests.unit.docs.recount import Json, Run
from tests.unit.docs.recount_cells import Observed, compared
from tests.unit.docs.recount_origins import observed
from tests.unit.docs.recount_tables import facts_bounds, pairs_of, screen_of, tools_whole
from tests.unit.topics.wire_pairs.test_measure import matrix

SAMPLE = ROOT / "reports" / "sample"


def at(stated: Json, name: str) -> Any:
    """A figure by its dotted name."""
    value: Any = stated
    for key in name.split("."):
        value = value[key]
    return value


def test_the_first_screen_comes_out_again(run: Run, seen: Observed, results: Json) -> None:
    """Failures, retries, caches, tiers, medians, months and added latencies, of every compared variant."""
    variants = {one["name"]: one for one in run.manifest["variants"]}
    control = next(name for name, one in variants.items() if one["kind"] == "control")
    rows = [row for row in results["totals"] if row["compared"]]
    wrong = {}
    for row in rows:
        found = screen_of(run, seen, variants[row["variant"]], control)
        limit = {"monthly": 1e-6, "added": 0.0011, "median": 0.0005}
        why = [
            f"{name}: {value} is not {at(row, name)}"
            for name, value in found.items()
            if value != pytest.approx(at(row, name), abs=limit.get(name.split("_")[0].split(".")[0], 1e-9))
        ]
        if why:
            wrong[row["variant"]] = why
    assert len(rows) > 5
    assert not wrong


def test_wrong_answers_are_those_that_cells_count(results: Json) -> None:
    """Of every variant, in the alert and in the totals; more than were asked are never wrong."""
    served = results["wrong_answers"]["served"]
    for row in results["totals"]:
        mine = [one for one in served if one["variant"] == row["variant"]]
        times = Counter({one["wrongness"]: 0 for one in mine})
        for one in mine:
            assert one["times"] <= one["of"]
            times[one["wrongness"]] += one["times"]
        probes = results["wrong_answers"]["probes"].get(row["variant"], {})
        assert all(n <= probes[kind] for kind, n in times.items() if kind != "foreign")
        assert times.pop("foreign", 0) == row["cache"]["foreign"]
        assert sum(times.values()) == row["cache"]["wrong"]


def test_facts_and_tools_are_those_of_the_bodies(run: Run, seen: Observed, results: Json) -> None:
    """Facts lie between what surely arrived and what can have arrived; whole tools are counted again."""
    infos = {one["id"]: one for one in run.manifest["scenarios"]}
    wrong, judged = [], 0
    for cell in results["cells"]:
        info, each = infos[cell["scenario"]], seen.get((cell["variant"], cell["scenario"]), [])
        bounds = list(facts_bounds(run, info, each)) if info["facts"] else []
        if bounds:
            low, high = (fmean(column) for column in zip(*bounds, strict=True))
            judged += 1
            if not low - 1e-4 <= cell["facts"]["kept"] <= high + 1e-4:
                wrong.append((cell["variant"], cell["scenario"], low, cell["facts"]["kept"], high))
        whole = [n for one in each if info["tools_needed"] and (n := tools_whole(run, info, one)) is not None]
        if whole and cell["tools"]["needed_kept"] != pytest.approx(fmean(whole), abs=1e-4):
            wrong.append((cell["variant"], cell["scenario"], fmean(whole), cell["tools"]["needed_kept"], 0))
    assert judged > 100
    assert not wrong


def test_sums_of_facts_tools_and_checks_are_those_of_their_cells(
    run: Run, seen: Observed, results: Json
) -> None:
    """Facts and tools over the compared scenarios that reached a model, checks over all valid ones."""
    _, infos = compared(run, seen)
    ids = {one["id"] for one in infos}
    valid = {one["id"] for one in run.manifest["scenarios"] if one["valid"] and not one.get("written")}
    for row in results["totals"]:
        if not row["compared"]:
            continue
        mine = [cell for cell in results["cells"] if cell["variant"] == row["variant"]]
        for kept, of, sums in (
            ("facts.kept", "facts.total", (row["facts"]["kept"], row["facts"]["total"])),
            ("tools.needed_kept", "tools.needed", (row["tools_needed_kept"], row["tools_needed"])),
        ):
            counted = [cell for cell in mine if cell["scenario"] in ids and at(cell, kept) is not None]
            assert sum(at(cell, kept) for cell in counted) == pytest.approx(sums[0], abs=1e-3)
            assert sum(at(cell, of) for cell in counted) == sums[1]
        checks = [
            (name, one) for cell in mine if cell["scenario"] in valid for name, one in cell["checks"].items()
        ]
        for name, count in row["checks"].items():
            assert sum(one["passed"] for n, one in checks if n == name) == count["passed"]
            assert sum(one["of"] for n, one in checks if n == name) == count["passed"] + count["failed"]


def differing(rows: list[Json], found: dict[Any, Json]) -> list[str]:
    """What of a matrix is not as it was counted again."""
    wrong = [f"{place} has no row" for place in found if place not in {_place(row) for row in rows}]
    for row in rows:
        mine = found[_place(row)]
        wrong += [f"{_place(row)}: {name}" for name in ("exchanges", "completed") if row[name] != mine[name]]
        checks = {name: (one["kept"], one["of"]) for name, one in row["checks"].items()}
        counted = {n: (mine["checks"][n, "kept"], mine["checks"][n, "of"]) for n, _ in mine["checks"]}
        if not mine["mixed"] and checks != counted:
            wrong.append(f"{_place(row)}: {checks} are not {counted}")
        if not mine["mixed"] and (row["scenarios"], row["passed"]) != (mine["scenarios"], mine["passed"]):
            wrong.append(f"{_place(row)}: {row['passed']} of {row['scenarios']} scenarios")
    return wrong


def _place(row: Json) -> tuple[str, str, str, bool]:
    return row["variant"], row["client_wire"], row["upstream_wire"], row["streamed"]


def test_the_matrix_of_wires_comes_out_again(run: Run, seen: Observed, results: Json) -> None:
    """Rows, exchanges, scenarios and every check of the sample."""
    found = pairs_of(run, seen, results["cells"])
    assert sum(not one["mixed"] for one in found.values()) > 8
    assert not differing(results["wire_pairs"]["rows"], found)


def test_the_matrix_of_several_forms_comes_out_again(tmp_path: Path) -> None:
    """Plain and streamed, on two wires, with a loss on one pair; and what one loses another keeps."""
    store = matrix(tmp_path).store
    results = orjson.loads(build_results(store).model_dump_json())
    again = Run(store.path)
    found = pairs_of(again, observed(again), results["cells"])
    assert len(found) == 6
    assert not differing(results["wire_pairs"]["rows"], found)
    lost = {(place, name) for place, row in found.items() for name, side in row["checks"]
            if side == "of" and row["checks"][name, "kept"] < row["checks"][name, "of"]}  # fmt: skip
    told = {(_place(loss), loss["check"]) for loss in results["wire_pairs"]["losses"]}
    assert told == lost == {(("litellm", "chat", "chat", True), "params_kept")}
