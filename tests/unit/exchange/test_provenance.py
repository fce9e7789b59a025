"""Where answers come from, by the markers they carry."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.report.build import build_results
from lab.results.cell import Cell
from lab.wires import find_markers
from lab.wires.neutral import ToolCall
from tests.unit.records_builder import Call, RunBuilder, marker_of, scenario, variant

SEQUENCE = (
    scenario("A", sequence="pair"),
    scenario("B", sequence="pair", cache_expect="may_hit"),
    scenario("M", sequence="pair", cache_expect="must_hit"),
    scenario("X"),
)


def run(root: Path) -> RunBuilder:
    """A run with a sequence of three scenarios and one that stands alone."""
    variants = (variant("direct"), variant("lynkr", cache="exact"), variant("litellm"))
    return RunBuilder(root, variants=variants, scenarios=SEQUENCE)


def cell(builder: RunBuilder, scenario: str, variant: str = "lynkr") -> Cell:
    """One cell of the built results."""
    return build_results(builder.store).cell(variant, scenario)


def test_an_own_marker_is_a_fresh_answer(tmp_path: Path) -> None:
    """The usual case."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "X")
    found = cell(builder, "X")
    assert (found.cache.verdict, found.checks["provenance"].verdict) == ("none", "pass")


def test_an_earlier_marker_of_the_sequence_is_a_cache_hit(tmp_path: Path) -> None:
    """It passes where a hit is allowed; where the question must miss it is no answer to that question."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "B", calls=[Call()])
    builder.exchange("lynkr", "A", calls=[], marker=marker_of("r1-B-lynkr"))
    builder.exchange("lynkr", "M", calls=[], marker=marker_of("r1-B-lynkr"))
    assert cell(builder, "A").cache.verdict == "hit"
    assert cell(builder, "A").checks["provenance"].why == (
        "the answer is that of r1-B-lynkr, though this question must miss a cache"
    )
    assert cell(builder, "A").checks["answered"].verdict == "fail"
    assert cell(builder, "M").checks["provenance"].verdict == "pass"


def test_a_fresh_answer_where_a_hit_is_due_is_a_missed_saving(tmp_path: Path) -> None:
    """It costs a call, and is right."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "M")
    found = cell(builder, "M").checks["provenance"]
    assert found.verdict == "pass"
    assert found.why.endswith("; a cache hit was expected, so this is a missed saving")


@pytest.mark.parametrize("stream", [False, True])
def test_an_equal_request_of_the_same_client_is_a_right_hit(tmp_path: Path, stream: bool) -> None:
    """Whatever the scenarios are called: byte for byte the same, header for header, in any repeat."""
    builder = run(tmp_path)
    body = {"model": "m", "messages": [{"role": "user", "content": "Who wrote Kalevala?"}]}
    marker = marker_of("r1-A-lynkr")
    builder.exchange("lynkr", "A", body=body, stream=stream)
    for name, repeat in (("X", 1), ("X", 2), ("A", 2)):
        builder.exchange("lynkr", name, repeat, body=body, calls=[], marker=marker, stream=stream)
    for name in ("X", "A"):
        found = cell(builder, name)
        assert (found.cache.foreign, found.cache.wrong, found.cache.hits) == (0, 0, 2 if name == "X" else 1)
        assert {found.checks[check].verdict for check in ("provenance", "answered")} == {"pass"}
    assert cell(builder, "X").checks["provenance"].why == (
        "the answer is that of r1-A-lynkr, an equal request of the same client"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"body": {"a": 1}}, {"body": {"a": 2}}),
        ({"body": {"a": 1}, "headers": {"x-user": "1"}}, {"body": {"a": 1}, "headers": {"x-user": "2"}}),
        ({"body": {"a": 1}}, {"body": {"a": 1}, "wire": "openai"}),
    ],
    ids=["another body", "another header", "another wire"],
)
def test_a_request_that_is_not_equal_is_another_conversation(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any]
) -> None:
    """One byte is enough."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "A", **first)
    builder.exchange("lynkr", "X", calls=[], marker=marker_of("r1-A-lynkr"), **second)
    assert cell(builder, "X").cache.foreign == 1


def test_an_equal_request_with_another_clients_key_is_another_conversation(tmp_path: Path) -> None:
    """Bytes and declared headers are the same; the credential is not."""
    infos = (scenario("A"), scenario("K", other_client=True))
    builder = RunBuilder(tmp_path, variants=(variant("lynkr"),), scenarios=infos)
    builder.exchange("lynkr", "A", body={"a": 1})
    builder.exchange("lynkr", "K", body={"a": 1}, calls=[], marker=marker_of("r1-A-lynkr"))
    assert cell(builder, "K").cache.foreign == 1


@pytest.mark.parametrize(("given", "fresh"), [("Same.", True), ("Other.", False)])
def test_an_answer_that_the_provider_gave_without_a_marker_is_known_by_its_words(
    tmp_path: Path, given: str, fresh: bool
) -> None:
    """A scripted answer may have none, such as one without text; then it has to arrive as it is."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "X", calls=[Call(text=given, markers=())], marker="", text="Same.")
    assert cell(builder, "X").checks["answered"].verdict == ("pass" if fresh else "fail")
    builder.exchange("lynkr", "A", calls=[Call(text="", markers=())], marker="", no_text=True)
    assert cell(builder, "A").checks["answered"].verdict == "pass"


