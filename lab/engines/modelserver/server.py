"""One model server (Ollama, llama.cpp's, or another): what it serves, and what its models can take."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final, Literal

from lab.engines.modelserver.http import Http, Refusal, Silence
from lab.errors import EngineError

Kind = Literal["ollama", "llama.cpp", "other"]
Need = Literal["tools", "vision", "thinking", "embedding"]
LOAD_S: Final = 900.0
RELEASE_S: Final = 3.0
# How long a model stays loaded without a request: longer than any pause within a run.
KEEP: Final = "1h"
# What Ollama does if nobody says otherwise: a model that the lab loaded is left with it.
USUAL: Final = "5m"
NO_TEMPLATE: Final = "{{ .Prompt }}"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server says of a model: what it can take, and the context it was made for, in tokens.

    `capabilities` are in the server's words (None: it does not say). `judged` are the needs that it can be
    held to: what is among these and not among its capabilities the model does not take. `weights` says where
    its weights are: models of the same weights are loaded once.
    """

    capabilities: tuple[str, ...] | None = None
    judged: frozenset[str] = frozenset()
    context: int | None = None
    template: str | None = None
    weights: str | None = None

    @property
    def embeds(self) -> bool:
        """Whether it is an embedding model."""
        return "embedding" in (self.capabilities or ())

    def lacks(self, need: str) -> bool:
        """Whether the model is known not to take what needs this."""
        return need in self.judged and need not in (self.capabilities or ())


@dataclass(frozen=True, slots=True)
class Timed:
    """A timed answer: seconds in all, tokens of prompt and answer, and both per second."""

    answer_s: float
    prompt: int | None = None
    written: int | None = None
    read_per_s: float | None = None
    write_per_s: float | None = None


class ModelServer:
    """A model server at a URL, as `reach` finds it."""

    def __init__(self, http: Http, kind: Kind, version: str | None, names: tuple[str, ...]) -> None:
        self.http = http
        self.kind = kind
        self.version = version
        self.names = names

    @property
    def url(self) -> str:
        """Its base URL, without a trailing slash."""
        return self.http.url

    def served_as(self, name: str) -> str | None:
        """The name by which it serves a model; one without a tag means `latest`, as in Ollama itself."""
        return next((found for found in self.names if same_name(name, found)), None)

    def show(self, name: str) -> Shown:
        """What it says of a model; raises Refusal or Silence."""
        if self.kind == "ollama":
            return _shown_by_ollama(self.http.json("POST", "/api/show", {"model": name}))
        if self.kind == "llama.cpp":
            props = self.http.json("GET", "/props")
            modalities = props.get("modalities")
            sees = ("vision",) if isinstance(modalities, dict) and modalities.get("vision") else ()
            judged = frozenset({"vision"}) if isinstance(modalities, dict) else frozenset[str]()
            return Shown(("completion", *sees), judged, self._trained_context())
        return Shown()

    def load(self, name: str, *, embedding: bool = False) -> float:
        """Have a model loaded and kept; seconds it took (0 if it was loaded). Raises Refusal or Silence."""
        if self.kind != "ollama":
            return 0.0
        begin = time.monotonic()
        body: dict[str, object] = {"model": name, "keep_alive": KEEP}
        if embedding:
            self.http.json("POST", "/api/embed", body | {"input": "ready"}, timeout_s=LOAD_S)
        else:
            self.http.json("POST", "/api/generate", body, timeout_s=LOAD_S)
        return time.monotonic() - begin

    def loaded(self) -> dict[str, int | None]:
        """The loaded models by name, with the context in force in tokens (None: it does not say)."""
        if self.kind == "llama.cpp":
            settings = self.http.json("GET", "/props").get("default_generation_settings")
            context = settings.get("n_ctx") if isinstance(settings, dict) else None
            return dict.fromkeys(self.names, _whole(context))
        if self.kind == "other":
            return {}
        models = self.http.json("GET", "/api/ps").get("models")
        rows = [row for row in models if isinstance(row, dict)] if isinstance(models, list) else []
        return {str(row.get("name")): _whole(row.get("context_length")) for row in rows}

    def answer(self, name: str, text: str, tokens: int, timeout_s: float) -> Timed:
        """Time one answer of so many tokens; raises Refusal or Silence."""
        messages = [{"role": "user", "content": text}]
        begin = time.monotonic()
        if self.kind == "ollama":
            body: dict[str, object] = {
                "model": name,
                "messages": messages,
                "stream": False,
                "keep_alive": KEEP,
            }
            said = self.http.json(
                "POST", "/api/chat", body | {"options": {"num_predict": tokens}}, timeout_s=timeout_s
            )
            took = time.monotonic() - begin
            read, written = _whole(said.get("prompt_eval_count")), _whole(said.get("eval_count"))
            return Timed(
                took,
                read,
                written,
                _rate(read, _number(said.get("prompt_eval_duration")) / 1e9),
                _rate(written, _number(said.get("eval_duration")) / 1e9),
            )
        said = self.http.json(
            "POST",
            "/v1/chat/completions",
            {"model": name, "messages": messages, "max_tokens": tokens},
            timeout_s=timeout_s,
        )
        took = time.monotonic() - begin
        usage, timings = said.get("usage"), said.get("timings")
        usage = usage if isinstance(usage, dict) else {}
        timings = timings if isinstance(timings, dict) else {}
        return Timed(
            took,
            _whole(usage.get("prompt_tokens")),
            _whole(usage.get("completion_tokens")),
            _number(timings.get("prompt_per_second")) or None,
            _number(timings.get("predicted_per_second")) or None,
        )

    def count(self, text: str) -> int | None:
        """Tokens of a text by the model's own tokenizer; None if the server does not count."""
        if self.kind != "llama.cpp":
            return None
        try:
            tokens = self.http.json("POST", "/tokenize", {"content": text}).get("tokens")
        except EngineError:
            return None
        return len(tokens) if isinstance(tokens, list) else None

    def release(self, name: str) -> None:
        """Let a model that the lab had kept go as any other does; never raises."""
        try:
            self.http.json("POST", "/api/generate", {"model": name, "keep_alive": USUAL}, timeout_s=RELEASE_S)
        except EngineError:
            return

    def remove(self, name: str) -> None:
        """Delete a model; raises Refusal or Silence."""
        self.http.status("DELETE", "/api/delete", body={"model": name})

    def _trained_context(self) -> int | None:
        try:
            data = self.http.json("GET", "/v1/models").get("data")
        except Refusal:
            return None
        meta = data[0].get("meta") if isinstance(data, list) and data and isinstance(data[0], dict) else None
        return _whole(meta.get("n_ctx_train")) if isinstance(meta, dict) else None


