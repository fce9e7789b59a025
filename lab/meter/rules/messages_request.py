"""Rules of /v1/messages on headers, fields and their types, and parameters of any model."""

from __future__ import annotations

from pydantic import ValidationError

from lab.meter.rules import betas
from lab.meter.rules import sources as src
from lab.meter.rules.rule import Ask, Example, bad, rule
from lab.meter.schemas import anthropic_words
from lab.meter.schemas.anthropic import TOOLS, MessagesRequest

# The version of the API that took out the sampling parameters, and citations and documents out of place.
NO_SAMPLING = "2026-10-21"
_NEWEST = {"anthropic-version": NO_SAMPLING}
_HI = {"type": "text", "text": "hi"}
_CITED = {**_HI, "citations": [{"type": "char_location"}]}
_NOTE = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "d"}}


_NO_CODE = "container: Container identifier can only be provided when using the code execution tool"
_NAMED = ", ".join(f"'{one}'" for one in TOOLS)


def _beta(value: str) -> dict[str, str]:
    return {"anthropic-beta": value}


@rule(
    "messages/betas",
    "Values of the header anthropic-beta that are not known; those later than the list are let through",
    source="https://github.com/QuantumNous/new-api/issues/2975",
    date="2026-02-20",
    legal=(
        Example({}, headers=_beta("claude-code-20250219,interleaved-thinking-2025-05-14")),
        Example({}, headers=_beta("effort-2025-11-24, context-1m-2025-08-07")),
        Example({}, headers=_beta("")),
    ),
    illegal=(
        Example(
            {},
            "Unexpected value(s) `no-such-beta-2099-01-01` for the `anthropic-beta` header. Please consult "
            "our "
            "documentation at docs.claude.com or try again without the header.",
            headers=_beta("no-such-beta-2099-01-01"),
        ),
        Example(
            {},
            "Unexpected value(s) `made-up-2025-01-01`, `x` for the `anthropic-beta` header. Please consult "
            "our "
            "documentation at docs.claude.com or try again without the header.",
            headers=_beta("made-up-2025-01-01,effort-2025-11-24,x"),
        ),
    ),
)
def _betas(ask: Ask) -> None:
    found = betas.unknown(ask.betas)
    if found:
        named = ", ".join(f"`{one}`" for one in found)
        raise bad(
            f"Unexpected value(s) {named} for the `anthropic-beta` header. Please consult our "
            "documentation at "
            "docs.claude.com or try again without the header."
        )


@rule(
    "messages/types",
    "Fields that are missing, not known, or of another type than the published one; a beta's without its "
    "header",
    source=src.ANTHROPIC_TYPES,
    date=src.TYPES_DATE,
    legal=(
        Example({"inference_geo": "eu", "speed": "standard", "diagnostics": {"previous_message_id": None}}),
        Example(
            {
                "thinking": {"type": "enabled", "budget_tokens": 1024, "display": "updates"},
                "max_tokens": 2048,
            },
            headers=_beta("thinking-display-updates-2026-08-18"),
        ),
        Example({"mcp_servers": []}, headers=_beta("mcp-client-2025-11-20")),
        Example({"context_management": {"edits": []}}, headers=_beta("context-management-2025-06-27")),
    ),
    illegal=(
        Example({"max_tokens": None}, "max_tokens: Input should be a valid integer"),
        Example({"n": 1}, "n: Extra inputs are not permitted"),
        Example({"mcp_servers": []}, "mcp_servers: Extra inputs are not permitted"),
        Example(
            {"context_management": {}},
            "context_management: Extra inputs are not permitted",
            headers=_beta("mcp-client-2025-11-20"),
        ),
        Example(
            {
                "thinking": {"type": "enabled", "budget_tokens": 1024, "display": "updates"},
                "max_tokens": 2048,
            },
            "thinking.enabled.display: Input should be 'summarized' or 'omitted'",
        ),
        Example(
            {"thinking": {"type": "adaptive", "budget_tokens": 0}},
            "thinking.adaptive.budget_tokens: Extra inputs are not permitted",
        ),
        Example(
            {"tool_choice": {"type": "none", "disable_parallel_tool_use": True}},
            "tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted",
        ),
        Example(
            {
                "messages": [
                    {"role": "user", "content": [{**_NOTE, "source": {"type": "s3", "uri": "s3://x"}}]}
                ]
            },
            "messages.0.content.0.document.source: Input tag 's3' found using 'type' does not match any of "
            "the "
            "expected tags: 'base64', 'content', 'file', 'text', 'url'",
        ),
        Example(
            {"tools": [{"type": "function", "function": {"name": "f"}}]},
            "tools.0: Input tag 'function' found using 'type' does not match any of the expected tags: "
            f"{_NAMED}",
        ),
        Example({"metadata": {"user_id": 7}}, "metadata.user_id: Input should be a valid string"),
        Example({"temperature": 1.5}, "temperature: range: 0..1"),
    ),
)
def _types(ask: Ask) -> None:
    try:
        MessagesRequest.model_validate(ask.body)
    except ValidationError as error:
        raise anthropic_words.refusal(error) from None


