"""results.json as a whole: pure over the records, complete, and honest about how far to trust it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from lab.errors import RecordsError
from lab.records.store import RunStore
from lab.report.build import build_results, results_model
from lab.results.models import TrustNote
from tests.unit.records_builder import Call, RunBuilder, scenario, variant
from tests.unit.sample_run import sample_run


def notes(builder: RunBuilder) -> dict[str, TrustNote]:
    """Trust notes by title."""
    return {note.title: note for note in build_results(builder.store).trust}


def plain(tmp_path: Path, **over: Any) -> RunBuilder:
    """A finished, undisturbed run of two variants with three quiet repeats."""
    builder = RunBuilder(tmp_path, over=over)
    for repeat in (1, 2, 3):
        builder.exchange("direct", "S1", repeat)
        builder.exchange("litellm", "S1", repeat, own_ms=30.0)
    return builder


def test_the_same_records_in_any_order_give_the_same_results(tmp_path: Path) -> None:
    """Permuting the lines of both files changes nothing, to the last digit."""
    store = sample_run(tmp_path)
    before = build_results(store).model_dump_json()
    draw = random.Random(3)
    for name in ("exchanges.jsonl", "upstream.jsonl"):
        lines = (store.path / name).read_bytes().splitlines(keepends=True)
        draw.shuffle(lines)
        (store.path / name).write_bytes(b"".join(lines))
    assert build_results(RunStore.open(store.path)).model_dump_json() == before


def test_results_survive_their_json(tmp_path: Path) -> None:
    """What is written as results.json reads back as the same results."""
    results = build_results(sample_run(tmp_path))
    text = results.model_dump_json()
    assert results_model().model_validate_json(text).model_dump_json() == text
    assert json.loads(text)["schema"] == 1


def test_results_have_the_agreed_keys(tmp_path: Path) -> None:
    """Cells keep the keys that other programs read."""
    data = json.loads(build_results(sample_run(tmp_path)).model_dump_json())
    assert {"schema", "run", "variants", "scenarios", "cells", "totals"} <= set(data)
    cell = data["cells"][0]
    assert {"variant", "scenario", "n", "completed", "status", "reason", "checks", "evidence"} <= set(cell)
    assert {"sent", "forwarded", "claimed", "out"} <= set(cell["tokens"])
    assert {"kept", "total"} <= set(cell["facts"])
    assert {"sent", "forwarded", "needed_kept"} <= set(cell["tools"])
    assert {"acceptable", "served", "claimed"} <= set(cell["tier"])
    assert {"as_routed", "same_model"} <= set(cell["cost_usd"])
    assert {"p50", "p95", "n"} <= set(cell["latency_ms"])
    assert isinstance(cell["cost_usd"]["as_routed"], float)
    assert {"verdict", "why"} <= set(cell["checks"]["answered"])


def test_there_is_a_cell_for_every_variant_and_scenario(tmp_path: Path) -> None:
    """Each missing number of a cell or row has a reason beside it."""
    results = build_results(sample_run(tmp_path))
    assert len(results.cells) == len(results.variants) * len(results.scenarios)
    for cell in results.cells:
        if cell.status != "measured":
            assert cell.reason
            continue
        groups = {"tokens": cell.tokens, "cost_usd": cell.cost_usd, "latency_ms": cell.latency_ms}
        for group, model in groups.items():
            for name, value in model:
                if value is None:
                    assert cell.reasons.get(f"{group}.{name}"), (cell.variant, cell.scenario, group, name)


def test_background_calls_are_counted_by_caller_and_path(tmp_path: Path) -> None:
    """Traffic outside any exchange has its own table and no part in any cell."""
    builder = plain(tmp_path)
    builder.background("litellm", 3)
    builder.background("direct", 2, Call(kind="embedding", path="/api/embed"))
    results = build_results(builder.store)
    rows = [(row.caller, row.kind, row.path, row.count) for row in results.background]
    assert rows == [("direct", "embedding", "/api/embed", 2), ("litellm", "metadata", "/v1/models", 3)]
    assert results.run.upstream_calls == 11
    assert results.cell("litellm", "S1").upstream_calls == 1.0


def test_records_of_another_run_are_refused(tmp_path: Path) -> None:
    """An exchange of a variant or scenario that the manifest does not list is an error."""
    builder = plain(tmp_path)
    builder.exchange("portkey", "S1")
    with pytest.raises(RecordsError, match="exchange r1-S1-portkey is not in the manifest"):
        build_results(builder.store)


def test_an_exchange_without_attempts_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    """A system that died before its turn was never asked."""
    builder = RunBuilder(tmp_path)
    builder.exchange(
        "litellm",
        "S1",
        status="failed",
        reason="litellm exited with 137",
        calls=[],
        attempts=0,
        latency_ms=None,
    )
    cell = build_results(builder.store).cell("litellm", "S1")
    assert (cell.status, cell.reason, cell.retries) == ("failed", "litellm exited with 137", 0)


def test_a_quiet_run_needs_no_warning(tmp_path: Path) -> None:
    """Nothing is said where there is nothing to say."""
    assert notes(plain(tmp_path)) == {}


@pytest.mark.parametrize(
    ("over", "title", "detail"),
    [
        ({"state": "interrupted"}, "The run did not finish", "lab run --resume"),
        ({"resumed": 2}, "The run was resumed", "resumed 2 times"),
        (
            {"engine": "host", "engine_notes": ("no egress control",)},
            "Systems ran as plain processes",
            "no egress",
        ),
        ({"repeats": 2}, "Few repeats", "Only 2 repeats; below 3, noise cannot be told from effect"),
        ({"git": {"commit": "abc", "changed": "yes"}}, "Changed files", "abc"),
    ],
)
def test_what_weakens_a_run_is_said(tmp_path: Path, over: dict[str, Any], title: str, detail: str) -> None:
    """Interruptions, the host engine, few repeats and changed files are named."""
    repeats = over.pop("repeats", 3)
    builder = RunBuilder(tmp_path, repeats=repeats, over=over)
    for repeat in (1, 2, 3):
        builder.exchange("direct", "S1", repeat)
    found = notes(builder)
    assert detail in found[title].detail


def test_what_the_control_fails_is_the_labs_fault(tmp_path: Path) -> None:
    """A fault stands first, and names the check."""
    builder = RunBuilder(tmp_path, repeats=1)
    builder.exchange("direct", "S1", status="failed", reason="HTTP 500: the meter broke")
    trust = build_results(builder.store).trust
    assert (trust[0].severity, trust[0].title) == ("fault", "The control failed S1")
    assert "the meter broke" in trust[0].detail


def test_a_request_declared_invalid_is_meant_to_be_rejected(tmp_path: Path) -> None:
    """Its rejection at the control is a failed cell with the provider's words, and hurts no trust."""
    info = scenario("L1-seed", valid=False, invalid_why="mixes two wires")
    builder = RunBuilder(tmp_path, scenarios=(scenario("S1"), info))
    for repeat in (1, 2, 3):
        builder.exchange("direct", "S1", repeat)
        call = Call(status=400, error="messages.1.content: Input should be a valid list")
        builder.exchange(
            "direct", "L1-seed", repeat, status="failed", reason="HTTP 400: …", http_status=400, calls=[call]
        )
    results = build_results(builder.store)
    cell = results.cell("direct", "L1-seed")
    assert cell.status == "failed"
    assert (
        cell.reason == "the provider rejects this request: messages.1.content: Input should be a valid list"
    )
    assert results.trust == ()