@pytest.mark.parametrize(
    "source",
    [("lynkr", "X", 1), ("lynkr", "A", 2), ("litellm", "A", 1)],
    ids=["other scenario", "other repeat", "other variant"],
)
def test_a_marker_of_another_conversation_is_a_foreign_answer(
    tmp_path: Path, source: tuple[str, str, int]
) -> None:
    """Another scenario, repeat or variant is somebody else's answer, the worst verdict."""
    builder = run(tmp_path)
    variant_name, scenario_name, repeat = source
    builder.exchange(variant_name, scenario_name, repeat)
    builder.exchange("lynkr", "B", calls=[], marker=marker_of(f"r{repeat}-{scenario_name}-{variant_name}"))
    found = cell(builder, "B")
    assert (found.cache.verdict, found.cache.foreign) == ("foreign", 1)
    assert found.checks["provenance"].verdict == "fail"
    assert "another conversation" in found.checks["provenance"].why
    assert found.checks["answered"].verdict == "fail"


def test_a_marker_of_a_later_exchange_is_foreign(tmp_path: Path) -> None:
    """No cache can hold what was not answered yet, not even within a sequence."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "B", calls=[], marker=marker_of("r1-A-lynkr"))
    builder.exchange("lynkr", "A")
    found = cell(builder, "B")
    assert (found.cache.verdict, found.cache.foreign) == ("foreign", 1)
    assert found.checks["provenance"].verdict == "fail"


def test_a_marker_of_no_recorded_exchange_is_foreign(tmp_path: Path) -> None:
    """An answer given to a warm-up or background call belongs to nobody in the run."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "X", calls=[], marker="labmark-background")
    assert cell(builder, "X").cache.verdict == "foreign"


def test_a_foreign_marker_beside_the_own_one_is_still_foreign(tmp_path: Path) -> None:
    """An answer that carries two conversations has leaked one of them."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "A")
    record = builder.exchange("lynkr", "X")
    both = record.answer.model_copy(update={"markers": (record.marker, marker_of("r1-A-lynkr"))})
    calls = [call for call in builder.store.upstream() if call.exchange == record.id]
    for name in ("exchanges.jsonl", "upstream.jsonl"):
        path = builder.store.path / name
        path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    builder.store.append_exchange(record.model_copy(update={"answer": both}), calls)
    assert cell(builder, "X").cache.foreign == 1


def test_a_scripted_answer_without_its_marker_is_not_an_answer(tmp_path: Path) -> None:
    """The gateway changed the text: provenance is unknown, and the answer is not the provider's."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "X", marker="")
    found = cell(builder, "X")
    assert found.checks["provenance"].verdict == "not_applicable"
    assert "the client's does not" in found.checks["answered"].why
    assert found.checks["answered"].verdict == "fail"


def test_a_real_model_writes_no_marker(tmp_path: Path) -> None:
    """Provenance is unknown with the reason, and the answer counts."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "X", marker="", calls=[Call(answered_by="ollama")])
    found = cell(builder, "X")
    assert (found.cache.verdict, found.checks["answered"].verdict) == ("none", "pass")
    assert found.checks["provenance"].why.startswith("unknown: a real model answered")


def test_a_real_models_text_given_again_without_a_call_is_a_cache_hit(tmp_path: Path) -> None:
    """Without markers, the same text in the same conversation with no model asked is the proof."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "A", marker="", text="UDP is fast.", calls=[Call(answered_by="ollama")])
    builder.exchange("lynkr", "B", marker="", text="UDP is fast.", calls=[])
    builder.exchange("lynkr", "X", marker="", text="UDP is fast.", calls=[])
    assert (cell(builder, "B").cache.verdict, cell(builder, "X").cache.verdict) == ("hit", "unproven")
    assert cell(builder, "X").checks["answered"].verdict == "fail"
    assert cell(builder, "X").tokens.saving_from == "cache"


