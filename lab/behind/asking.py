"""Sees what a model got by asking a server that others run: its template, or its own count of tokens."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import httpx

from lab import wires
from lab.behind.seen import NO_ANSWER, Handed, Seen, not_seen, refused
from lab.records.models import SeenBy
from lab.tokens import count_parts, count_text
from lab.wires import exact

_TIMEOUT = httpx.Timeout(60.0, connect=5.0)
_RENDERED = frozenset({"/api/chat", "/api/generate"})
# So much less than expected is no matter of how tokenizers differ on one text.
_FAR_BELOW = 0.7
# Words, figures, marks and code, from which a model's tokens per o200k_base token are worked out.
_SAMPLE = (
    "The gateway forwards each request to one model and counts what it forwards. On 14 March 2025 it read "
    '{"path": "/srv/app/main.py", "line": 482, "changed": true} and wrote: def total(rows): return sum(row.n '
    "for row in rows) # 3,841 rows, 17.5 %. Nothing else was said; the answer had two sentences.\n"
) * 3


class Asking:
    """Asks an Ollama server for a native call's rendered template; on other wires compares stated tokens."""

    def __init__(self, base_url: str) -> None:
        self._http = httpx.Client(base_url=base_url.rstrip("/"), timeout=_TIMEOUT, trust_env=False)
        self._rates: dict[str, float | None] = {}

    def begin(self) -> None:
        """Nothing to skip: each call is asked about by itself."""

    def seen(self, calls: Sequence[Handed]) -> list[Seen]:
        """What the model got of each call, as far as the server tells."""
        return [self._of(call) for call in calls]

    def _of(self, call: Handed) -> Seen:
        if not call.status:
            return not_seen(NO_ANSWER)
        if call.status >= 400:
            return not_seen(refused(call.status))
        body = exact.loads_object(call.body)
        prompt = self._rendered(call, body) if call.path in _RENDERED else None
        if prompt is not None:
            return self._judged("template", call, prompt, count_text(prompt))
        whole = count_parts(wires.read_request(wires.kind_of(call.path), body)).total
        return self._judged("count", call, None, whole)

    def _judged(self, by: SeenBy, call: Handed, prompt: str | None, counted: int) -> Seen:
        """`counted` are o200k_base tokens; the model's own are estimated from them."""
        context, rate = self._context(call.model), self._rate(call.model)
        nothing = ""
        if not call.stated:
            nothing = f"the server states {'no' if call.stated is None else 0} input tokens"
        elif rate is None:
            nothing = "the server's tokens cannot be compared: it counts no sample text"
        if nothing or call.stated is None or rate is None:
            return not_seen(nothing) if prompt is None else Seen(by, nothing, prompt, context=context)
        expected = round(counted * rate)
        if call.stated == context:
            why = f"the model read exactly its context of {context} tokens"
        elif call.stated < _FAR_BELOW * expected:
            why = f"the model read {call.stated} tokens of about {expected}, by its own count"
        else:
            return Seen(by, prompt=prompt, tokens=call.stated, context=context, cut=False)
        return Seen(by, why, prompt, call.stated, max(expected, call.stated), context=context, cut=True)

    def _rendered(self, call: Handed, body: dict[str, Any]) -> str | None:
        asked = {**body, "model": call.model, "_debug_render_only": True, "stream": False}
        info = self._ask("POST", call.path, asked).get("_debug_info")
        text = info.get("rendered_template") if isinstance(info, dict) else None
        return text if isinstance(text, str) else None

    def _context(self, model: str) -> int | None:
        loaded = self._ask("GET", "/api/ps").get("models")
        names = {model, f"{model}:latest"}
        for one in loaded if isinstance(loaded, list) else ():
            if isinstance(one, dict) and one.get("name") in names:
                length = one.get("context_length")
                return length if isinstance(length, int) else None
        return None

    def _rate(self, model: str) -> float | None:
        """The model's tokens per o200k_base token, on a sample; None if the server does not count it."""
        if model not in self._rates:
            asked = {"model": model, "raw": True, "stream": False, "prompt": _SAMPLE}
            given = self._ask("POST", "/api/generate", {**asked, "options": {"num_predict": 1}})
            counted = given.get("prompt_eval_count")
            known = counted if isinstance(counted, int) else 0
            self._rates[model] = known / count_text(_SAMPLE) if known > 0 else None
        return self._rates[model]

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The server's answer as an object; an empty one if it gives none."""
        with contextlib.suppress(httpx.HTTPError):
            response = self._http.request(method, path, content=exact.dumps(body) if body else None)
            if response.status_code == 200:
                return exact.loads_object(response.content)
        return {}
