"""What answers behind the meter: the mode that follows, and what is let go at the end."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from rich.console import Console

from lab.config.models import LabConfig
from lab.engines.base import Engine, Instance, Say, Started
from lab.engines.modelserver import own
from lab.errors import ConfigError, EngineError, InstallError
from lab.progress import Reporter
from lab.run.serving import Serving
from tests.unit.model_api import Reply, llamacpp, ollama, serving, shown
from tests.unit.model_files import gguf
from tests.unit.run.planned import TOOL, plan, scenario, settings

NAMES = ("qwen2.5:0.5b", "qwen2.5:1.5b", "all-minilm:latest")
LOG = (
    'time=1 level=INFO msg="starting"\n'
    "llama_model_load: error loading model architecture: unknown model architecture: 'x'\n"
)


class FakeEngine:
    """An engine that starts the server at `url`, or fails to."""

    name = "host"

    def __init__(self, url: str = "", fails: Exception | None = None, **urls: str) -> None:
        self._url = url
        self._urls = urls
        self._fails = fails
        self.started: list[str] = []

    def install(self, instance: Instance, say: Say) -> None:
        """Fail, if it is to."""
        if self._fails and instance.name not in self._urls:
            raise self._fails

    def start(self, instance: Instance, say: Say) -> Started:
        """The server that is there already."""
        self.started.append(instance.name)
        self.env = instance.env
        return Started(self._urls.get(instance.name, self._url), "0.17.4", None, 0.1)

    def save_log(self, instance: Instance, path: Path) -> None:
        """What a server that cannot load a model logs."""
        path.write_text(LOG)


@pytest.fixture(autouse=True)
def no_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No server of the shell's, and a cache of its own."""
    monkeypatch.delenv("OLLAMA_URL", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


Make = Callable[..., Serving]


@pytest.fixture
def said() -> io.StringIO:
    """What is printed."""
    return io.StringIO()


@pytest.fixture
def make(said: io.StringIO) -> Make:
    """Makes what is asked what answers."""

    def made(
        wanted: str,
        engine: FakeEngine | None = None,
        *,
        lab: LabConfig | None = None,
        variants: tuple[str, ...] = ("direct", "ollama"),
        resumed: bool = False,
    ) -> Serving:
        asked = plan(scenario("A"), scenario("T", tools=[TOOL]), lab=lab or settings(), variants=variants)
        reporter = Reporter(Console(file=said, width=200))
        return Serving(asked, cast("Engine", engine or FakeEngine()), reporter, wanted, resumed=resumed)

    return made


def test_without_a_model_server_its_row_is_unavailable_with_the_reason(make: Make) -> None:
    """Nothing answers it."""
    serving_ = make("scripted")
    assert serving_.decide().mode == "scripted"
    assert "scripted (as requested)" in serving_.unavailable["ollama"].message
    assert "direct" not in serving_.unavailable


def test_a_server_that_the_user_names_is_asked_and_none_is_started(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the models cannot take is no part of the plan any more."""
    engine = FakeEngine()
    with serving(ollama(*NAMES, more={"POST /api/show": Reply(shown("completion"))})) as fake:
        monkeypatch.setenv("OLLAMA_URL", fake.url)
        serving_ = make("auto", engine)
        ahead = serving_.decide()
        serving_.let_go()
        released = [body["keep_alive"] for body in fake.bodies("POST /api/generate")[2:]]
    assert ahead.mode == "ollama"
    assert [one.address.url for one in ahead.model_servers] == [fake.url]
    assert engine.started == []
    assert serving_.instances == {}
    assert list(serving_.plan.cannot) == ["T"]
    assert released == ["5m"] * 3


def test_models_that_the_lab_loaded_are_let_go_on_another_s_server(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would take its memory for an hour."""
    with serving(ollama(*NAMES)) as fake:
        monkeypatch.setenv("OLLAMA_URL", fake.url)
        serving_ = make("ollama")
        serving_.decide()
        serving_.let_go()
        serving_.let_go()
        released = [body for body in fake.bodies("POST /api/generate") if body["keep_alive"] == "5m"]
    assert [body["model"] for body in released] == list(NAMES)


def rows(expires: str) -> Reply:
    """All models as loaded until then."""
    return Reply({"models": [{"name": name, "context_length": 1, "expires_at": expires} for name in NAMES]})


def test_a_server_that_was_restarted_during_the_run_is_noticed(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its models are loaded by the next request, for five minutes, or not at all."""
    now = datetime.now(UTC)
    later = {s: (now + timedelta(seconds=s)).isoformat() for s in (200, 3500)}
    with serving(ollama(*NAMES, more={"GET /api/ps": rows(later[3500])})) as fake:
        monkeypatch.setenv("OLLAMA_URL", fake.url)
        serving_ = make("ollama")
        assert serving_.loaded_again() == (), "nothing was asked yet"
        serving_.decide()
        assert serving_.loaded_again() == ()
        fake.answers["GET /api/ps"] = rows(later[200])
        assert len(serving_.loaded_again()) == 3
        fake.answers["GET /api/ps"] = Reply({"models": []})
        again = serving_.loaded_again()
        assert "qwen2.5:0.5b was unloaded or loaded again" in " ".join(again)
        fake.answers["GET /api/ps"] = Reply(hang_up=True)
        assert "no longer answers" in serving_.loaded_again()[0]
    serving_.let_go()


def test_a_server_that_hangs_at_the_end_is_asked_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever interrupts a run does not wait for each model."""
    with serving(ollama(*NAMES)) as fake:
        monkeypatch.setenv("OLLAMA_URL", fake.url)
        serving_ = make("ollama")
        serving_.decide()
        fake.asked.clear()
        fake.answers["POST /api/generate"] = Reply(hang_up=True)
        serving_.let_go()
        assert len(fake.asked) == 1


def test_a_server_that_the_lab_starts_is_started_for_the_asking(make: Make) -> None:
    """Its own models end with it."""
    with serving(ollama(*NAMES, loaded={})) as fake:
        engine = FakeEngine(fake.url)
        serving_ = make("auto", engine)
        assert serving_.decide().servers[0].where == "a process of the lab"
        serving_.let_go()
        assert not [b for b in fake.bodies("POST /api/generate") if b["keep_alive"] == "5m"]
    assert engine.started == ["ollama"]
    assert list(serving_.instances) == ["ollama"]


def test_the_lab_s_models_are_held_from_the_asking_to_the_end(make: Make, tmp_path: Path) -> None:
    """`lab clean` beside a run takes nothing from it."""
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "OLLAMA_MODELS": str(tmp_path / "models")}
    model = tmp_path / "models/manifests/registry.ollama.ai/lab/one-01234567/latest"
    model.parent.mkdir(parents=True)
    model.write_text("{}")
    with serving(ollama(*NAMES)) as fake:
        serving_ = make("ollama", FakeEngine(fake.url))
        serving_.decide()
    assert own.clean(env) == ["models of the lab's own stay: a run uses them"]
    serving_.let_go()
    assert own.clean(env) == [f"removed the model lab/one-01234567 from {tmp_path / 'models'}"]


def test_auto_starts_no_server_that_no_variant_needs(make: Make) -> None:
    """A comparison of gateways alone is scripted."""
    engine = FakeEngine()
    assert make("auto", engine, variants=("direct", "litellm")).decide().mode == "scripted"
    assert engine.started == []


def test_what_keeps_a_server_from_serving_ends_mode_ollama_and_leaves_auto_scripted(
    make: Make, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that was named is warned of with the next step."""
    monkeypatch.setenv("OLLAMA_URL", "http://127.0.0.1:9")
    with pytest.raises(EngineError, match="no model server answers"):
        make("ollama").decide()
    serving_ = make("auto")
    assert serving_.decide().mode == "scripted"
    assert "OLLAMA_URL is not used: no model server answers at http://127.0.0.1:9" in said.getvalue()
    assert "no model server" in serving_.unavailable["ollama"].message


def test_a_file_that_is_not_whole_ends_every_mode_that_would_send_it(make: Make) -> None:
    """It is a mistake in lab.yaml, and nothing is started for it."""
    lab = settings(models={"SIMPLE": "./not there.gguf"})
    engine = FakeEngine()
    for wanted in ("auto", "ollama"):
        with pytest.raises(ConfigError, match=r"ollama\.models\.SIMPLE: /not there\.gguf"):
            make(wanted, engine, lab=lab).decide()
    assert make("scripted", engine, lab=lab).decide().mode == "scripted"
    assert engine.started == []


def test_what_the_lab_s_own_server_logs_of_an_error_goes_with_it(make: Make) -> None:
    """Its answer alone does not say why a model cannot be loaded."""
    with (
        serving(ollama(*NAMES, more={"POST /api/generate": Reply({"error": "unable to load"}, 500)})) as fake,
        pytest.raises(EngineError, match="unable to load") as caught,
    ):
        make("ollama", FakeEngine(fake.url)).decide()
    assert caught.value.log_tail == LOG.splitlines()[1]


def test_a_server_that_cannot_be_installed_is_the_reason(make: Make) -> None:
    """As without Ollama on PATH."""
    with pytest.raises(InstallError, match="not on PATH"):
        make("ollama", FakeEngine(fails=InstallError("ollama is not on PATH"))).decide()


def test_a_resumed_run_asks_what_it_asked(make: Make) -> None:
    """A model that takes more today does not change it."""
    with serving(ollama(*NAMES, more={"POST /api/show": Reply(shown("completion"))})) as fake:
        serving_ = make("ollama", FakeEngine(fake.url), resumed=True)
        serving_.decide()
        serving_.let_go()
    assert serving_.plan.cannot == {}


BOTH = ("direct", "litellm-router", "ollama", "llamacpp")


def test_a_server_of_one_file_answers_every_tier_with_it(make: Make, said: io.StringIO) -> None:
    """The names under `ollama:` are Ollama's; what it was started with is not pulled."""
    with serving(llamacpp("small")) as fake:
        engine = FakeEngine(llamacpp=fake.url)
        serving_ = make("auto", engine, variants=("direct", "llamacpp"))
        ahead = serving_.decide()
        serving_.let_go()
    assert engine.started == ["llamacpp"]
    assert {name: target["model"] for name, target in ahead.forward.items()} == {
        "kimi-lab-simple": "small",
        "kimi-lab-medium": "small",
    }
    assert ahead.forward_for == {}
    (info,) = ahead.servers
    assert (info.system, info.kind, info.version) == ("llamacpp", "llama.cpp", "0.17.4")
    assert serving_.unavailable == {}
    assert "pull" not in said.getvalue()


def test_of_two_model_servers_the_first_answers_gateways_and_each_its_own_row(make: Make) -> None:
    """Whatever one cannot take is asked of the other."""
    with (
        serving(ollama(*NAMES, more={"POST /api/show": Reply(shown("completion"))})) as one,
        serving(llamacpp("small")) as two,
    ):
        serving_ = make("auto", FakeEngine(ollama=one.url, llamacpp=two.url), variants=BOTH)
        ahead = serving_.decide()
        serving_.let_go()
    assert {target["base_url"] for target in ahead.forward.values()} == {one.url}
    assert {name: target["base_url"] for name, target in ahead.forward_for["llamacpp"].items()} == {
        "kimi-lab-simple": two.url,
        "kimi-lab-medium": two.url,
    }
    assert [info.system for info in ahead.servers] == ["ollama", "llamacpp"]
    assert "ollama" in serving_.plan.cannot["T"]
    assert "llamacpp" not in serving_.plan.cannot["T"]


def test_one_model_server_answers_for_gateways_if_the_other_cannot_be_had(
    make: Make, said: io.StringIO
) -> None:
    """Only the other's row is unavailable, with the reason."""
    with serving(llamacpp("small")) as fake:
        engine = FakeEngine(fails=InstallError("ollama is not on PATH"), llamacpp=fake.url)
        serving_ = make("auto", engine, variants=BOTH)
        ahead = serving_.decide()
        serving_.let_go()
    assert {target["base_url"] for target in ahead.forward.values()} == {fake.url}
    assert "ollama" in serving_.unavailable
    assert "llamacpp" not in serving_.unavailable
    assert {error.message for error in serving_.unavailable.values()} == {"ollama is not on PATH"}
    assert "ollama is unavailable: ollama is not on PATH" in said.getvalue()


def test_a_named_server_answers_gateways_beside_the_lab_s_own(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OLLAMA_URL is for all but the row of another server; without gateways nobody asks it."""
    with serving(ollama(*NAMES)) as named, serving(llamacpp("small")) as own:
        monkeypatch.setenv("OLLAMA_URL", named.url)
        engine = FakeEngine(llamacpp=own.url)
        beside = make("auto", engine, variants=("litellm-router", "llamacpp"))
        ahead = beside.decide()
        beside.let_go()
        assert {target["base_url"] for target in ahead.forward.values()} == {named.url}
        assert list(ahead.forward_for) == ["llamacpp"]
        named.asked.clear()
        without = make("auto", engine, variants=("direct", "llamacpp"))
        alone = without.decide()
        without.let_go()
        assert {target["base_url"] for target in alone.forward.values()} == {own.url}
        assert named.asked == []


def test_a_file_that_lab_yaml_names_is_what_a_server_of_one_file_is_started_with(
    make: Make, tmp_path: Path
) -> None:
    """The first of them; it is not sent."""
    file = gguf(tmp_path / "my own.gguf")
    with serving(llamacpp("my own")) as fake:
        engine = FakeEngine(llamacpp=fake.url)
        lab = settings(models={"SIMPLE": str(file)})
        serving_ = make("auto", engine, lab=lab, variants=("direct", "llamacpp"))
        serving_.decide()
        serving_.let_go()
    assert (engine.env["LAB_MODEL_FILE"], engine.env["LAB_MODEL_NAME"]) == (str(file), "my own")