def test_an_excuse_given_twice_is_no_cache_hit(tmp_path: Path) -> None:
    """Where no model has said a text, its second coming proves nothing: neither is an answer."""
    builder = run(tmp_path)
    for name in ("A", "B"):
        builder.exchange("lynkr", name, marker="", text="I am sorry.", calls=[Call(status=400)])
        assert cell(builder, name).cache.verdict == "unproven"
        assert cell(builder, name).checks["answered"].verdict == "fail"


READ = ToolCall(id="toolu_1", name="Read", input={})


@pytest.mark.parametrize(
    ("got", "verdict"),
    [
        ((READ,), "pass"),
        ((replace(READ, input={"path": "x"}),), "pass"),  # whose it is; not what became of it
        ((replace(READ, id="toolu_2"),), "fail"),
        ((replace(READ, name="Write"),), "fail"),
        ((READ, replace(READ, id="toolu_2")), "fail"),
        ((), "fail"),
    ],
)
def test_ids_of_tool_calls_prove_an_answer_whose_marker_is_lost(
    tmp_path: Path, got: tuple[ToolCall, ...], verdict: str
) -> None:
    """A gateway that drops the text beside a tool call has still returned this exchange's answer."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "X", marker="", calls=[Call(tool_calls=(READ,))], tool_calls=got)
    found = cell(builder, "X").checks
    assert found["answered"].verdict == verdict
    if verdict == "pass":
        assert found["provenance"].why == "the tool calls carry the ids that the provider gave this exchange"


def test_ids_that_a_provider_gave_twice_prove_nothing(tmp_path: Path) -> None:
    """Where two exchanges were given the same id, an answer with it may be either's."""
    builder = run(tmp_path)
    for name in ("A", "X"):
        builder.exchange("lynkr", name, marker="", calls=[Call(tool_calls=(READ,))], tool_calls=(READ,))
    assert cell(builder, "X").checks["answered"].verdict == "fail"


def test_anothers_marker_weighs_more_than_own_tool_calls(tmp_path: Path) -> None:
    """Text of another conversation is a leak, whatever stands beside it."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "A")
    leaked = marker_of("r1-A-lynkr")
    builder.exchange("lynkr", "X", marker=leaked, calls=[Call(tool_calls=(READ,))], tool_calls=(READ,))
    assert cell(builder, "X").cache.verdict == "foreign"


@pytest.mark.parametrize(
    ("given", "got", "verdict"),
    [
        ("The ans", "The ans", "pass"),
        ("The ans", "The", "fail"),
        ("The ans", "Another", "fail"),
        (f"The answer {marker_of('r1-X-lynkr')}", "The answer", "fail"),
    ],
)
def test_an_answer_too_short_for_a_marker_is_told_by_its_text(
    tmp_path: Path, given: str, got: str, verdict: str
) -> None:
    """A request of 5 tokens gets 5; only what the provider gave in this very exchange is its answer."""
    builder = run(tmp_path)
    call = Call(text=given, markers=find_markers(given))
    builder.exchange("lynkr", "X", marker="", text=got, calls=[call])
    found = cell(builder, "X").checks
    assert found["answered"].verdict == verdict
    assert ("carries no marker" in found["answered"].why) == (verdict == "pass")


LONG = ToolCall(id="toolu_0123456789abcdef0123", name="Read", input={"path": "a.py"})


@pytest.mark.parametrize(
    ("calls", "text"),
    [((LONG,), ""), ((replace(LONG, id="toolu_made_by_the_gateway"),), ""), ((), "The ans")],
)
@pytest.mark.parametrize(("name", "right"), [("M", True), ("B", True), ("X", False)])
def test_a_cached_answer_without_a_marker_is_known_by_its_calls_or_words(
    tmp_path: Path, calls: tuple[ToolCall, ...], text: str, name: str, right: bool
) -> None:
    """A call has no text for a marker, and a short text no room; ids may be made anew."""
    builder = run(tmp_path)
    given = Call(tool_calls=(LONG,) if calls else (), text=text, markers=())
    first = (LONG,) if calls else ()
    builder.exchange("lynkr", "A", calls=[given], marker="", text=text, tool_calls=first)
    builder.exchange("lynkr", name, calls=[], marker="", text=text, tool_calls=calls)
    found = cell(builder, name)
    assert found.checks["answered"].verdict == ("pass" if right else "fail")
    assert found.cache.hits == right
    if not right:
        assert found.cache.verdict == ("foreign" if calls == (LONG,) else "unproven")


@pytest.mark.parametrize("calls", [(LONG,), (replace(LONG, id="call_1"),), ()])
def test_an_equal_request_may_be_given_the_same_answer_without_a_marker(
    tmp_path: Path, calls: tuple[ToolCall, ...]
) -> None:
    """Even if it is empty: the provider gave that very answer to that very question."""
    builder = run(tmp_path)
    body = {"model": "m", "messages": [{"role": "user", "content": "Read a.py"}]}
    given = Call(tool_calls=(LONG,) if calls else (), text="", markers=())
    builder.exchange("lynkr", "A", body=body, calls=[given], marker="", text="", tool_calls=given.tool_calls)
    builder.exchange("lynkr", "X", body=body, calls=[], marker="", text="", tool_calls=calls)
    found = cell(builder, "X")
    assert (found.cache.verdict, found.checks["answered"].verdict) == ("hit", "pass")
    assert found.checks["provenance"].why.endswith("that of r1-A-lynkr, an equal request of the same client")


def test_calls_of_another_conversation_are_foreign_though_a_model_was_asked(tmp_path: Path) -> None:
    """A call that the provider made for somebody else is no answer to this question."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "A", calls=[Call(tool_calls=(LONG,), text="")], marker="", tool_calls=(LONG,))
    builder.exchange("lynkr", "X", calls=[Call(text="")], marker="", text="", tool_calls=(LONG,))
    assert cell(builder, "X").cache.verdict == "foreign"


