"""Requests that a provider accepts, drawn from the types that it publishes and its pages on the models."""

from __future__ import annotations

from typing import Any

from anthropic.types import message_create_params as anthropic
from anthropic.types.document_block_param import DocumentBlockParam
from anthropic.types.image_block_param import ImageBlockParam
from anthropic.types.search_result_block_param import SearchResultBlockParam
from anthropic.types.text_block_param import TextBlockParam
from anthropic.types.tool_param import ToolParam
from hypothesis import strategies as st
from openai.types.chat import completion_create_params as chat
from openai.types.chat.chat_completion_content_part_image_param import ChatCompletionContentPartImageParam
from openai.types.responses import response_create_params as responses
from openai.types.responses.response_input_image_param import ResponseInputImageParam

from tests.unit.meter.rules.published import JSON, WORDS, Given, Values, of

Body = dict[str, Any]
PNG = "iVBORw0KGgoAAAANSUhEUg=="
GIF = "R0lGODlhAQABAAAAACw="
PDF = "JVBERi0xLjQKJSVFT0YK"
NAMES = st.from_regex(r"[a-zA-Z0-9_-]{1,64}", fullmatch=True)
SCHEMAS = st.fixed_dictionaries(
    {
        "type": st.just("object"),
        "properties": st.dictionaries(
            WORDS,
            st.sampled_from([{"type": "string"}, {"type": "array", "items": {}}, {"enum": [1]}]),
            max_size=2,
        ),
    },
    optional={"additionalProperties": st.booleans()},
)
# By the pages of the models: what thinking.type takes, and the levels of effort.
_SOME, _MORE, _ALL = ["low", "medium", "high"], ["low", "medium", "high", "max"], ["low", "xhigh", "max"]
CLAUDES: dict[str, tuple[list[str], list[str]]] = {
    "claude-haiku-4-5": (["enabled", "disabled"], []),
    "claude-sonnet-4-5-20250929": (["enabled", "disabled"], []),
    "claude-opus-4-5": (["enabled", "disabled"], _SOME),
    "claude-opus-4-6": (["enabled", "disabled", "adaptive"], _MORE),
    "claude-sonnet-4-6": (["enabled", "disabled", "adaptive"], _MORE),
    "claude-opus-4-7": (["disabled", "adaptive"], _SOME),
    "claude-opus-4-8": (["adaptive"], _ALL),
    "claude-sonnet-5": (["disabled", "adaptive"], _SOME),
    "claude-opus-5": (["adaptive"], _ALL),
    "claude-fable-5-1": (["adaptive"], _ALL),
    "claude-opus-5-5": (["adaptive"], _ALL),
    "claude-sonnet-5-5": (["adaptive", "between_tools"], _SOME),
    "claude-haiku-5-5": (["disabled", "adaptive"], _SOME),
}
SAMPLING = {
    name for name in CLAUDES if name.startswith(("claude-haiku-4", "claude-sonnet-4", "claude-opus-4-5"))
}
FORCED = {name for name in CLAUDES if not name.endswith("5-5") and "fable" not in name} | {"claude-opus-4-5"}

_CLAUDE: Given = {
    "MessageCreateParamsBase.model": st.sampled_from(sorted(CLAUDES)),
    "MessageCreateParamsBase.max_tokens": st.integers(2000, 32_000),
    "MessageCreateParamsBase.messages": st.just([]),  # drawn with what depends on it
    "MessageCreateParamsBase.tools": None,
    "MessageCreateParamsBase.tool_choice": None,
    "MessageCreateParamsBase.thinking": None,
    "MessageCreateParamsBase.output_config": None,
    "MessageCreateParamsBase.cache_control": None,
    "MessageCreateParamsBase.container": None,  # only beside a tool that runs code
    "MessageCreateParamsBase.stream": st.booleans(),
    "TextBlockParam.cache_control": None,
    "TextBlockParam.citations": None,
    "ImageBlockParam.cache_control": None,
    "DocumentBlockParam.cache_control": None,
    "SearchResultBlockParam.cache_control": None,
    "ToolParam.cache_control": None,
    "ToolParam.defer_loading": st.just(False),
    "ToolParam.strict": st.just(False),
    "ToolParam.input_schema": SCHEMAS,
    "ToolParam.name": NAMES,
    "Base64ImageSourceParam.data": st.just(PNG),
    "Base64ImageSourceParam.media_type": st.just("image/png"),
    "Base64PDFSourceParam.data": st.just(PDF),
}


def _claude(kind: Any) -> Values:
    return of(kind, _CLAUDE)