@rule(
    "messages/removed",
    f"temperature, top_p and top_k from anthropic-version {NO_SAMPLING} on; documents of assistants, "
    "citations of users",
    source=src.ANTHROPIC_TYPES,
    date=src.TYPES_DATE,
    sure=False,
    legal=(Example({}, headers=_NEWEST), Example({"temperature": 0.5})),
    illegal=(
        Example({"temperature": 1.0}, "temperature: Extra inputs are not permitted", _NEWEST),
        Example({"top_k": 5}, "top_k: Extra inputs are not permitted", _NEWEST),
        Example(
            {"messages": [{"role": "user", "content": [_CITED]}]},
            "messages.0.content.0.text.citations: Extra inputs are not permitted",
            _NEWEST,
        ),
        Example(
            {
                "messages": [
                    {"role": "user", "content": "hi"},
                    {"role": "assistant", "content": [_NOTE]},
                    {"role": "user", "content": "hi"},
                ]
            },
            "messages.1.content.0: `document` blocks can only be in `user` messages",
            _NEWEST,
        ),
    ),
)
def _removed(ask: Ask) -> None:
    if ask.headers.get("anthropic-version") != NO_SAMPLING:
        return
    for key in ("temperature", "top_p", "top_k"):
        if key in ask.body:
            raise bad(f"{key}: Extra inputs are not permitted")
    for index, message in enumerate(ask.body["messages"]):
        for n, block in enumerate(message["content"] if isinstance(message["content"], list) else ()):
            where = f"messages.{index}.content.{n}"
            if message["role"] == "assistant" and block["type"] == "document":
                raise bad(f"{where}: `document` blocks can only be in `user` messages")
            if message["role"] == "user" and block["type"] == "text" and block.get("citations"):
                raise bad(f"{where}.text.citations: Extra inputs are not permitted")


@rule(
    "messages/stop-sequences",
    "Stop sequences that are empty or only white space",
    source="https://github.com/BerriAI/litellm/issues/3286",
    date="2024-04-25",
    legal=(Example({"stop_sequences": ["\n\nQ:", "END"]}), Example({"stop_sequences": []})),
    illegal=(
        Example({"stop_sequences": ["", "END"]}, "stop_sequences: each stop sequence must be non-empty"),
        Example(
            {"stop_sequences": ["END", " \n"]},
            "stop_sequences: each stop sequence must contain non-whitespace",
        ),
    ),
)
def _stop(ask: Ask) -> None:
    for one in ask.body.get("stop_sequences") or ():
        if not one:
            raise bad("stop_sequences: each stop sequence must be non-empty")
        if not one.strip():
            raise bad("stop_sequences: each stop sequence must contain non-whitespace")


@rule(
    "messages/user-id",
    "A metadata.user_id of more than 256 characters, the limit of older references of the API",
    source="https://docs.anthropic.com/en/api/messages",
    date="2025",
    sure=False,
    legal=(Example({"metadata": {"user_id": "u" * 256}}), Example({"metadata": {"user_id": None}})),
    illegal=(
        Example(
            {"metadata": {"user_id": "u" * 257}},
            "metadata.user_id: String should have at most 256 characters",
        ),
    ),
)
def _user_id(ask: Ask) -> None:
    if len((ask.body.get("metadata") or {}).get("user_id") or "") > _MOST_USER_ID:
        raise bad(f"metadata.user_id: String should have at most {_MOST_USER_ID} characters")


_MOST_USER_ID = 256


@rule(
    "messages/container",
    "A container without a tool that runs code",
    source=src.MEASURED,
    date="2026-08-31",
    legal=(
        Example({"container": None}),
        Example({"container": "c", "tools": [{"type": "code_execution_20250825", "name": "code_execution"}]}),
    ),
    illegal=(Example({"container": "container_x"}, _NO_CODE), Example({"container": {"id": "x"}}, _NO_CODE)),
)
def _container(ask: Ask) -> None:
    # The newer tools for the web run code too.
    kinds = [str(tool.get("type")) for tool in ask.body.get("tools") or ()]
    runs = any(kind.startswith(("code_execution_", "web_search_2026", "web_fetch_2026")) for kind in kinds)
    if ask.body.get("container") is not None and not runs:
        raise bad(_NO_CODE)
