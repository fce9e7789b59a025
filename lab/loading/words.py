"""Words that users try for keys of a scenario, and which key says what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lab.config.files import KeyPath
from lab.wires.wirefields import FIELDS

_PATH: Final = "write path: with where the request goes, such as path: /v1/messages/count_tokens"
_BODY: Final = "write body: with the whole request, sent as it is, or body_file: with the file that holds it"
_ANSWER: Final = "write answer: with what the provider answers"
_EXPECT: Final = "write expect: with status, headers and credential"
_KEY: Final = "write client_key: with the client's key, or expect: {credential: client} for whose key arrives"
_PARAM: Final = "put it into params:, such as params: {temperature: 0.5}"
_OF_A_BODY: Final = "write the whole request as body:, with the wire it is of, such as wire: responses"
_COUNTED: Final = "leave it out, the meter counts these; answer: {bodies: …} says a whole answer as it is"
_CHECKED: Final = "what an answer has to keep is judged by checks:, such as stop_reason_kept"
_WHOLE: Final = "write bodies: with the whole answer by wire, such as bodies: {chat: …}"

_PARAMS: Final = {field.partition(".")[0] for fields in FIELDS.values() for field in fields} - {"prompt"}
_SCENARIO: Final = {
    **dict.fromkeys(_PARAMS, _PARAM),
    **dict.fromkeys(("endpoint", "url", "uri", "route"), _PATH),
    **dict.fromkeys(("raw", "raw_body", "request", "json", "data", "content"), _BODY),
    **dict.fromkeys(("input", "instructions"), _OF_A_BODY),
    **dict.fromkeys(("response", "reply", "script", "scripted"), _ANSWER),
    **dict.fromkeys(("expected", "expects", "expectations", "status", "credential"), _EXPECT),
    **dict.fromkeys(("api_key", "key", "authorization", "token"), _KEY),
    **dict.fromkeys(("text", "question", "user"), "write prompt: with the text of the prompt"),
    "method": "leave it out: every request is a POST",
    "query_params": "write query: as it stands in the address, such as query: beta=true",
    "wires": "name one as wire:, or run with --wire all",
}
_IN_ANSWER: Final = {
    **dict.fromkeys(("body", "raw", "json"), _WHOLE),
    **dict.fromkeys(("content", "message"), "write text: with what it says"),
    **dict.fromkeys(("reasoning", "reasoning_content"), "write thinking: with the texts of it"),
    **dict.fromkeys(("logprobs", "top_logprobs"), "they come if params: asks for them"),
    **dict.fromkeys(("tools", "tool_use", "calls"), "write tool_calls: [{name: …, input: {…}}]"),
    "finish_reason": "write stop_reason: with any wire's name of it",
    "n": "write choices: with the texts of further choices, and n into params:",
    "code": "write status: with the HTTP status",
}
_IN_CALL: Final = {
    "arguments": "write input: with keys and values; answer: {bodies: …} has arguments that are no JSON"
}
_IN_USAGE: Final = dict.fromkeys(
    ("input_tokens", "output_tokens", "prompt_tokens", "completion_tokens", "total_tokens"), _COUNTED
)
_IN_EXPECT: Final = {
    **dict.fromkeys(("text", "body", "stop_reason", "usage", "tool_calls"), _CHECKED),
    "key": "write credential: client, or credential: gateway",
}
_PLACES: Final[Mapping[KeyPath, Mapping[str, str]]] = {
    (): _SCENARIO,
    ("answer",): _IN_ANSWER,
    ("answer", "tool_calls"): _IN_CALL,
    ("answer", "usage"): _IN_USAGE,
    ("expect",): _IN_EXPECT,
}


def hint(at: KeyPath) -> str:
    """The next step for an unknown key of a suite or of a prompt of the user's own; empty: none is known."""
    inner = at[2:] if at[:1] == ("scenarios",) else at
    *place, key = (part for part in inner if isinstance(part, str)) if inner else ("",)
    return _PLACES.get(tuple(place), {}).get(str(key), "")
