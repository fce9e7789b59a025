"""Every wire of a running meter, streaming and not, judged by the vendors' own clients and types."""

from __future__ import annotations

import base64
import importlib.util
import json
import time
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import numpy as np
import openai
import pytest

from lab import tokens
from lab.meter import minilm
from lab.meter.script import ScriptedAnswer, ScriptedToolCall
from lab.run.meter_control import MeterCall
from lab.wires import read_answer, read_request
from lab.wires.neutral import NeutralAnswer
from tests.integration.meter_process import (
    ANSWER,
    ANTHROPIC,
    MARKER,
    MODEL,
    OPENAI,
    Running,
    chat_body,
    messages_body,
    meter,
)

CALLER = "litellm"
CALL = {"path": "fixtures/ä.json", "limit": 3}
WITH_CALLS = ScriptedAnswer(
    text="I look at the file.",
    tool_calls=[ScriptedToolCall(name="Read", input=CALL), ScriptedToolCall(name="Grep", input={})],
)
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}}
ANTHROPIC_TOOLS = [{"name": n, "description": "d", "input_schema": SCHEMA} for n in ("Read", "Grep", "Bash")]
CHAT_TOOLS = [
    {"type": "function", "function": {"name": n, "description": "d", "parameters": SCHEMA}}
    for n in ("Read", "Grep", "Bash")
]
RESPONSES_TOOLS = [
    {"type": "function", "name": n, "description": "d", "parameters": SCHEMA, "strict": False}
    for n in ("Read", "Grep", "Bash")
]
TURNS = chat_body()["messages"]

WIRES: dict[str, tuple[str, dict[str, str], dict[str, Any], list[dict[str, Any]]]] = {
    "messages": ("/v1/messages", ANTHROPIC, messages_body(), ANTHROPIC_TOOLS),
    "chat": ("/v1/chat/completions", OPENAI, chat_body(), CHAT_TOOLS),
    "responses": ("/v1/responses", OPENAI, {"model": MODEL, "input": TURNS}, RESPONSES_TOOLS),
    "ollama_chat": ("/api/chat", {}, chat_body(), CHAT_TOOLS),
    "ollama_generate": ("/api/generate", {}, {"model": MODEL, "prompt": TURNS[0]["content"]}, []),
}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """One scripted meter for all tests of this module."""
    with meter() as started:
        yield started


def exchange(
    running: Running, path: str, headers: dict[str, str], body: dict[str, Any], answer: ScriptedAnswer
) -> tuple[httpx.Response, MeterCall]:
    """One call within an exchange: what the client received, and what the meter recorded."""
    with running.control() as control:
        control.open_exchange("r1-S1-litellm", [CALLER], MARKER, answer)
        try:
            response = httpx.post(f"{running.url}/{CALLER}{path}", json=body, headers=headers)
        finally:
            calls = control.close_exchange("r1-S1-litellm", settle_ms=0)
    assert len(calls) == 1
    return response, calls[0]


def read(kind: str, response: httpx.Response) -> NeutralAnswer:
    """The answer as the lab's strict reader sees it, without any problem."""
    answer = read_answer(kind, response.content, response.headers["content-type"])
    assert answer.problems == ()
    assert answer.error is None
    return answer


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", WIRES)
def test_an_answer_has_text_marker_and_true_usage_and_is_recorded_as_sent(
    running: Running, kind: str, stream: bool
) -> None:
    """On every wire, and valid by the vendors' types."""
    path, headers, body, _ = WIRES[kind]
    body = {**body, "stream": stream}
    if kind == "chat" and stream:
        body["stream_options"] = {"include_usage": True}
    begin = time.monotonic()
    response, call = exchange(running, path, headers, body, ANSWER)
    passed_ms = (time.monotonic() - begin) * 1000
    answer = read(kind, response)
    assert answer.text == f"{ANSWER.text}\n\n{MARKER}"
    assert answer.usage.input == tokens.count_parts(read_request(kind, body)).total
    assert answer.usage.output == tokens.count([answer.text])
    assert answer.model == MODEL
    assert json.loads(call.request) == body
    assert call.request == response.request.content
    assert call.response == response.content
    assert (call.n, call.exchange, call.caller, call.path) == (1, "r1-S1-litellm", CALLER, path)
    assert (call.status, call.stream, call.model, call.answered_by) == (200, stream, MODEL, "scripted")
    assert (call.error, call.aborted) == (None, False)
    assert call.first_byte_ms is not None
    assert 0 < call.first_byte_ms <= call.duration_ms <= passed_ms


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", ["messages", "chat", "responses", "ollama_chat"])
def test_scripted_tool_calls_come_in_the_wires_form_with_ids_of_their_own(
    running: Running, kind: str, stream: bool
) -> None:
    """Names and arguments are the script's."""
    path, headers, body, tools = WIRES[kind]
    response, _ = exchange(running, path, headers, {**body, "tools": tools, "stream": stream}, WITH_CALLS)
    answer = read(kind, response)
    assert [(call.name, call.input) for call in answer.tool_calls] == [("Read", CALL), ("Grep", {})]
    assert len({call.id for call in answer.tool_calls}) == 2
    assert MARKER in answer.text