def test_a_gateways_own_text_is_not_an_answer_the_second_time_either(tmp_path: Path) -> None:
    """Though a model was asked the first time, it said something else."""
    builder = run(tmp_path)
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
    said = Call(text=f"Hello {marker_of('r1-A-lynkr')}", markers=(marker_of("r1-A-lynkr"),))
    builder.exchange("lynkr", "A", body=body, calls=[said], marker="", text="I am sorry.")
    builder.exchange("lynkr", "X", body=body, calls=[], marker="", text="I am sorry.")
    for name in ("A", "X"):
        assert cell(builder, name).checks["answered"].verdict == "fail"


@pytest.mark.parametrize("by", ["scripted", "ollama"])
@pytest.mark.parametrize("quoted", ["r1-A-lynkr", "r1-nobody-lynkr"])
def test_a_marker_that_the_provider_itself_says_comes_from_no_cache(
    tmp_path: Path, by: str, quoted: str
) -> None:
    """A model quotes what its client quotes, and a scripted text may have a marker in it."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "A")
    text = f"You wrote {marker_of(quoted)}."
    call = Call(text=text, markers=(marker_of(quoted),), answered_by=by)
    record = builder.exchange("lynkr", "X", calls=[call], marker=marker_of(quoted), text="You wrote")
    assert record.answer.markers == (marker_of(quoted),)
    assert cell(builder, "X").cache.foreign == cell(builder, "X").cache.hits == 0


def test_an_earlier_answer_beside_the_own_one_is_half_a_hit(tmp_path: Path) -> None:
    """A question that must miss was given words of another one, whatever follows them."""
    builder = run(tmp_path)
    builder.exchange("lynkr", "B")
    record = builder.exchange("lynkr", "A")
    both = record.answer.model_copy(update={"markers": (marker_of("r1-B-lynkr"), record.marker)})
    lines = (builder.store.path / "exchanges.jsonl").read_bytes().splitlines(keepends=True)
    calls = [call for call in builder.store.upstream() if call.exchange == record.id]
    (builder.store.path / "exchanges.jsonl").write_bytes(lines[0])
    path = builder.store.path / "upstream.jsonl"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    builder.store.append_exchange(record.model_copy(update={"answer": both}), calls)
    found = cell(builder, "A")
    assert found.checks["provenance"].why.startswith("the answer is that of r1-B-lynkr beside its own")
    assert (found.checks["provenance"].verdict, found.cache.wrong) == ("fail", 1)
