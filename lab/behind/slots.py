"""Sees what a model got by asking llama.cpp's server: its slots, its template, or its own count of tokens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from lab.behind.seen import NO_ANSWER, Handed, Seen, not_seen, refused
from lab.records.models import SeenBy
from lab.wires import exact

_TIMEOUT = httpx.Timeout(60.0, connect=5.0)
_CHAT = "/v1/chat/completions"
_UNSEEN = "no slot shows the call's prompt (LLAMA_SERVER_SLOTS_DEBUG=1 lets it)"
# Where the server counts the tokens of a request after its template, by the path of the request.
_COUNTED = {
    "/v1/messages": "/v1/messages/count_tokens",
    _CHAT: "/v1/chat/completions/input_tokens",
    "/v1/responses": "/v1/responses/input_tokens",
}


@dataclass(frozen=True, slots=True)
class Task:
    """The last request that a slot served: its prompt, the tokens of it and of the answer, and both bounds.

    `form` is the grammar that the answer is held to (empty: none).
    """

    id: int
    prompt: str
    tokens: int
    read: int | None
    context: int | None
    form: str


class Slots:
    """Asks a server for the prompt that a slot had last (LLAMA_SERVER_SLOTS_DEBUG=1 shows it).

    A call whose prompt no slot shows is rendered by the server's template, or counted, as its wire allows.
    """

    def __init__(self, base_url: str) -> None:
        self._http = httpx.Client(
            base_url=base_url.rstrip("/"),
            timeout=_TIMEOUT,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._before = -1

    def begin(self) -> None:
        """Note what the slots served so far: none of it belongs to what follows."""
        self._before = max((slot.get("id_task", -1) for slot in self._slots()), default=-1)

    def seen(self, calls: Sequence[Handed]) -> list[Seen]:
        """What the model got of each call."""
        slots = self._slots()
        context = next((_whole(slot.get("n_ctx")) for slot in slots), None)
        tasks = list(self._tasks(slots))
        counted = {n: self._counted(call) for n, call in enumerate(calls) if 0 < call.status < 400}
        of_call = _matched(calls, counted, tasks)
        return [self._of(call, of_call.get(n), counted.get(n), context) for n, call in enumerate(calls)]

    def _of(self, call: Handed, task: Task | None, counted: int | None, context: int | None) -> Seen:
        if not call.status:
            return not_seen(NO_ANSWER)
        if call.status >= 400:
            return not_seen(refused(call.status))
        if task is not None:
            return _compared("trace", task.prompt, task.read, task.tokens, task.context, task.form)
        if call.path == _CHAT:
            prompt = self._ask("POST", "/apply-template", exact.loads_object(call.body)).get("prompt")
            if isinstance(prompt, str):
                return _compared("template", prompt, call.stated, self._count(prompt), context)
        if counted is None or call.stated is None:
            lacking = "counts none" if counted is None else "states no tokens"
            return not_seen(f"{_UNSEEN}, and the server {lacking}")
        return _compared("count", None, call.stated, counted, context)

    def _counted(self, call: Handed) -> int | None:
        """The tokens of a call by the server's own count, after its template; None if it counts none."""
        return _whole(
            self._ask("POST", _COUNTED.get(call.path, ""), exact.loads_object(call.body)).get("input_tokens")
        )

    def _tasks(self, slots: Iterable[dict[str, Any]]) -> Iterator[Task]:
        """What slots served since the exchange began, in the order of the requests."""
        for slot in sorted(slots, key=lambda slot: slot.get("id_task", -1)):
            prompt, params = slot.get("prompt"), slot.get("params")
            if slot.get("id_task", -1) <= self._before or not isinstance(prompt, str) or not prompt:
                continue
            params = params if isinstance(params, dict) else {}
            grammar = "" if params.get("grammar_lazy") else str(params.get("grammar", ""))
            tokens = self._count(prompt)
            if tokens is not None:
                at_most = _whole(slot.get("n_prompt_tokens"))  # with those of the answer
                read = None if at_most is None else min(tokens, at_most)
                yield Task(slot["id_task"], prompt, tokens, read, _whole(slot.get("n_ctx")), grammar)

    def _count(self, prompt: str) -> int | None:
        asked = {"content": prompt, "add_special": True, "parse_special": True}
        tokens = self._ask("POST", "/tokenize", asked).get("tokens")
        return len(tokens) if isinstance(tokens, list) else None

    def _slots(self) -> list[dict[str, Any]]:
        found = self._answer("GET", "/slots")
        return [slot for slot in found if isinstance(slot, dict)] if isinstance(found, list) else []

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        found = self._answer(method, path, body) if path else None
        return found if isinstance(found, dict) else {}

    def _answer(self, method: str, path: str, body: dict[str, Any] | None = None) -> object:
        """What the server answers; None if it gives nothing."""
        with contextlib.suppress(httpx.HTTPError, ValueError):
            response = self._http.request(method, path, content=exact.dumps(body) if body else None)
            if response.status_code == 200:
                return exact.loads(response.content)
        return None


def _matched(
    calls: Sequence[Handed], counted: Mapping[int, int | None], tasks: Sequence[Task]
) -> dict[int, Task]:
    """Which slot's prompt is which call's: the one of as many tokens as the server counts in the call.

    A slot shows its last request alone, which on another's server may be anybody's. Calls of one body are of
    one prompt; nothing is said of other calls that cannot be told apart.
    """
    if any(call.aborted for call in calls):
        return {}
    if len(counted) == 1 and not any(counted.values()):  # a server that counts none
        return dict.fromkeys(counted, tasks[0]) if len(tasks) == 1 else {}
    out: dict[int, Task] = {}
    for task in tasks:
        same = [n for n, tokens in counted.items() if tokens == task.tokens]
        if len({(calls[n].path, calls[n].body) for n in same}) == 1:
            out |= dict.fromkeys(same, task)
    return out


def _compared(
    by: SeenBy,
    prompt: str | None,
    read: int | None,
    whole: int | None,
    context: int | None,
    form: str | None = None,
) -> Seen:
    """A prompt of `whole` tokens, of which the model read `read`."""
    cut = None if read is None or whole is None else read < whole
    why = f"the model read {read} tokens of {whole}" if cut else ""
    return Seen(by, why, prompt, read, whole, context=context, form=form, cut=cut)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