@pytest.mark.parametrize("kind", ["messages", "chat", "responses", "ollama_chat", "ollama_generate"])
def test_a_stream_comes_in_several_deltas(running: Running, kind: str) -> None:
    """So that a gateway has something to put together, and its first byte comes before its last."""
    path, headers, body, _ = WIRES[kind]
    with httpx.stream(
        "POST", f"{running.url}/{CALLER}{path}", json={**body, "stream": True}, headers=headers
    ) as response:
        chunks = list(response.iter_raw())
    assert b"".join(chunks).count(b"labmark") >= 1
    assert len(b"".join(chunks).split(b"\n")) > 4


def test_chat_streams_carry_usage_only_when_asked(running: Running) -> None:
    """As the provider's do."""
    path, headers, body, _ = WIRES["chat"]
    response, _ = exchange(running, path, headers, {**body, "stream": True}, ANSWER)
    assert "usage" not in response.text
    assert response.text.endswith("data: [DONE]\n\n")


def test_the_anthropic_client_reads_messages_and_streams(running: Running) -> None:
    """The vendor's own SDK accumulates the stream to the same message."""
    client = anthropic.Anthropic(base_url=f"{running.url}/{CALLER}", api_key="k", max_retries=0)
    with running.control() as control:
        control.open_exchange("sdk", [CALLER], MARKER, WITH_CALLS)
        whole = client.messages.create(**messages_body(tools=ANTHROPIC_TOOLS))
        with client.messages.stream(**messages_body(tools=ANTHROPIC_TOOLS)) as stream:
            streamed = stream.get_final_message()
        calls = control.close_exchange("sdk")
    for message in (whole, streamed):
        assert [block.type for block in message.content] == ["text", "tool_use", "tool_use"]
        assert message.content[1].to_dict()["input"] == CALL
        assert message.stop_reason == "tool_use"
    assert streamed.usage.input_tokens == whole.usage.input_tokens > 0
    assert streamed.usage.output_tokens == whole.usage.output_tokens > 0
    assert [call.stream for call in calls] == [False, True]
    client.close()


def test_the_anthropic_client_sees_the_providers_errors(running: Running) -> None:
    """By status and type."""
    client = anthropic.Anthropic(base_url=f"{running.url}/{CALLER}", api_key="k", max_retries=0)
    with pytest.raises(anthropic.BadRequestError, match="max_tokens: Field required"):
        client.post("/v1/messages", body={"model": "m", "messages": TURNS}, cast_to=object)
    with pytest.raises(anthropic.NotFoundError):
        client.post("/v1/nothing", body={}, cast_to=object)
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).id == MODEL
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("other")
    client.close()


def test_the_openai_client_reads_chat_responses_and_models(running: Running) -> None:
    """The vendor's own SDK, streaming and not."""
    client = openai.OpenAI(base_url=f"{running.url}/{CALLER}/v1", api_key="k", max_retries=0)
    with running.control() as control:
        control.open_exchange("sdk", [CALLER], MARKER, WITH_CALLS)
        chat = client.chat.completions.create(**chat_body(tools=CHAT_TOOLS))
        with client.chat.completions.stream(**chat_body(tools=CHAT_TOOLS)) as chat_stream:
            chat_streamed = chat_stream.get_final_completion()
        options: Any = {"model": MODEL, "input": TURNS, "tools": RESPONSES_TOOLS}
        response = client.responses.create(**options)
        with client.responses.stream(**options) as response_stream:
            response_streamed = response_stream.get_final_response()
        control.close_exchange("sdk")
    for completion in (chat, chat_streamed):
        calls = completion.choices[0].message.tool_calls
        assert calls is not None
        assert [json.loads(call.function.arguments) for call in calls if call.type == "function"] == [
            CALL,
            {},
        ]
        assert completion.choices[0].finish_reason == "tool_calls"
    for whole in (response, response_streamed):
        assert whole.output_text == f"{WITH_CALLS.text}\n\n{MARKER}"
        assert [item.type for item in whole.output] == ["message", "function_call", "function_call"]
        assert whole.status == "completed"
    assert [model.id for model in client.models.list()] == [MODEL]
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("other")
    client.close()


