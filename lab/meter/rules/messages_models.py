"""Rules of /v1/messages that hold for some models: sampling, efforts, prefill, limits of answers."""

from __future__ import annotations

from lab.meter.rules import sources as src
from lab.meter.rules.claude import claude
from lab.meter.rules.rule import Ask, Body, Example, bad, rule

_OPUS_46 = "claude-opus-4-6"
_OPUS_48 = "claude-opus-4-8"
_TOOL = {"name": "t", "input_schema": {"type": "object"}}
_PREFILL = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "The answer is"}]


def _on(model: str, **fields: object) -> Body:
    return {"model": model, **fields}


@rule(
    "messages/max-tokens",
    "A max_tokens that is more than the model can write",
    models="each Claude",
    source="https://github.com/anthropics/claude-code/issues/24451",
    date="2026-02-09",
    legal=(
        Example({"max_tokens": 64_000}),
        Example(_on(_OPUS_46, max_tokens=128_000)),
        Example({"max_tokens": 0}),
    ),
    illegal=(
        Example(
            {"max_tokens": 64_001},
            "max_tokens: 64001 > 64000, which is the maximum allowed number of output tokens for "
            "claude-sonnet-4-5-20250929",
        ),
        Example(
            _on(_OPUS_48, max_tokens=128_001),
            "max_tokens: 128001 > 128000, which is the maximum allowed number of output tokens for "
            "claude-opus-4-8",
        ),
    ),
)
def _max_tokens(ask: Ask) -> None:
    model, asked = claude(ask.model), ask.body["max_tokens"]
    if model is None:
        return
    most = model.most_tokens
    if any(beta.startswith("output-128k-") for beta in ask.betas) and model.version >= (3, 7):
        most = max(most, 128_000)
    if asked > most:
        raise bad(
            f"max_tokens: {asked} > {most}, which is the maximum allowed number of output tokens for "
            f"{model.name}"
        )


_FIRST: Body = {"max_tokens": 0}
_OUT_OF_PLACE = "max_tokens: 0 is not supported with {0}"


@rule(
    "messages/prewarming",
    "A max_tokens of 0 with a stream, thinking that is enabled, a form of the answer or a forced tool",
    source=src.CLAUDE_CACHING,
    date=src.CLAUDE_READ,
    sure=False,
    legal=(Example(_FIRST), Example({**_FIRST, "stream": False, "tools": [_TOOL]})),
    illegal=(
        Example({**_FIRST, "stream": True}, _OUT_OF_PLACE.format("`stream`")),
        Example(
            {**_FIRST, "tools": [_TOOL], "tool_choice": {"type": "any"}},
            _OUT_OF_PLACE.format("`tool_choice`"),
        ),
    ),
)
def _prewarming(ask: Ask) -> None:
    body = ask.body
    if body["max_tokens"] != 0:
        return
    beside = {
        "stream": body.get("stream") is True,
        "thinking": (body.get("thinking") or {}).get("type") == "enabled",
        "output_config.format": bool((body.get("output_config") or {}).get("format")),
        "tool_choice": (body.get("tool_choice") or {}).get("type") in ("any", "tool"),
    }
    for key, refused in beside.items():
        if refused:
            raise bad(_OUT_OF_PLACE.format(f"`{key}`"))


@rule(
    "messages/sampling",
    "A temperature other than 1, a top_p below 0.99, or a top_k",
    models="Claude 4.7 and later",
    source="https://github.com/github/app/issues/2574",
    date="2026-08-04",
    legal=(
        Example(_on(_OPUS_48, temperature=1, top_p=1)),
        Example(_on(_OPUS_46, temperature=0.2)),
        Example({"top_k": 40}),
    ),
    illegal=(
        Example(_on(_OPUS_48, temperature=0.2), "`temperature` is deprecated for this model."),
        Example(_on("claude-sonnet-5", top_p=0.5), "`top_p` is deprecated for this model."),
        Example(_on("claude-haiku-5-5", top_k=40), "`top_k` is deprecated for this model."),
    ),
)
def _sampling(ask: Ask) -> None:
    model = claude(ask.model)
    if model is None or model.samples:
        return
    body = ask.body
    chosen = {
        "temperature": body.get("temperature", 1) != 1,
        "top_p": body.get("top_p", 1) < _TOP_P_DEFAULT,
        "top_k": body.get("top_k", 0) > 0,
    }
    for key, refused in chosen.items():
        if refused:
            raise bad(f"`{key}` is deprecated for this model.")


_TOP_P_DEFAULT = 0.99


