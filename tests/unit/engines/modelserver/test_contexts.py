"""A model of another context: made once under the lab's own name, and loaded under it."""

from __future__ import annotations

from lab.engines.modelserver.contexts import ready, with_context
from lab.engines.modelserver.files import is_own
from lab.engines.modelserver.server import reach
from tests.unit.model_api import Reply, ollama, serving

MADE = {"POST /api/create": Reply({"status": "success"})}


def test_the_same_weights_get_a_name_of_the_lab_s_own() -> None:
    """`lab clean` knows it by its name, and another context has another one."""
    with serving(ollama("qwen2.5:0.5b", more=MADE)) as fake:
        server = reach(fake.url)
        names = {with_context(server, "qwen2.5:0.5b", tokens, print) for tokens in (8192, 8192, 16384)}
        (body, *_) = fake.bodies("POST /api/create")
    assert len(names) == 2
    assert all(is_own(name) for name in names)
    assert (body["from"], body["parameters"]) == ("qwen2.5:0.5b", {"num_ctx": 8192})


def test_a_model_that_is_there_is_not_made_again() -> None:
    """It is kept between runs."""
    with serving(ollama("m", more=MADE)) as fake:
        name = with_context(reach(fake.url), "m", 8192, print)
    with serving(ollama("m", f"{name}:latest")) as fake:
        assert with_context(reach(fake.url), "m", 8192, print) == name
        assert fake.bodies("POST /api/create") == []


def test_only_a_model_that_is_not_loaded_is_loaded_ahead() -> None:
    """Loading is no part of an exchange's latency."""
    with serving(ollama("m", "other", loaded={"m:latest": 4096})) as fake:
        server = reach(fake.url)
        assert ready(server, "m") == 0.0
        assert fake.bodies("POST /api/generate") == []
        assert ready(server, "other") > 0
        assert [body["model"] for body in fake.bodies("POST /api/generate")] == ["other"]


def test_a_server_that_has_one_model_needs_no_loading() -> None:
    """llama.cpp's has its model from the start."""
    answers = {
        "GET /v1/models": Reply({"data": [{"id": "m"}]}),
        "GET /props": Reply({"default_generation_settings": {"n_ctx": 4096}}),
    }
    with serving(answers) as fake:
        assert ready(reach(fake.url), "m") == 0.0