def test_a_response_can_be_continued_by_its_id(running: Running) -> None:
    """The meter knows the ids it gave."""
    client = openai.OpenAI(base_url=f"{running.url}/{CALLER}/v1", api_key="k", max_retries=0)
    first = client.responses.create(model=MODEL, input="hi")
    second = client.responses.create(model=MODEL, input="and now?", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    with pytest.raises(openai.BadRequestError, match="not found"):
        client.responses.create(model=MODEL, input="and now?", previous_response_id="resp_unknown")
    client.close()


def test_the_openai_client_sees_the_providers_errors(running: Running) -> None:
    """By status, parameter and code."""
    client = openai.OpenAI(base_url=f"{running.url}/{CALLER}/v1", api_key="k", max_retries=0)
    with pytest.raises(openai.BadRequestError) as caught:
        client.post(
            "/chat/completions", body={"model": MODEL, "messages": [{"role": "user"}]}, cast_to=object
        )
    assert caught.value.param == "messages.[0].content"
    bare = httpx.post(f"{running.url}/{CALLER}/v1/chat/completions", json=chat_body())
    assert bare.status_code == 401
    client.close()


needs_weights = pytest.mark.skipif(
    importlib.util.find_spec(minilm.PACKAGE) is None,
    reason="the embedding weights are not installed (requirements/embeddings.txt)",
)


@needs_weights
def test_embeddings_of_all_three_wires_are_the_same_real_vectors(running: Running) -> None:
    """Floats, base64 and batches alike; related texts are near, others are not."""
    texts = [
        "Explain the difference between TCP and UDP in two sentences.",
        "What is the difference between TCP and UDP? Keep it brief.",
        "Write a haiku about autumn.",
    ]
    client = openai.OpenAI(base_url=f"{running.url}/{CALLER}/v1", api_key="k", max_retries=0)
    plain = client.embeddings.create(model="e", input=texts, encoding_format="float")
    vectors = np.array([one.embedding for one in plain.data])
    similar = vectors @ vectors[0]
    assert np.round(similar[1:], 3).tolist() == [0.942, 0.025]
    assert plain.usage.prompt_tokens == tokens.count(texts)
    raw = httpx.post(
        f"{running.url}/{CALLER}/v1/embeddings",
        json={"model": "e", "input": texts[0], "encoding_format": "base64"},
        headers=OPENAI,
    ).json()
    packed = np.frombuffer(base64.b64decode(raw["data"][0]["embedding"]), dtype="<f4")
    assert np.allclose(packed, vectors[0], atol=1e-7)
    url = f"{running.url}/{CALLER}/api"
    batch = httpx.post(f"{url}/embed", json={"model": "e", "input": texts}).json()
    assert np.allclose(batch["embeddings"], vectors, atol=1e-7)
    single = httpx.post(f"{url}/embeddings", json={"model": "e", "prompt": texts[2]}).json()
    assert np.allclose(single["embedding"], vectors[2], atol=1e-7)
    short = client.embeddings.create(model="e", input=texts[0], dimensions=64).data[0].embedding
    assert len(short) == 64
    assert float(np.linalg.norm(short)) == pytest.approx(1, abs=1e-5)
    client.close()


@needs_weights
def test_a_single_embedding_call_is_recorded_as_the_meters_own_answer(running: Running) -> None:
    """With the model it names."""
    body = {"model": "nomic-embed-text", "prompt": "hi"}
    response, call = exchange(running, "/api/embeddings", {}, body, ANSWER)
    assert response.status_code == 200
    assert (call.model, call.answered_by, call.error) == ("nomic-embed-text", "meter", None)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/embeddings", {"model": "e"}, 400),
        ("/v1/embeddings", {"model": "e", "input": ""}, 400),
        ("/v1/embeddings", {"model": "e", "input": []}, 400),
        ("/v1/embeddings", {"model": "e", "input": [1, 2]}, 400),
        ("/v1/embeddings", {"model": "e", "input": "x", "dimensions": 1000}, 400),
        ("/v1/embeddings", {"model": "e", "input": "x", "foo": 1}, 400),
        ("/api/embed", {"input": "x"}, 400),
        ("/api/embeddings", {"model": "e", "prompt": ["x"]}, 400),
        ("/api/embeddings", {"model": "e", "prompt": ""}, 200),
        ("/api/embed", {"model": "e", "input": []}, 200),
    ],
)
def test_odd_embedding_requests_get_the_providers_status(
    running: Running, path: str, body: dict[str, Any], status: int
) -> None:
    """Empty prompts are fine with Ollama and refused by OpenAI."""
    response = httpx.post(f"{running.url}/{CALLER}{path}", json=body, headers=OPENAI)
    assert response.status_code == status
    assert ("error" in response.json()) == (status == 400)