def same_name(name: str, other: str) -> bool:
    """Whether a server means the same model by both: no tag is the tag `latest`."""
    return _tagged(name) == _tagged(other)


def _tagged(name: str) -> str:
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def reach(url: str) -> ModelServer:
    """The model server at `url`; EngineError if nothing answers there, or no model server does."""
    http = Http(url)
    version: str | None = None
    answers: list[str] = []
    try:
        for path, key, name in (("/api/tags", "models", "name"), ("/v1/models", "data", "id")):
            try:
                listed = http.json("GET", path).get(key)
            except Refusal as exc:
                answers.append(f"{path}: {exc.message}")
                continue
            if listed is None and path == "/api/tags":
                answers.append(f"{path}: no list of models")
                continue
            rows = listed if isinstance(listed, list) else []
            names = tuple(str(row[name]) for row in rows if isinstance(row, dict) and row.get(name))
            kind: Kind = _kind(http, path)
            version = _version(http, kind)
            return ModelServer(http, kind, version, names)
    except Silence as exc:
        http.close()
        raise EngineError(
            f"no model server answers at {http.url}: {exc.message}", next_step=exc.next_step
        ) from exc
    http.close()
    raise EngineError(
        f"{http.url} answers, but neither /api/tags nor /v1/models lists its models ({'; '.join(answers)})",
        next_step="point OLLAMA_URL at the base URL of an Ollama service, without a path",
    )


def _kind(http: Http, path: str) -> Kind:
    try:
        if "default_generation_settings" in http.json("GET", "/props"):
            return "llama.cpp"
    except Refusal:
        pass
    return "ollama" if path == "/api/tags" else "other"


def _version(http: Http, kind: Kind) -> str | None:
    try:
        if kind == "llama.cpp":
            return str(http.json("GET", "/props").get("build_info") or "") or None
        return str(http.json("GET", "/api/version").get("version") or "") or None
    except Refusal:
        return None


def _shown_by_ollama(said: dict[str, Any]) -> Shown:
    info = said.get("model_info")
    info = info if isinstance(info, dict) else {}
    context = _whole(info.get(f"{info.get('general.architecture')}.context_length"))
    template = said.get("template")
    found = said.get("capabilities")
    capabilities = tuple(map(str, found)) if isinstance(found, list) else None
    judged = (
        frozenset({"tools", "vision", "thinking", "embedding"}) if capabilities is not None else frozenset()
    )
    lines = str(said.get("modelfile", "")).splitlines()
    weights = next((line for line in lines if line.startswith("FROM ")), None)
    return Shown(capabilities, judged, context, template if isinstance(template, str) else None, weights)


def _rate(tokens: int | None, seconds: float) -> float | None:
    return tokens / seconds if tokens and seconds > 0 else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