@st.composite
def messages(draw: st.DrawFn) -> Body:
    """A request to /v1/messages."""
    body: Body = draw(_claude(anthropic.MessageCreateParamsBase))
    kinds, efforts = CLAUDES[str(body["model"])]
    tools = draw(st.lists(_claude(ToolParam), max_size=3, unique_by=lambda tool: tool["name"]))
    kind = draw(st.sampled_from([None, *kinds]))
    if kind is not None:
        body["thinking"] = {"type": kind} | (
            {"budget_tokens": draw(st.integers(1024, 1999))} if kind == "enabled" else {}
        )
    if draw(st.booleans()) and efforts:
        body["output_config"] = {"effort": draw(st.sampled_from(efforts))}
    thinks = kind in ("enabled", "adaptive")
    if body["model"] in SAMPLING and not thinks:
        body |= draw(st.sampled_from([{}, {"temperature": 0.3}, {"top_p": 0.9}, {"top_k": 40}]))
    if tools:
        body["tools"] = tools
        forced = [{"type": "any"}, {"type": "tool", "name": tools[0]["name"]}]
        choices = [{"type": "auto", "disable_parallel_tool_use": True}, {"type": "none"}]
        body["tool_choice"] = draw(
            st.sampled_from(choices + (forced if body["model"] in FORCED and not thinks else []))
        )
    body["messages"] = draw(_conversation([tool["name"] for tool in tools], thinks=thinks))
    _mark(body, draw(st.integers(0, 4)), draw(st.sampled_from(["5m", "1h"])))
    return body


@st.composite
def _conversation(draw: st.DrawFn, tools: list[str], *, thinks: bool) -> list[Body]:
    blocks = st.one_of(
        *map(_claude, (TextBlockParam, ImageBlockParam, DocumentBlockParam, SearchResultBlockParam))
    )
    asked = WORDS | st.lists(blocks, min_size=1, max_size=3)
    found = [{"role": "user", "content": draw(asked)}]
    for turn in range(draw(st.integers(0, 2))):
        calls = [
            {
                "type": "tool_use",
                "id": f"toolu_{turn}_{n}",
                "name": draw(st.sampled_from(tools)),
                "input": {"a": draw(JSON)},
            }
            for n in range(draw(st.integers(0, 2)) if tools else 0)
        ]
        said: list[Body] = [{"type": "text", "text": draw(WORDS)}, *calls]
        if thinks:
            said.insert(0, {"type": "thinking", "thinking": draw(WORDS), "signature": "c2lnbmVk"})
        results = [
            {
                "type": "tool_result",
                "tool_use_id": call["id"],
                "content": draw(WORDS if isinstance(found[0]["content"], str) else asked),
                "is_error": draw(st.booleans()) and isinstance(found[0]["content"], str),
            }
            for call in calls
        ]
        more = draw(st.lists(blocks, min_size=0 if results else 1, max_size=2))
        found += [{"role": "assistant", "content": said}, {"role": "user", "content": [*results, *more]}]
    return found


def _mark(body: Body, most: int, ttl: str) -> None:
    """Cache marks on the first blocks that can bear them."""
    blocks = [
        block for one in body["messages"] if isinstance(one["content"], list) for block in one["content"]
    ]
    for block in [one for one in blocks if one["type"] != "thinking"][:most]:
        block["cache_control"] = {"type": "ephemeral", "ttl": ttl}


# By the pages of OpenAI's models: the levels of effort, and whether sampling can be chosen.
GPTS: dict[str, tuple[list[str], bool]] = {
    "gpt-4.1": ([], True),
    "gpt-4o": ([], True),
    "o4-mini": (["low", "high"], False),
    "gpt-5": (["minimal", "high"], False),
    "gpt-5.2": (["none", "xhigh"], False),
    "kimi-lab-simple": ([], True),
}
_DEPENDENT = [
    "messages",
    "input",
    "model",
    "tools",
    "tool_choice",
    "functions",
    "function_call",
    "parallel_tool_calls",
    "stream_options",
    "logprobs",
    "top_logprobs",
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "stop",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "reasoning_effort",
    "reasoning",
    "response_format",
    "text",
    "conversation",
    "previous_response_id",
    "prompt",
    "modalities",
    "audio",
    "prediction",
    "include",
]
_OPENAI: Given = {
    f"{base}.{name}": None
    for base in ("CompletionCreateParamsBase", "ResponseCreateParamsBase")
    for name in _DEPENDENT
} | {
    "CompletionCreateParamsBase.n": st.integers(1, 4),
    "CompletionCreateParamsBase.verbosity": st.just("medium"),
    "ImageURL.url": st.sampled_from(
        ["https://x/y.png", f"data:image/png;base64,{PNG}", f"data:image/gif;base64,{GIF}"]
    ),
    "ResponseInputImageParam.image_url": st.sampled_from(["http://x/y.png", f"data:image/png;base64,{PNG}"]),
    "ResponseInputImageParam.file_id": None,
}


