"""One model server (Ollama, llama.cpp's, or another): what it serves, and what its models can take."""

from __future__ import annotations

import time
from typing import Final, Literal

from lab.engines.modelserver.http import Http, Refusal, Silence
from lab.engines.modelserver.said import (
    Loaded,
    Shown,
    Timed,
    from_now,
    number,
    rate,
    shown_by_ollama,
    whole,
)
from lab.errors import EngineError

Kind = Literal["ollama", "llama.cpp", "other"]
# Ollama itself gives up after five minutes (OLLAMA_LOAD_TIMEOUT).
LOAD_S: Final = 320.0
RELEASE_S: Final = 3.0
# How long a model stays loaded without a request: longer than any pause within a run.
KEEP: Final = "1h"
KEEP_S: Final = 3600.0
# What Ollama does if nobody says otherwise: a model that the lab loaded is left with it.
USUAL: Final = "5m"


class ModelServer:
    """A model server at a URL, as `reach` finds it.

    `lasting` are loaded models that somebody keeps longer than the lab would: they are left as they are.
    """

    def __init__(self, http: Http, kind: Kind, version: str | None, names: tuple[str, ...]) -> None:
        self.http = http
        self.kind = kind
        self.version = version
        self.names = names
        self.lasting: frozenset[str] = frozenset()

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
            return shown_by_ollama(self.http.json("POST", "/api/show", {"model": name}))
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
        body: dict[str, object] = {"model": name, **self._keep(name)}
        if embedding:
            self.http.json("POST", "/api/embed", body | {"input": "ready"}, timeout_s=LOAD_S)
        else:
            self.http.json("POST", "/api/generate", body, timeout_s=LOAD_S)
        return time.monotonic() - begin

    def lasts(self, name: str) -> bool:
        """Whether somebody keeps this model loaded longer than the lab would."""
        return any(same_name(name, other) for other in self.lasting)

    def _keep(self, name: str) -> dict[str, str]:
        return {} if self.lasts(name) else {"keep_alive": KEEP}

    def answers(self) -> None:
        """Ask for its version; raises Refusal or Silence if it does not answer even that."""
        self.http.json("GET", "/api/version")

    def loaded(self) -> dict[str, Loaded]:
        """The loaded models by name; raises Refusal or Silence."""
        if self.kind == "llama.cpp":
            settings = self.http.json("GET", "/props").get("default_generation_settings")
            context = settings.get("n_ctx") if isinstance(settings, dict) else None
            return dict.fromkeys(self.names, Loaded(whole(context)))
        if self.kind == "other":
            return {}
        models = self.http.json("GET", "/api/ps").get("models")
        rows = [row for row in models if isinstance(row, dict)] if isinstance(models, list) else []
        return {
            str(row.get("name")): Loaded(whole(row.get("context_length")), from_now(row.get("expires_at")))
            for row in rows
        }

    def answer(self, name: str, text: str, tokens: int, timeout_s: float) -> Timed:
        """Time one answer of so many tokens; raises Refusal or Silence."""
        messages = [{"role": "user", "content": text}]
        begin = time.monotonic()
        if self.kind == "ollama":
            body: dict[str, object] = {
                "model": name,
                "messages": messages,
                "stream": False,
                **self._keep(name),
            }
            said = self.http.json(
                "POST", "/api/chat", body | {"options": {"num_predict": tokens}}, timeout_s=timeout_s
            )
            took = time.monotonic() - begin
            read, written = whole(said.get("prompt_eval_count")), whole(said.get("eval_count"))
            return Timed(
                took,
                read,
                written,
                rate(read, number(said.get("prompt_eval_duration")) / 1e9),
                rate(written, number(said.get("eval_duration")) / 1e9),
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
            whole(usage.get("prompt_tokens")),
            whole(usage.get("completion_tokens")),
            number(timings.get("prompt_per_second")) or None,
            number(timings.get("predicted_per_second")) or None,
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

    def release(self, name: str) -> bool:
        """Let a model that the lab had kept go as any other does; False if the server does not answer."""
        try:
            self.http.json("POST", "/api/generate", {"model": name, "keep_alive": USUAL}, timeout_s=RELEASE_S)
        except Silence:
            return False
        except Refusal:
            return True
        return True

    def remove(self, name: str) -> None:
        """Delete a model; raises Refusal or Silence."""
        self.http.status("DELETE", "/api/delete", body={"model": name})

    def _trained_context(self) -> int | None:
        try:
            data = self.http.json("GET", "/v1/models").get("data")
        except Refusal:
            return None
        meta = data[0].get("meta") if isinstance(data, list) and data and isinstance(data[0], dict) else None
        return whole(meta.get("n_ctx_train")) if isinstance(meta, dict) else None


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
            build = str(http.json("GET", "/props").get("build_info") or "")
            return None if "unknown" in build else build or None
        return str(http.json("GET", "/api/version").get("version") or "") or None
    except Refusal:
        return None
