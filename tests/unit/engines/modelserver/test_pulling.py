"""Models brought to a server: pulled, or sent from files, with visible progress."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from lab.engines.modelserver import pulling
from lab.engines.modelserver.files import FileModel, read_files
from lab.engines.modelserver.pulling import pull, send
from lab.engines.modelserver.server import reach
from lab.errors import InstallError
from tests.unit.model_api import SUCCESS, Reply, ollama, serving, shown
from tests.unit.model_files import folder, gguf

KEY = "ollama.models.SIMPLE"


def test_a_missing_model_is_pulled_with_visible_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user sees what comes, how large it is, and how far it is."""
    monkeypatch.setattr(pulling, "SAY_EVERY_S", 0.0)
    said: list[str] = []
    with serving(ollama("other:1b")) as fake:
        assert pull(reach(fake.url), "qwen2.5:0.5b", said.append)
        assert fake.bodies("POST /api/pull") == [{"model": "qwen2.5:0.5b", "stream": True}]
    assert said == [
        "ollama: pulling qwen2.5:0.5b",
        "ollama: qwen2.5:0.5b: 25 % of 400 MB",
        "ollama: qwen2.5:0.5b: 100 % of 400 MB",
        "ollama: qwen2.5:0.5b is there",
    ]


def test_progress_is_not_said_for_every_line_of_a_pull() -> None:
    """Ollama sends several lines a second for minutes."""
    said: list[str] = []
    with serving(ollama(more={"POST /api/pull": Reply([*SUCCESS[:3] * 200, SUCCESS[-1]])})) as fake:
        pull(reach(fake.url), "m:1b", said.append)
    assert len(said) <= 4


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply([{"status": "pulling manifest"}, {"error": "file does not exist"}]), "file does not exist"),
        (Reply(SUCCESS[:3]), "ended before it was complete"),
        (Reply({"error": "no pulling here"}, 500), "no pulling here"),
        (Reply(hang_up=True), "ended the connection"),
    ],
)
def test_a_pull_that_fails_is_told_in_the_server_s_words(reply: Reply, why: str) -> None:
    """A wrong name and a torn download both end the pull, although the status was 200."""
    with serving(ollama(more={"POST /api/pull": reply})) as fake:
        server = reach(fake.url)
        with pytest.raises(InstallError, match=why) as caught:
            pull(server, "qwen9:0.5b", lambda _: None)
    assert "qwen9:0.5b" in caught.value.message
    assert "configs/lab.yaml" in caught.value.next_step


def test_a_server_that_cannot_pull_says_so_by_its_status() -> None:
    """llama.cpp has no such call."""
    with serving(
        ollama(more={"POST /api/pull": Reply({"error": {"message": "File Not Found"}}, 404)})
    ) as fake:
        assert not pull(reach(fake.url), "m", lambda _: None)


def model_of(folder_: Path, name: str = "tiny one.gguf") -> FileModel:
    """A whole model of one file with a space in its name."""
    gguf(folder_ / name)
    found = read_files(KEY, name, folder_)
    assert found is not None
    return found


def blobs(known: set[str]) -> dict[str, Any]:
    """Answers of a server that keeps blobs; `known` are those it has."""

    def of(digest: str) -> dict[str, Any]:
        def keep(content: object) -> Reply:
            assert isinstance(content, bytes)
            assert f"sha256:{hashlib.sha256(content).hexdigest()}" == digest
            known.add(digest)
            return Reply("", 201)

        return {
            f"HEAD /api/blobs/{digest}": lambda _: Reply("", 200 if digest in known else 404),
            f"POST /api/blobs/{digest}": keep,
        }

    return {"of": of}


def test_a_file_is_sent_under_its_digest_and_made_into_a_model_of_the_lab_s_own(tmp_path: Path) -> None:
    """Its name has nothing of the user's models."""
    model = model_of(tmp_path)
    digest = f"sha256:{hashlib.sha256(model.path.read_bytes()).hexdigest()}"
    known: set[str] = set()
    said: list[str] = []
    with serving(ollama("tiny one:latest") | blobs(known)["of"](digest)) as fake:
        name = send(reach(fake.url), model, said.append)
        again = send(reach(fake.url), model, said.append)
        created = fake.bodies("POST /api/create")
        sent = [call for call, _ in fake.asked if call.startswith("POST /api/blobs")]
    assert name == again == f"lab/tiny-one-{digest.removeprefix('sha256:')[:8]}"
    assert known == {digest}
    assert len(sent) == 1, "what the server has is not sent twice"
    assert created[0] == {"model": name, "files": {"tiny one.gguf": digest}, "stream": True}
    assert said[0] == f"ollama: tiny one.gguf is there as {name}"