def test_ollamas_metadata_is_served(running: Running) -> None:
    """Tags, show, version, and the probe of the root with either method."""
    url = f"{running.url}/lynkr"
    assert [one["name"] for one in httpx.get(f"{url}/api/tags").json()["models"]] == [MODEL]
    assert httpx.post(f"{url}/api/show", json={"model": MODEL}).json()["capabilities"] == [
        "completion",
        "tools",
    ]
    assert httpx.post(f"{url}/api/show", json={"model": "other"}).status_code == 404
    assert httpx.get(f"{url}/api/version").json()["version"]
    for root in (url, f"{url}/", running.url):
        assert httpx.get(root).text == "Ollama is running"
        assert httpx.head(root).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "shape"),
    [
        ("POST", "/litellm/v1/messages/batches", ANTHROPIC, 404, "anthropic"),
        ("POST", "/litellm/v1/v1/messages", ANTHROPIC, 404, "anthropic"),
        ("GET", "/litellm/v1/messages", ANTHROPIC, 405, "anthropic"),
        ("POST", "/litellm/v1/completions", OPENAI, 404, "openai"),
        ("GET", "/litellm/v1/chat/completions", OPENAI, 405, "openai"),
        ("GET", "/litellm/v1/models", {}, 401, "openai"),
        ("POST", "/litellm/api/pull", {}, 404, "ollama"),
        ("POST", "/v1/chat/completions", OPENAI, 404, "openai"),
        ("DELETE", "/litellm/anything", {}, 404, "openai"),
    ],
)
def test_other_paths_and_methods_are_refused_in_the_wires_shape_and_recorded(
    running: Running, method: str, path: str, headers: dict[str, str], status: int, shape: str
) -> None:
    """The record says why."""
    with running.control() as control:
        control.background()
        response = httpx.request(method, f"{running.url}{path}", headers=headers)
        calls = control.background()
    body = response.json()
    assert response.status_code == status
    shapes = {
        "anthropic": body.get("type") == "error" and "message" in body["error"],
        "openai": set(body["error"]) == {"message", "type", "param", "code"},
        "ollama": isinstance(body["error"], str),
    }
    assert shapes[shape]
    assert [(call.status, call.method, call.answered_by) for call in calls] == [(status, method, "meter")]
    assert calls[0].error


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        ("messages", {"type": "error", "error": {"type": "not_found_error", "message": "model: no-such"}}),
        ("chat", {"error": {"code": "model_not_found", "param": None, "type": "invalid_request_error"}}),
        ("responses", {"error": {"code": "model_not_found", "param": "model"}}),
        ("ollama_chat", {"error": "model 'no-such' not found"}),
        ("ollama_generate", {"error": "model 'no-such' not found"}),
    ],
)
def test_a_model_that_the_provider_does_not_have_is_refused(
    running: Running, wire: str, said: dict[str, Any]
) -> None:
    """A gateway that asks for a model nobody offers gets the provider's status, in its wire's shape."""
    path, headers, body, _ = WIRES[wire]
    url = f"{running.url}/{CALLER}{path}"
    answer = httpx.post(url, headers=headers, json={**body, "model": "no-such"})
    assert answer.status_code == (400 if wire == "responses" else 404)
    got = answer.json()
    if isinstance(said["error"], dict):
        assert got["error"].items() >= said["error"].items()
        assert got.keys() >= said.keys()
    else:
        assert got == said
    with running.control() as control:
        control.background()


@pytest.mark.parametrize(("model", "width"), [("nomic-embed-text:latest", 768), ("all-minilm", 384)])
def test_vectors_are_as_wide_as_those_of_the_model_that_was_asked_for(
    running: Running, model: str, width: int
) -> None:
    """A gateway that expects its own model's width gets it, and the same cosines as everyone."""
    texts = ["Explain TCP and UDP.", "What is the difference between UDP and TCP?"]
    url = f"{running.url}/{CALLER}"
    old = [
        httpx.post(f"{url}/api/embeddings", json={"model": model, "prompt": text}).json()["embedding"]
        for text in texts
    ]
    new = httpx.post(f"{url}/api/embed", json={"model": model, "input": texts}).json()["embeddings"]
    plain = httpx.post(f"{url}/api/embed", json={"model": "all-minilm", "input": texts}).json()["embeddings"]
    assert {len(vector) for vector in (*old, *new)} == {width}
    assert old == new
    assert float(np.dot(*old)) == pytest.approx(float(np.dot(*plain)))
    assert any(old[0][:384])
    assert not any(old[0][384:])
    with running.control() as control:
        control.background()