def test_a_missing_control_is_said(tmp_path: Path) -> None:
    """Without the control no overhead can be stated."""
    builder = RunBuilder(tmp_path, variants=(variant("litellm"),))
    for repeat in (1, 2, 3):
        builder.exchange("litellm", "S1", repeat)
    assert "No control" in notes(builder)
    cell = build_results(builder.store).cell("litellm", "S1")
    assert (
        cell.reasons["latency_ms.overhead"]
        == "no exchange was answered at the first attempt both here and at the control"
    )


def test_missing_unlocked_and_failing_systems_are_said(tmp_path: Path) -> None:
    """An unavailable system, one with a package of the user's, and one that did not always answer."""
    variants = (
        variant("direct"),
        variant("portkey", status="unavailable", reason="no image"),
        variant("lynkr", locked=False, version="9.9.9"),
    )
    builder = RunBuilder(tmp_path, variants=variants)
    for repeat in (1, 2, 3):
        builder.exchange("direct", "S1", repeat)
        builder.exchange("lynkr", "S1", repeat, attempts=2 if repeat == 1 else 1)
    found = notes(builder)
    assert found["portkey is missing"].detail == "no image"
    assert found["lynkr is not the locked package"].detail.startswith(
        "lynkr 9.9.9 was given in place of the package"
    )
    assert "66.7% of 3 exchanges were answered at the first attempt, 3 in the end" in (
        found["lynkr did not always answer"].detail
    )


def test_unstable_latency_is_said(tmp_path: Path) -> None:
    """A wide spread is flagged in the cell, and repeats that disagree are noted for the variant."""
    builder = RunBuilder(tmp_path)
    for repeat, latency in enumerate((10.0, 20.0, 30.0), start=1):
        builder.exchange("direct", "S1", repeat)
        builder.exchange("litellm", "S1", repeat, latency_ms=latency, own_ms=latency)
    assert "litellm (the medians of the 3 repeats range from " in notes(builder)["Unstable latency"].detail
    row = next(row for row in build_results(builder.store).totals if row.variant == "litellm")
    assert row.unstable_scenarios == 1


def test_a_missing_body_is_an_error_where_it_is_needed(tmp_path: Path) -> None:
    """Facts cannot be judged without the forwarded request."""
    store = sample_run(tmp_path)
    for body in (store.path / "bodies").iterdir():
        body.unlink()
    with pytest.raises(RecordsError, match="this body cannot be read"):
        build_results(store)
