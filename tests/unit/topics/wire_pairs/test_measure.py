"""The matrix of wires: rows that share nothing, and what one pair loses and another keeps."""

from __future__ import annotations

from pathlib import Path

from lab.records.manifest import FormInfo, ScenarioInfo
from lab.report import render
from lab.report.build import build_results
from lab.results.models import Results
from lab.topics.wire_pairs.table import Pair, WirePairs
from tests.unit.records_builder import Call, RunBuilder, scenario, variant

REQUEST = {"model": "m", "max_tokens": 9, "temperature": 0.5, "messages": [{"role": "user", "content": "hi"}]}
CHAT = {"model": "m", "max_tokens": 9, "temperature": 0.5, "messages": [{"role": "user", "content": "hi"}]}
WITHOUT = {name: value for name, value in CHAT.items() if name != "temperature"}
JUDGED = ("answered", "params_kept", "messages_kept")


def form(name: str, wire: str, kind: str, *, stream: bool, **over: str) -> ScenarioInfo:
    """A further form of a scenario."""
    return scenario(
        f"{name}.{kind}",
        suite=f"core.{kind}",
        written=name,
        written_suite="core",
        wire=wire,
        stream=stream,
        checks=JUDGED,
        **over,
    )


def matrix(folder: Path) -> RunBuilder:
    """A gateway that keeps all but the temperature of streams on the chat wire."""
    scenarios = (
        scenario("A", checks=JUDGED),
        form("A", "openai", "chat-plain", stream=False),
        form("A", "openai", "chat-streamed", stream=True),
        form(
            "A",
            "responses",
            "responses-plain",
            stream=False,
            unsupported="not for the responses wire: it sets x",
        ),
    )
    forms = (
        FormInfo(wire="anthropic", stream=False),
        FormInfo(wire="openai", stream=False),
        FormInfo(wire="openai", stream=True),
        FormInfo(wire="responses", stream=False),
    )
    variants = (variant("direct"), variant("litellm"))
    builder = RunBuilder(folder, variants=variants, scenarios=scenarios, repeats=1, over={"forms": forms})
    for name in ("direct", "litellm"):
        builder.exchange(name, "A", body=REQUEST, calls=[Call(body=REQUEST)])
        for kind, stream in (("chat-plain", False), ("chat-streamed", True)):
            lost = name == "litellm" and stream
            wire, path = ("chat", "/v1/chat/completions")
            call = Call(body=WITHOUT if lost else CHAT, wire=wire, path=path, stream=stream)
            builder.exchange(name, f"A.{kind}", body=CHAT, calls=[call], wire="openai", stream=stream)
    return builder


def pairs_of(results: Results) -> WirePairs:
    """The matrix of these results."""
    found = results.table(WirePairs)
    assert found is not None
    return found


def test_every_pair_has_a_row_of_its_own(tmp_path: Path) -> None:
    """Per variant: the client's wire, the provider's, and streamed or plain."""
    rows = pairs_of(build_results(matrix(tmp_path).store)).rows
    assert [(row.variant, row.client_wire, row.upstream_wire, row.streamed) for row in rows] == [
        ("direct", "messages", "messages", False),
        ("direct", "chat", "chat", False),
        ("direct", "chat", "chat", True),
        ("litellm", "messages", "messages", False),
        ("litellm", "chat", "chat", False),
        ("litellm", "chat", "chat", True),
    ]
    assert [(row.scenarios, row.passed) for row in rows] == [(1, 1)] * 5 + [(1, 0)]
    assert [(row.params.kept, row.params.of) for row in rows] == [(1, 1)] * 5 + [(0, 1)]
    assert {row.exchanges for row in rows} == {1}


def test_what_one_pair_loses_and_another_keeps_is_named(tmp_path: Path) -> None:
    """With an example in the form that loses it, and the pair that keeps it."""
    (loss,) = pairs_of(build_results(matrix(tmp_path).store)).losses
    assert (loss.variant, loss.check, loss.scenarios) == ("litellm", "params_kept", 1)
    assert (loss.client_wire, loss.streamed, loss.example) == ("chat", True, "A.chat-streamed")
    assert loss.kept_on == Pair(client_wire="messages", upstream_wire="messages", streamed=False)
    assert "temperature" in loss.why


def test_what_a_wire_has_no_place_for_is_listed_with_its_reason(tmp_path: Path) -> None:
    """It was not sent, and is held against nobody."""
    (one,) = pairs_of(build_results(matrix(tmp_path).store)).not_sayable
    assert (one.client_wire, one.scenarios, one.reason) == (
        "responses",
        1,
        "not for the responses wire: it sets x",
    )


def test_sums_cover_the_first_form_alone(tmp_path: Path) -> None:
    """A sum over forms would mix wires and count each scenario several times."""
    results = build_results(matrix(tmp_path).store)
    assert results.comparison.scenarios == ("A",)
    assert {total.scenarios for total in results.totals} == {1}
    left = {one.name: one.reason for one in results.comparison.scenarios_left_out}
    assert set(left) == {"A.chat-plain", "A.chat-streamed", "A.responses-plain"}
    assert all("a further form" in reason for reason in left.values())


def test_the_control_of_an_exchange_is_that_of_the_same_form(tmp_path: Path) -> None:
    """Paired times of another wire would be no overhead."""
    builder = matrix(tmp_path)
    results = build_results(builder.store)
    for name in ("A", "A.chat-plain", "A.chat-streamed"):
        assert results.cell("litellm", name).latency_ms.overhead.pairs == 1
    assert results.cell("litellm", "A.responses-plain").status == "unsupported"


def test_a_fault_of_the_control_on_any_wire_is_said(tmp_path: Path) -> None:
    """It is the lab's own, whichever form shows it."""
    builder = matrix(tmp_path)
    manifest = builder.store.manifest()
    infos = [info.model_copy(update={"unsupported": ""}) for info in manifest.scenarios]
    builder.store.write_manifest(manifest.model_copy(update={"scenarios": tuple(infos)}))
    builder.exchange("direct", "A.responses-plain", wire="responses", status="failed", reason="HTTP 500")
    notes = build_results(builder.store).trust
    assert any(note.severity == "fault" and "A.responses-plain" in note.title for note in notes)


def test_an_ordinary_run_has_its_pairs_too(tmp_path: Path) -> None:
    """A router may speak another wire to its models than to its clients."""
    builder = RunBuilder(tmp_path, scenarios=(scenario("A", checks=JUDGED),), repeats=1)
    builder.exchange("litellm", "A", calls=[Call(wire="responses", path="/v1/responses")])
    (row,) = pairs_of(build_results(builder.store)).rows
    assert (row.client_wire, row.upstream_wire) == ("messages", "responses")


def test_the_report_shows_the_matrix(tmp_path: Path) -> None:
    """As a section of its own."""
    paths = render(matrix(tmp_path).store.path)
    text = paths.markdown.read_text("utf-8")
    assert "## Wire pairs" in text
    assert "cover the first form: messages wire, plain" in text
    assert "chat to chat, streamed" in text
    assert "### Scenarios that pass, by form" in text
