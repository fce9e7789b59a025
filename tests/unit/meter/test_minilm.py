"""Real sentence vectors: the published model's similarities, the same every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.errors import InstallError
from lab.meter import minilm
from lab.meter.minilm import MiniLM, check_files, model_folder

TCP = "Explain the difference between TCP and UDP in two sentences."


@pytest.fixture(scope="module")
def model() -> MiniLM:
    """The model, loaded once; tests skip where its weights are not installed."""
    try:
        return MiniLM()
    except InstallError as error:
        pytest.skip(error.message)


@pytest.mark.parametrize(
    ("text", "similarity"),
    [
        ("What is the difference between TCP and UDP? Keep it brief.", 0.942),
        ("What is the difference between IPv4 and IPv6?", 0.361),
        ("Write a haiku about autumn.", 0.025),
    ],
)
def test_similarities_are_those_of_the_published_model(model: MiniLM, text: str, similarity: float) -> None:
    """To three decimals, as the sentence-transformers package gives them for the same weights."""
    assert float(model.embed(TCP) @ model.embed(text)) == pytest.approx(similarity, abs=0.0006)


@pytest.mark.parametrize("text", ["", "x", "word " * 2000, "日本語 🎉 \ud800", "\x00\n"])
def test_every_text_has_a_unit_vector(model: MiniLM, text: str) -> None:
    """Empty, long and odd texts included."""
    vector = model.embed(text)
    assert vector.shape == (384,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)


def test_the_same_text_has_the_same_vector_bit_for_bit(model: MiniLM) -> None:
    """Whatever was embedded in between, and in a model loaded anew."""
    first = model.embed(TCP)
    model.embed("something else")
    assert model.embed(TCP).tobytes() == first.tobytes() == MiniLM().embed(TCP).tobytes()


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path) -> None:
    """The file and both hashes are named."""
    for name in minilm.SHA256:
        (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(InstallError, match="SHA-256") as caught:
        check_files(tmp_path)
    assert "model.safetensors" in caught.value.message


def test_missing_weights_are_an_error_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command."""
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(InstallError) as caught:
        model_folder()
    assert "requirements/embeddings.txt" in caught.value.next_step