def _sampled(draw: st.DrawFn, model: str, key: str) -> Body:
    efforts, samples = GPTS[model]
    found: Body = {}
    if draw(st.booleans()) and efforts:
        effort = draw(st.sampled_from(efforts))
        found |= {"reasoning_effort": effort} if key == "chat" else {"reasoning": {"effort": effort}}
    if draw(st.booleans()) and samples:
        found |= {"temperature": draw(st.floats(0, 2, width=16)), "top_p": draw(st.floats(0, 1, width=16))}
    return found


@st.composite
def completions(draw: st.DrawFn) -> Body:
    """A request to /v1/chat/completions."""
    model = draw(st.sampled_from(sorted(GPTS)))
    body: Body = {
        **draw(of(chat.CompletionCreateParamsBase, _OPENAI)),
        "model": model,
        **_sampled(draw, model, "chat"),
    }
    names = draw(st.lists(NAMES, max_size=3, unique=True))
    tools = [{"type": "function", "function": {"name": name, "parameters": draw(SCHEMAS)}} for name in names]
    if tools:
        body |= {"tools": tools, "tool_choice": draw(st.sampled_from(["auto", "required", "none"]))}
        body["parallel_tool_calls"] = draw(st.booleans())
    body["messages"] = draw(_chat(names))
    if draw(st.booleans()):
        body |= {"stream": True, "stream_options": {"include_usage": draw(st.booleans())}}
    body["max_completion_tokens"] = draw(st.integers(1, 16_000))
    return body


@st.composite
def _chat(draw: st.DrawFn, tools: list[str]) -> list[Body]:
    image = of(ChatCompletionContentPartImageParam, _OPENAI)
    parts = st.lists(
        image | st.builds(lambda text: {"type": "text", "text": text}, WORDS), min_size=1, max_size=2
    )
    found: list[Body] = draw(
        st.lists(st.builds(lambda text: {"role": "developer", "content": text}, WORDS), max_size=1)
    )
    found.append({"role": "user", "content": draw(WORDS | parts)})
    for turn in range(draw(st.integers(0, 2))):
        ids = [f"call_{turn}_{n}" for n in range(draw(st.integers(0, 2)) if tools else 0)]
        calls = [
            {
                "id": one,
                "type": "function",
                "function": {"name": draw(st.sampled_from(tools)), "arguments": "{}"},
            }
            for one in ids
        ]
        said: Body = {"role": "assistant", "content": None if calls else draw(WORDS)}
        found.append(said | ({"tool_calls": calls} if calls else {}))
        found += [{"role": "tool", "tool_call_id": one, "content": draw(WORDS)} for one in ids]
        found.append({"role": "user", "content": draw(WORDS)})
    return found


@st.composite
def answers(draw: st.DrawFn) -> Body:
    """A request to /v1/responses."""
    model = draw(st.sampled_from(sorted(GPTS)))
    body: Body = {
        **draw(of(responses.ResponseCreateParamsBase, _OPENAI)),
        "model": model,
        **_sampled(draw, model, "responses"),
    }
    image = of(ResponseInputImageParam, _OPENAI)
    parts = st.lists(
        image | st.builds(lambda text: {"type": "input_text", "text": text}, WORDS), min_size=1, max_size=2
    )
    names = draw(st.lists(NAMES, max_size=2, unique=True))
    if names:
        body["tools"] = [
            {"type": "function", "name": one, "parameters": draw(SCHEMAS), "strict": False} for one in names
        ]
        body["tool_choice"] = draw(
            st.sampled_from(["auto", "required", {"type": "function", "name": names[0]}])
        )
    items: list[Body] = [{"role": "user", "content": draw(WORDS | parts)}]
    for n in range(draw(st.integers(0, 2)) if names else 0):
        items += [
            {
                "type": "function_call",
                "call_id": f"call_{n}",
                "name": names[0],
                "arguments": "{}",
                "id": f"fc_{n}",
            },
            {"type": "function_call_output", "call_id": f"call_{n}", "output": draw(WORDS | parts)},
        ]
    body["input"] = draw(st.sampled_from([items, "hi"]))
    return body
