"""The embedding wires: /v1/embeddings, /api/embed and /api/embeddings, with real vectors."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError

from lab import tokens
from lab.errors import LabError
from lab.meter import ollama, openai_errors
from lab.meter.refusal import Refusal
from lab.meter.replies import Asked, Reply, json_reply
from lab.meter.schemas import ollama as ollama_schemas
from lab.meter.schemas import openai_words
from lab.meter.schemas.base import Strict

if TYPE_CHECKING:
    from lab.meter.minilm import Array, MiniLM

_MAX_INPUTS = 2048
_WIDTH = 384  # of all-MiniLM-L6-v2
# The widths that these models give, by their own pages; who asks for one of them may refuse any other.
_WIDTHS = {
    "nomic-embed-text": 768,
    "mxbai-embed-large": 1024,
    "bge-m3": 1024,
    "text-embedding-ada-002": 1536,
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
}


class EmbeddingsRequest(Strict):
    """The body of POST /v1/embeddings."""

    model: Annotated[str, Field(min_length=1)]
    input: str | list[str] | list[int] | list[list[int]]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1)] | None = None
    user: str | None = None


def width_of(model: str) -> int:
    """How many dimensions the vectors of this model have; a tag such as `:latest` makes no difference."""
    return _WIDTHS.get(model.partition(":")[0], _WIDTH)


class Embedder:
    """Computes vectors in one thread of its own, where the weights are loaded on first use."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embeddings")
        self._model: MiniLM | None = None

    async def embed(self, texts: Sequence[str], dimensions: int) -> list[Array]:
        """Unit vectors in the order of `texts`, of so many `dimensions`; Refusal (503) without weights."""
        loop = asyncio.get_running_loop()
        try:
            return [await loop.run_in_executor(self._thread, self._one, text, dimensions) for text in texts]
        except LabError as error:
            raise Refusal(503, str(error), kind="server_error") from None

    def _one(self, text: str, dimensions: int) -> Array:
        if self._model is None:
            from lab.meter.minilm import MiniLM

            self._model = MiniLM()
        return fitted(self._model.embed(text), dimensions)


def fitted(vector: Array, dimensions: int) -> Array:
    """A unit vector cut to fewer dimensions, or filled up with zeros, which change no cosine."""
    if dimensions >= len(vector):
        wide = vector.copy()
        wide.resize(dimensions)
        return wide
    cut = vector[:dimensions]
    norm = float((cut * cut).sum()) ** 0.5
    return cut / norm if norm else cut


async def openai(asked: Asked, embedder: Embedder) -> Reply:
    """POST /v1/embeddings."""
    body = asked.body
    try:
        EmbeddingsRequest.model_validate(body)
    except ValidationError as error:
        raise _openai_refusal(body, error) from None
    texts = _openai_texts(body["input"])
    vectors = await embedder.embed(texts, _dimensions(body))
    used = tokens.count(texts)
    form = _base64 if body.get("encoding_format") == "base64" else _floats
    data = [
        {"object": "embedding", "index": n, "embedding": form(vector)} for n, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": used, "total_tokens": used}
    return json_reply({"object": "list", "data": data, "model": body["model"], "usage": usage})


async def ollama_embed(asked: Asked, embedder: Embedder) -> Reply:
    """POST /api/embed: one text or several."""
    body = asked.body
    ollama.check(body, "EmbedRequest", ollama_schemas.EmbedRequest)
    given = body.get("input")
    texts = [given] if isinstance(given, str) else given or []
    texts = [text for text in texts if text] if isinstance(given, str) else texts
    vectors = await embedder.embed(texts, body.get("dimensions") or width_of(body["model"]))
    spent = int((time.perf_counter() - asked.received) * 1e9)
    return json_reply(
        {
            "model": body["model"],
            "embeddings": [_floats(vector) for vector in vectors],
            "total_duration": spent,
            "load_duration": 0,
            "prompt_eval_count": tokens.count(texts),
        }
    )


async def ollama_embeddings(asked: Asked, embedder: Embedder) -> Reply:
    """POST /api/embeddings: the older form for one text."""
    body = asked.body
    ollama.check(body, "EmbeddingRequest", ollama_schemas.EmbeddingRequest)
    prompt = body.get("prompt")
    vectors = await embedder.embed([prompt] if prompt else [], width_of(body["model"]))
    return json_reply({"embedding": _floats(vectors[0]) if vectors else []})


def _openai_refusal(body: dict[str, Any], error: ValidationError) -> Refusal:
    if body.get("model") in (None, ""):
        return Refusal(400, "you must provide a model parameter")
    first = error.errors(include_url=False)[0]
    if first["loc"][0] == "input" and first["type"] != "missing":
        return Refusal(400, "'$.input' is invalid. Please check the API reference.")
    return openai_words.refusal(error, unknown=openai_words.unrecognized)


def _openai_texts(given: Any) -> list[str]:
    texts = [given] if isinstance(given, str) else given
    if not texts or any(text in ("", []) for text in texts):
        raise Refusal(400, "'$.input' is invalid. Please check the API reference.")
    if len(texts) > _MAX_INPUTS:
        raise Refusal(400, f"'$.input' is invalid: at most {_MAX_INPUTS} inputs, got {len(texts)}.")
    if not all(isinstance(text, str) for text in texts):
        raise Refusal(400, "Arrays of token ids are not supported by this model; send texts.", param="input")
    return list(texts)


def _dimensions(body: dict[str, Any]) -> int:
    width = width_of(body["model"])
    wanted: int = body.get("dimensions") or width
    if wanted > width:
        text = f"Invalid value for 'dimensions' = {wanted}. Must be less than or equal to {width}."
        raise Refusal(400, text, param="dimensions")
    return wanted


def _floats(vector: Array) -> list[float]:
    return [float(value) for value in vector]


def _base64(vector: Array) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


@dataclass(frozen=True, slots=True)
class EmbedWire:
    """One wire on which texts become vectors."""

    authorize: Callable[[dict[str, str]], None]
    read: Callable[[bytes], dict[str, Any]]
    answer: Callable[[Asked, Embedder], Coroutine[Any, Any, Reply]]
    refuse: Callable[[Refusal], Reply]


OPENAI = EmbedWire(openai_errors.authorize, openai_errors.read, openai, openai_errors.refuse)
OLLAMA_EMBED = EmbedWire(ollama.authorize, ollama.read, ollama_embed, ollama.refuse)
OLLAMA_EMBEDDINGS = EmbedWire(ollama.authorize, ollama.read, ollama_embeddings, ollama.refuse)