@rule(
    "messages/temperature-or-top-p",
    "temperature together with top_p",
    models="Claude 4.1 to 4.6",
    source="https://github.com/BerriAI/litellm/issues/15097",
    date="2025-10-01",
    legal=(
        Example({"temperature": 0.5}),
        Example({"top_p": 0.9}),
        Example(_on("claude-opus-4-20250514", temperature=0.5, top_p=0.9)),
    ),
    illegal=(
        Example(
            {"temperature": 0.5, "top_p": 0.9},
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        ),
        Example(
            _on("claude-haiku-4-5", temperature=1, top_p=1),
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        ),
    ),
)
def _one_of_both(ask: Ask) -> None:
    model = claude(ask.model)
    if model and model.samples_one_way and "temperature" in ask.body and "top_p" in ask.body:
        raise bad("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")


@rule(
    "messages/effort",
    "output_config.effort, or a level of it that the model does not have",
    models="each Claude",
    source="https://github.com/oratis/LISA/pull/218",
    date="2026-07-13",
    legal=(
        Example(_on(_OPUS_46, output_config={"effort": "max"})),
        Example(_on(_OPUS_48, output_config={"effort": "xhigh"})),
        Example(_on("claude-opus-4-5", output_config={"effort": "low"})),
    ),
    illegal=(
        Example(
            {"output_config": {"effort": "low"}},
            "This model does not support the effort parameter.",
        ),
        Example(
            _on(_OPUS_46, output_config={"effort": "xhigh"}),
            "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
        ),
        Example(
            _on("claude-opus-4-5", output_config={"effort": "max"}),
            "This model does not support effort level 'max'. Supported levels: high, low, medium.",
        ),
    ),
)
def _effort(ask: Ask) -> None:
    model, effort = claude(ask.model), (ask.body.get("output_config") or {}).get("effort")
    if model is None or effort is None or effort in model.efforts:
        return
    if not model.efforts:
        raise bad("This model does not support the effort parameter.")
    named = ", ".join(sorted(model.efforts))
    raise bad(f"This model does not support effort level '{effort}'. Supported levels: {named}.")


@rule(
    "messages/prefill",
    "A conversation that ends with the beginning of the assistant's answer",
    models="Claude 4.6 and later",
    source="https://github.com/jobrunr/JavaClaw/issues/36",
    date="2026-11",
    legal=(Example({"messages": _PREFILL}), Example(_on(_OPUS_46))),
    illegal=(
        Example(
            _on(_OPUS_46, messages=_PREFILL),
            "This model does not support assistant message prefill. The conversation must end with a user "
            "message.",
        ),
        Example(
            _on(
                "claude-sonnet-5-5",
                messages=[_PREFILL[0], {"role": "assistant", "content": [{"type": "text", "text": "["}]}],
            ),
            "This model does not support assistant message prefill. The conversation must end with a user "
            "message.",
        ),
    ),
)
def _prefill(ask: Ask) -> None:
    model, last = claude(ask.model), ask.body["messages"][-1]
    if model is None or model.takes_prefill or last["role"] != "assistant":
        return
    content = last["content"]
    # What a server tool paused may be continued: then the last block is not a text.
    if isinstance(content, str) or not content or content[-1]["type"] == "text":
        raise bad(
            "This model does not support assistant message prefill. The conversation must end with a user "
            "message."
        )


@rule(
    "messages/forced-tools",
    "tool_choice of type any or tool",
    models="Claude 5.5, Fable, Mythos",
    source="https://github.com/can1357/oh-my-pi/issues/12939",
    date="2026-09-23",
    legal=(
        Example(
            _on(
                "claude-opus-5",
                tools=[{"name": "t", "input_schema": {"type": "object"}}],
                tool_choice={"type": "any"},
            )
        ),
        Example(
            _on(
                "claude-opus-5-5",
                tools=[{"name": "t", "input_schema": {"type": "object"}}],
                tool_choice={"type": "auto"},
            )
        ),
    ),
    illegal=(
        Example(
            _on(
                "claude-opus-5-5",
                tools=[{"name": "t", "input_schema": {"type": "object"}}],
                tool_choice={"type": "any"},
            ),
            'tool_choice: type "tool" and "any" are not supported for this model.',
        ),
        Example(
            _on(
                "claude-fable-5-1",
                tools=[{"name": "t", "input_schema": {"type": "object"}}],
                tool_choice={"type": "tool", "name": "t"},
            ),
            'tool_choice: type "tool" and "any" are not supported for this model.',
        ),
    ),
)
def _forced_tools(ask: Ask) -> None:
    model, choice = claude(ask.model), ask.body.get("tool_choice") or {}
    if model and not model.takes_forced_tools and choice.get("type") in ("any", "tool"):
        raise bad('tool_choice: type "tool" and "any" are not supported for this model.')
