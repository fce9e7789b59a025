"""What a model server is, what it says of its models, and what it is asked for that."""

from __future__ import annotations

import pytest

from lab.engines.modelserver.said import Loaded
from lab.engines.modelserver.server import reach, same_name
from lab.errors import EngineError
from tests.unit.model_api import Reply, ollama, serving, shown

LLAMA_CPP = {
    "GET /v1/models": Reply({"data": [{"id": "smol", "meta": {"n_ctx_train": 8192}}]}),
    "GET /props": Reply({"default_generation_settings": {"n_ctx": 2048}, "modalities": {"vision": False}}),
    "POST /tokenize": Reply({"tokens": [1, 2, 3]}),
    "POST /v1/chat/completions": Reply(
        {
            "usage": {"prompt_tokens": 30, "completion_tokens": 8},
            "timings": {"prompt_per_second": 60.0, "predicted_per_second": 20.0},
        }
    ),
}


def test_an_ollama_says_its_version_its_models_and_what_they_take() -> None:
    """And the context in force is another than the one that the model was made for."""
    with serving(ollama("qwen2.5:0.5b", "all-minilm:latest")) as fake:
        server = reach(fake.url + "/")
        assert (server.kind, server.version) == ("ollama", "0.17.4")
        assert server.served_as("all-minilm") == "all-minilm:latest"
        assert server.served_as("qwen2.5") is None
        one = server.show("qwen2.5:0.5b")
        assert (one.context, one.capabilities) == (32768, ("completion", "tools"))
        assert [need for need in ("tools", "vision", "thinking") if one.lacks(need)] == ["vision", "thinking"]
        assert server.loaded()["qwen2.5:0.5b"] == Loaded(4096)
        assert server.count("some text") is None


def test_an_ollama_that_says_no_capabilities_is_held_to_none() -> None:
    """Versions before 0.6.4 do not list them."""
    with serving(ollama("m", more={"POST /api/show": Reply({"model_info": []})})) as fake:
        one = reach(fake.url).show("m")
        assert one.capabilities is None
        assert not one.lacks("tools")
        assert one.context is None


def test_a_model_is_loaded_and_kept_and_then_let_go() -> None:
    """Longer than any pause within a run, and no longer than Ollama itself would."""
    with serving(ollama("m")) as fake:
        server = reach(fake.url)
        assert server.load("m") >= 0
        server.load("e", embedding=True)
        server.release("m")
        assert fake.bodies("POST /api/generate") == [
            {"model": "m", "keep_alive": "1h"},
            {"model": "m", "keep_alive": "5m"},
        ]
        assert fake.bodies("POST /api/embed")[0]["keep_alive"] == "1h"


@pytest.mark.parametrize(
    ("expires", "kept"),
    [
        ("2319-03-10T09:50:17.764075097Z", "long"),
        ("2020-01-01T00:00:00.5+02:00", "no more"),
        ("soon", "unknown"),
        ("2020-01-01T00:00:00", "unknown"),
    ],
)
def test_how_long_a_model_stays_loaded_is_read(expires: str, kept: str) -> None:
    """With nanoseconds, as Ollama writes them."""
    models = [{"name": "m", "context_length": 1, "expires_at": expires}]
    with serving(ollama("m", more={"GET /api/ps": Reply({"models": models})})) as fake:
        seconds = reach(fake.url).loaded()["m"].kept_s
    assert kept == ("unknown" if seconds is None else "long" if seconds > 1e9 else "no more")


def test_a_model_that_somebody_keeps_longer_is_left_as_it_is() -> None:
    """Neither loading nor asking changes how long."""
    with serving(ollama("m")) as fake:
        server = reach(fake.url)
        server.lasting = frozenset({"m:latest"})
        server.load("m")
        server.answer("m", "x", 1, 5.0)
        assert all("keep_alive" not in body for call, body in fake.asked if body)


def test_a_timed_answer_keeps_the_model_and_changes_no_option_that_would_load_it_again() -> None:
    """Another context than the one in force would."""
    with serving(ollama("m")) as fake:
        timed = reach(fake.url).answer("m", "a question", 32, 5.0)
        body = fake.bodies("POST /api/chat")[0]
    assert (timed.prompt, timed.written, timed.read_per_s, timed.write_per_s) == (300, 32, 300.0, 16.0)
    assert body["options"] == {"num_predict": 32}
    assert body["keep_alive"] == "1h"
    assert body["stream"] is False


def test_llama_cpp_says_what_it_has() -> None:
    """One model, its context, whether it sees pictures, its own count of tokens and its pace."""
    with serving(LLAMA_CPP) as fake:
        server = reach(fake.url)
        assert server.kind == "llama.cpp"
        one = server.show("smol")
        assert (one.context, one.lacks("vision"), one.lacks("tools")) == (8192, True, False)
        assert server.loaded() == {"smol": Loaded(2048)}
        assert server.count("some text") == 3
        assert server.load("smol") == 0
        timed = server.answer("smol", "a question", 8, 5.0)
        assert (timed.prompt, timed.read_per_s, timed.write_per_s) == (30, 60.0, 20.0)


def test_another_server_is_held_to_nothing_that_it_does_not_say() -> None:
    """It lists models as OpenAI does, and answers."""
    with serving({"GET /v1/models": Reply({"data": [{"id": "gpt"}, "odd", {}]})}) as fake:
        server = reach(fake.url)
        assert (server.kind, server.names, server.version) == ("other", ("gpt",), None)
        assert not server.show("gpt").lacks("tools")
        assert server.loaded() == {}


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({}, "neither /api/tags nor /v1/models lists its models"),
        ({"GET /api/tags": Reply("<html>", 200, "text/html")}, "HTTP 200 with text/html"),
        ({"GET /v1/models": Reply({"error": {"message": "no key"}}, 401)}, "no key"),
        ({"GET /api/tags": Reply(hang_up=True)}, "ended the connection"),
    ],
)
def test_what_is_no_model_server_is_told_with_what_it_answers(answers: dict[str, Reply], why: str) -> None:
    """OLLAMA_URL may point anywhere."""
    with serving(answers) as fake, pytest.raises(EngineError, match=why) as caught:
        reach(fake.url)
    assert fake.url in caught.value.message
    assert caught.value.next_step


def test_nothing_listening_names_the_address_and_the_variable() -> None:
    """The usual case: Ollama is not started."""
    with serving({}) as fake:
        pass
    with pytest.raises(EngineError, match=f"no model server answers at {fake.url}") as caught:
        reach(fake.url)
    assert "OLLAMA_URL" in caught.value.next_step


def test_a_name_without_a_tag_is_that_of_the_latest() -> None:
    """As in Ollama itself; the port of a registry is no tag."""
    assert same_name("m", "m:latest")
    assert same_name("host:5000/m", "host:5000/m:latest")
    assert not same_name("m", "m:7b")


def test_shown_reads_where_the_weights_are() -> None:
    """Models of the same weights are loaded once, under the name of one of them."""
    with serving(ollama("m", more={"POST /api/show": Reply(shown("embedding"))})) as fake:
        one = reach(fake.url).show("m")
    assert one.weights == "FROM /blobs/sha256-1"
    assert one.embeds