def test_a_model_that_is_there_is_neither_sent_nor_made_again(tmp_path: Path) -> None:
    """A second run takes seconds."""
    model = model_of(tmp_path)
    digest = hashlib.sha256(model.path.read_bytes()).hexdigest()
    with serving(ollama(f"lab/tiny-one-{digest[:8]}:latest")) as fake:
        send(reach(fake.url), model, lambda _: None)
        assert not [call for call, _ in fake.asked if "blobs" in call or "create" in call]


def test_all_files_of_a_folder_are_sent_under_their_paths(tmp_path: Path) -> None:
    """How an embedding pools is in a folder of its own."""
    folder(tmp_path / "mini lm")
    model = read_files("ollama.embeddings", "mini lm", tmp_path)
    assert model is not None
    known: set[str] = set()
    answers = ollama(more={"POST /api/show": Reply(shown("embedding", template="{{ .Prompt }}"))})
    for path in model.files.values():
        answers |= blobs(known)["of"](f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")
    said: list[str] = []
    with serving(answers) as fake:
        assert send(reach(fake.url), model, said.append).startswith("lab/mini-lm-")
        assert set(fake.bodies("POST /api/create")[0]["files"]) == set(model.files)
    assert not any("template" in line for line in said), "an embedding needs none"


def test_a_model_without_a_known_template_is_said(tmp_path: Path) -> None:
    """The server then hands it the bare text."""
    model = model_of(tmp_path)
    digest = f"sha256:{hashlib.sha256(model.path.read_bytes()).hexdigest()}"
    answers = ollama(more={"POST /api/show": Reply(shown("completion", template="{{ .Prompt }}"))})
    said: list[str] = []
    with serving(answers | blobs({digest})["of"](digest)) as fake:
        send(reach(fake.url), model, said.append)
    assert any("knows no chat template of tiny one.gguf" in line for line in said)


@pytest.mark.parametrize(
    ("create", "why"),
    [
        (
            Reply([{"status": "parsing GGUF"}, {"error": "unsupported architecture"}]),
            "unsupported architecture",
        ),
        (Reply([{"status": "parsing GGUF"}]), "ended before the model was made"),
        (Reply([]), "ended before the model was made"),
        (Reply(hang_up=True), "ended the connection"),
    ],
)
def test_what_the_server_does_not_take_names_the_file_and_its_key(
    tmp_path: Path, create: Reply, why: str
) -> None:
    """With the words of the server."""
    model = model_of(tmp_path)
    digest = f"sha256:{hashlib.sha256(model.path.read_bytes()).hexdigest()}"
    with serving(ollama(more={"POST /api/create": create}) | blobs({digest})["of"](digest)) as fake:
        server = reach(fake.url)
        with pytest.raises(InstallError, match=why) as caught:
            send(server, model, lambda _: None)
    assert f"configs/lab.yaml: {KEY}" in caught.value.message
    assert caught.value.next_step


def test_a_server_that_takes_no_files_is_sent_none(tmp_path: Path) -> None:
    """llama.cpp serves what it was started with."""
    props = {"GET /props": Reply({"default_generation_settings": {"n_ctx": 1}})}
    with serving({"GET /v1/models": Reply({"data": [{"id": "smol"}]})} | props) as fake:
        server = reach(fake.url)
        with pytest.raises(InstallError, match=f"{KEY}.*does not take models of files"):
            send(server, model_of(tmp_path), lambda _: None)
        assert not any("blobs" in call for call, _ in fake.asked)


def test_a_file_that_changes_on_its_way_is_refused_by_its_digest(tmp_path: Path) -> None:
    """The server holds the content against it."""
    model = model_of(tmp_path)
    digest = f"sha256:{hashlib.sha256(model.path.read_bytes()).hexdigest()}"
    refuse = {f"POST /api/blobs/{digest}": Reply({"error": "digest mismatch"}, 400)}
    with serving(ollama() | refuse) as fake:
        server = reach(fake.url)
        with pytest.raises(InstallError, match="digest mismatch"):
            send(server, model, lambda _: None)
