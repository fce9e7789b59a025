"""The rules of docs/data-format.md hold for what the sample does not show: other wires, floats, caches."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from lab import wires
from lab.figures import latency
from lab.report.build import build_results
from lab.tokens import count_parts
from lab.wires.neutral import ToolCall
from tests.unit.caching_run import Cache
from tests.unit.docs.recount import Run, count_request
from tests.unit.docs.recount_cells import median_interval as recounted
from tests.unit.docs.recount_origins import origins
from tests.unit.records_builder import Call, RunBuilder, marker_of, scenario, variant

TEMPLATE = {"type": "object", "properties": {"b": {"maximum": 1.0}, "a": {"minimum": 0.5}}}
MESSAGES: dict[str, Any] = {
    "system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}],
    "tools": [{"name": "Read", "description": "Reads a file", "input_schema": TEMPLATE}],
    "messages": [
        {"role": "user", "content": "Hello <|endoftext|> world"},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "Which file?", "signature": "c2lnbmVk"},
            {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"z": 1.0, "a": [2.0, 2.5]}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": [
                {"type": "text", "text": "un"}, {"type": "text", "text": "believable"}]},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGVsbG8="}},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "A note."}},
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "J"}},
        ]},
    ],
}  # fmt: skip
CHAT: dict[str, Any] = {
    "tools": [{"type": "function", "function": {"name": "Read", "parameters": TEMPLATE}}],
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png,aGk="}}]},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "Read", "arguments": '{"z": 1.0, "a": 2}'}},
            {"id": "2", "type": "function", "function": {"name": "Read", "arguments": "{broken"}},
        ]},
        {"role": "tool", "tool_call_id": "1", "content": [
            {"type": "text", "text": "un"}, {"type": "text", "text": "believable"}]},
    ],
}  # fmt: skip
RESPONSES: dict[str, Any] = {
    "instructions": "Be brief.",
    "tools": [{"type": "function", "name": "Read", "description": "Reads a file", "parameters": TEMPLATE}],
    "input": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
        {"type": "function_call", "call_id": "1", "name": "Read", "arguments": '{"z":1.0}'},
        {"type": "function_call_output", "call_id": "1", "output": "done"},
    ],
}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("messages", MESSAGES),
        ("chat", CHAT),
        ("responses", RESPONSES),
        ("responses", {"input": "Hello"}),
        ("embeddings", {"input": ["one", "two words"]}),
        ("embeddings", {"prompt": "three words here"}),
    ],
)
def test_tokens_of_a_request_are_those_that_the_page_describes(kind: str, body: dict[str, Any]) -> None:
    """The lab and the recount agree on what is counted, each by code of its own."""
    counted = count_parts(wires.read_request(kind, body))
    assert (counted.system, counted.messages, counted.tools) == count_request(kind, body)


def test_answers_from_a_cache_are_told_by_their_markers(tmp_path: Path) -> None:
    """Own marker fresh, an earlier one of the conversation from a cache, any other somebody else's."""
    cache = Cache(tmp_path)
    cache.fresh("again")
    cache.hit("again-2", of="again")
    cache.fresh("words")
    cache.hit("words-2", of="not")
    cache.fresh("not")
    cache.fresh("not-2")
    found = {record["id"]: origin for record, origin in origins(Run(cache.builder.store.path))}
    assert found["r1-again-2-lynkr"] == "cache"
    assert found["r1-words-2-lynkr"] == "foreign"
    cells = build_results(cache.builder.store).cells
    for cell in cells:
        kinds = [found[one] for one in cell.evidence]
        assert (kinds.count("cache"), kinds.count("foreign")) == (cell.cache.hits, cell.cache.foreign)
    assert sum(cell.cache.hits for cell in cells) == 1


@pytest.mark.parametrize("pairs", [6, 27, 40])
def test_the_interval_of_a_median_is_drawn_as_the_page_says(pairs: int) -> None:
    """Seed, resamples, order statistics and percentiles, for odd and even numbers of pairs."""
    draw = random.Random(pairs)
    values = [draw.gauss(3, 1) for _ in range(pairs)]
    assert recounted(values, "77") == pytest.approx(latency.median_interval(values, "77"), abs=1e-12)


ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Who wrote Kalevala?"}]}
CALL = ToolCall(id="toolu_0123456789abcdef0123", name="Read", input={"path": "a.py"})


def test_where_answers_come_from_is_what_the_page_says(tmp_path: Path) -> None:
    """Equal requests, other clients, calls and words without a marker, and quoted markers."""
    names = [f"S{n}" for n in range(20)]
    builder = RunBuilder(tmp_path, variants=(variant("lynkr"),), scenarios=tuple(map(scenario, names)))
    streamed = {"body": ASKED | {"stream": True}, "stream": True}
    first = marker_of("r1-S0-lynkr")
    hit: dict[str, Any] = {"calls": [], "marker": first}
    silent: dict[str, Any] = {"marker": "", "text": ""}
    short: dict[str, Any] = {"marker": "", "text": "Lönn"}
    quoted = Call(markers=(first,), text=f"You\n\n{first}")
    cases: dict[str, tuple[dict[str, Any], str]] = {
        "S0": ({"body": ASKED, "credential": "a"}, "fresh"),
        "S1": ({"body": ASKED, "credential": "a", **hit}, "cache"),
        "S2": ({**streamed, "credential": "a", **hit}, "cache"),
        "S3": ({"body": ASKED, "credential": "b", **hit}, "foreign"),
        "S4": ({"body": ASKED, "credential": "a", "headers": {"X-Session-Id": "s"}, **hit}, "cache"),
        "S5": ({"body": ASKED, "credential": "a", "headers": {"X-Tenant": "t"}, **hit}, "foreign"),
        "S6": ({"body": ASKED | {"temperature": 0}, "credential": "a", **hit}, "foreign"),
        "S7": ({"calls": [Call(tool_calls=(CALL,), text="")], **silent, "tool_calls": (CALL,)}, "fresh"),
        "S8": ({"calls": [], **silent, "tool_calls": (CALL,)}, "foreign"),
        "S9": ({"calls": [quoted], "marker": first, "text": "You"}, "fresh"),
        "S10": ({"body": ASKED, "calls": [Call(text="Lönn", markers=())], **short}, "fresh"),
        "S11": ({"body": ASKED, "calls": [], **short}, "cache"),
        "S12": ({"calls": [], **short}, "unproven"),
        "S13": ({"calls": [Call(answered_by="ollama")], "marker": ""}, "model"),
        "S14": ({"calls": [], "marker": "labmark-background"}, "foreign"),
    }  # fmt: skip
    for name, (fields, _) in cases.items():
        builder.exchange("lynkr", name, **fields)
    found = {record["scenario"]: origin for record, origin in origins(Run(builder.store.path))}
    assert found == {name: origin for name, (_, origin) in cases.items()}
    cells = build_results(builder.store).cells
    verdicts = {cell.scenario: cell.cache.verdict for cell in cells if cell.n}
    words = {"cache": "hit", "foreign": "foreign", "unproven": "unproven"}
    assert verdicts == {name: words.get(origin, "none") for name, origin in found.items()}
