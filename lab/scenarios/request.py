"""Turns a scenario into the JSON body a client sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from lab.config.scenarios import Scenario, Suite
from lab.errors import UsageError
from lab.names import PATH_NAMES, ClientWire
from lab.scenarios.chat import chat_body
from lab.scenarios.messages import messages_body
from lab.scenarios.responses import responses_body
from lab.scenarios.untranslatable import Untranslatable, wire_words
from lab.wires import exact

MODEL: Final = "${model}"
_BODIES: Final[Mapping[ClientWire, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "anthropic": messages_body,
    "openai": chat_body,
    "responses": responses_body,
}


def client_wire(scenario: Scenario, wire: ClientWire) -> ClientWire:
    """The wire on which a scenario is sent: its own, for a written body the messages wire, else `wire`."""
    return scenario.wire or ("anthropic" if scenario.whole else wire)


def unsupported_on(scenario: Scenario, wire: ClientWire) -> str:
    """Why a scenario cannot be asked on this wire, in one sentence; empty if it can."""
    if scenario.whole:
        return ""
    try:
        _on(wire, scenario, _written(scenario, "", scenario.messages))
    except Untranslatable as exc:
        return f"not for the {wire_words(wire)}: {exc}"
    return ""


def advice(scenario: Scenario, wire: ClientWire) -> str:
    """Why a scenario cannot be asked on this wire, and on which it can; empty if it can."""
    why = unsupported_on(scenario, wire)
    others = [PATH_NAMES[one] for one in _BODIES if one != wire and not unsupported_on(scenario, one)]
    if not why or scenario.wire or not others:
        return why
    return f"{why} (with --wire {' or '.join(others)} it is sent)"


def build_request(
    scenario: Scenario, model: str, nonce: str, wire: ClientWire = "anthropic"
) -> dict[str, Any]:
    """The body of one request, the nonce at the end of its last user text; the scenario stays as it is.

    A scenario that declares `nonce: false` is sent word for word. Scenarios are written on the messages
    wire and translated to others; raises UsageError for what `unsupported_on` names.
    """
    if why := unsupported_on(scenario, wire):
        raise UsageError(f"unsupported: {scenario.id} is {why}", next_step="choose another --wire")
    messages = with_nonce(scenario.messages, nonce) if scenario.nonce else scenario.messages
    return deepcopy(_on(wire, scenario, _written(scenario, model, messages)))


def request_bytes(scenario: Scenario, model: str, nonce: str, wire: ClientWire) -> bytes:
    """The body as it is sent: a written one as it is, with the model in place of `${model}`."""
    if not scenario.whole:
        return exact.dumps(build_request(scenario, model, nonce, wire))
    body = scenario.body
    text = body if isinstance(body, str) else exact.dumps(body).decode()
    return text.replace(MODEL, scenario.model or model).encode()


def named_models(suites: Iterable[Suite]) -> tuple[str, ...]:
    """The models that scenarios ask for themselves, each once."""
    named = (one for suite in suites for scenario in suite.scenarios for one in _models(scenario))
    return tuple(dict.fromkeys(named))


def _models(scenario: Scenario) -> Iterator[str]:
    if scenario.model:
        yield scenario.model
    body: Any = scenario.body
    if isinstance(body, str):
        try:
            body = exact.loads(body)
        except (ValueError, RecursionError):
            return
    model = body.get("model") if isinstance(body, dict) else None
    if isinstance(model, str) and model != MODEL:
        yield model


def _on(wire: ClientWire, scenario: Scenario, body: dict[str, Any]) -> dict[str, Any]:
    own = wire == (scenario.own_wire or "anthropic")
    if wire == "anthropic" and (scenario.own_wire or not scenario.valid):
        return body  # as it is written, whatever it is
    if not scenario.valid and not own:
        raise Untranslatable("it is invalid in the way of the messages wire")
    header = next((name for name in scenario.headers if name.lower().startswith("anthropic-")), None)
    if header and not own:
        raise Untranslatable(f"it sends the header {header}, which has no counterpart")
    try:
        return _BODIES[wire](body)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as exc:
        # Whatever its shape, a scenario is sent as it is, or it is said that it cannot be.
        what = "it is written in no form that can be translated"
        raise Untranslatable(f"{what} ({_lack(exc)}); body: sends whatever it holds") from exc


def _lack(exc: Exception) -> str:
    return f"{exc} is missing" if isinstance(exc, KeyError) else "a value of another kind is expected"


def _written(scenario: Scenario, model: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The body on the wire on which scenarios are written; it shares its values with the scenario."""
    body: dict[str, Any] = {"model": scenario.model or model, "max_tokens": scenario.max_tokens}
    if scenario.system is not None:
        body["system"] = scenario.system
    if scenario.tools:
        body["tools"] = scenario.tools
    body["messages"] = messages
    body |= scenario.params
    if scenario.stream:
        body["stream"] = True
    return body


def with_nonce(messages: list[dict[str, Any]], nonce: str) -> list[dict[str, Any]]:
    """A copy of `messages` with `(ref nonce)` at the end of the last user message's text."""
    copies = deepcopy(messages)
    mark = f"(ref {nonce})"
    last = next((message for message in reversed(copies) if message.get("role") == "user"), None)
    if last is None:
        copies.append({"role": "user", "content": mark})
    elif isinstance(last.get("content"), str):
        last["content"] += f"\n\n{mark}"
    else:
        _mark_blocks(last, mark)
    return copies


def _mark_blocks(message: dict[str, Any], mark: str) -> None:
    content = message.get("content")
    blocks = content if isinstance(content, list) else []
    texts = [block for block in blocks if isinstance(block, dict) and isinstance(block.get("text"), str)]
    texts = [block for block in texts if block.get("type") == "text"]
    if texts:
        texts[-1]["text"] += f"\n\n{mark}"
    else:
        message["content"] = [*blocks, {"type": "text", "text": mark}]
