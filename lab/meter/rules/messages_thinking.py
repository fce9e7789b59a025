"""Rules of /v1/messages on thinking: which kinds a model takes, what they forbid, and blocks handed back."""

from __future__ import annotations

from typing import Any

from lab.meter.rules import sources as src
from lab.meter.rules.claude import claude
from lab.meter.rules.rule import Ask, Body, Example, bad, rule

_ENABLED: Body = {"max_tokens": 2048, "thinking": {"type": "enabled", "budget_tokens": 1024}}
_TOOL = {"name": "run", "input_schema": {"type": "object", "properties": {}}}
_SEE = (
    " Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
    "#important-considerations-when-using-extended-thinking"
)
_TOO_LITTLE = (
    "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at "
    "https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size"
)
_CONTROL = (
    '"thinking.type.{0}" is not supported for this model. Use "thinking.type.adaptive" and '
    '"output_config.effort" '
    "to control thinking behavior."
)
_SONNET_OFF = (
    '"thinking.type.disabled" is not supported for this model. Use "thinking.type.between_tools" for the '
    "lowest "
    'thinking setting, or "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
)


def _kind(ask: Ask) -> str | None:
    kind: str | None = (ask.body.get("thinking") or {}).get("type")
    return kind


def _thinking(model: str, kind: str, **fields: Any) -> Body:
    return {"model": model, "thinking": {"type": kind}, **fields}


@rule(
    "messages/thinking-kinds",
    "A thinking.type that the model does not have",
    models="each Claude from 3.7 on",
    source=src.CLAUDE_THINKING,
    date=src.CLAUDE_READ,
    legal=(
        Example(_ENABLED),
        Example(_thinking("claude-sonnet-4-5", "disabled")),
        Example({"model": "claude-sonnet-4-6", **_ENABLED}),
        Example(_thinking("claude-opus-4-6", "adaptive")),
        Example(_thinking("claude-opus-4-8", "adaptive")),
        Example(_thinking("claude-opus-5", "disabled")),
        Example(_thinking("claude-sonnet-5-5", "between_tools")),
    ),
    illegal=(
        Example(
            _thinking("claude-sonnet-4-5", "adaptive"), "adaptive thinking is not supported on this model"
        ),
        Example({"model": "claude-opus-4-7", **_ENABLED}, _CONTROL.format("enabled")),
        Example({"model": "claude-sonnet-5", **_ENABLED}, _CONTROL.format("enabled")),
        Example(_thinking("claude-opus-5-5", "disabled"), _CONTROL.format("disabled")),
        Example(_thinking("claude-sonnet-5-5", "disabled"), _SONNET_OFF),
        Example(
            _thinking("claude-haiku-5-5", "between_tools"),
            '"thinking.type.between_tools" is not supported for this model.',
        ),
    ),
)
def _kinds(ask: Ask) -> None:
    model, kind = claude(ask.model), _kind(ask)
    if model is None or model.thinking is None or kind is None or kind in model.thinking:
        return
    if kind == "adaptive":
        raise bad("adaptive thinking is not supported on this model")
    if kind == "between_tools":
        raise bad('"thinking.type.between_tools" is not supported for this model.')
    raise bad(
        _SONNET_OFF if kind == "disabled" and "between_tools" in model.thinking else _CONTROL.format(kind)
    )


@rule(
    "messages/thinking-off-effort",
    "Efforts xhigh and max while thinking is disabled, or only between tools",
    models="Opus 4.8 and 5, Haiku 5.5, Sonnet 5.5",
    source="https://github.com/anthropics/claude-code/issues/76689",
    date="2026-11",
    legal=(
        Example(_thinking("claude-opus-5", "disabled", output_config={"effort": "high"})),
        Example(_thinking("claude-opus-5", "adaptive", output_config={"effort": "max"})),
    ),
    illegal=(
        Example(
            _thinking("claude-opus-5", "disabled", output_config={"effort": "xhigh"}),
            "output_config.effort 'xhigh' is not supported when thinking is disabled on this model. Use "
            "effort "
            "'high' or below, or enable thinking.",
        ),
    ),
)
def _off_effort(ask: Ask) -> None:
    model, kind = claude(ask.model), _kind(ask)
    effort = (ask.body.get("output_config") or {}).get("effort")
    if model is None or effort not in ("xhigh", "max") or kind not in ("disabled", "between_tools"):
        return
    if model.version >= (4, 8) and (model.family, model.version) != ("sonnet", (5, 0)):
        raise bad(
            f"output_config.effort '{effort}' is not supported when thinking is disabled on this model. "
            "Use effort "
            "'high' or below, or enable thinking."
        )


@rule(
    "messages/thinking-budget",
    "A budget that is not below max_tokens, unless tools and thinking may interleave",
    source="https://github.com/ProfSynapse/nexus/issues/17",
    date="2026-02-06",
    legal=(
        Example(_ENABLED),
        Example(
            {"max_tokens": 4000, "thinking": {"type": "enabled", "budget_tokens": 8000}, "tools": [_TOOL]},
            headers={"anthropic-beta": "interleaved-thinking-2025-05-14"},
        ),
    ),
    illegal=(
        Example(
            {"max_tokens": 1024, "thinking": {"type": "enabled", "budget_tokens": 1024}},
            _TOO_LITTLE,
        ),
        Example(
            {"max_tokens": 4000, "thinking": {"type": "enabled", "budget_tokens": 8000}, "tools": [_TOOL]},
            _TOO_LITTLE,
        ),
    ),
)
def _budget(ask: Ask) -> None:
    if _kind(ask) != "enabled" or ask.body["thinking"]["budget_tokens"] < ask.body["max_tokens"]:
        return
    interleaved = any(beta.startswith("interleaved-thinking-") for beta in ask.betas)
    if not (interleaved and ask.body.get("tools")):
        raise bad(_TOO_LITTLE)


@rule(
    "messages/thinking-forced-tools",
    "tool_choice of type any or tool while thinking is on",
    source="https://github.com/workglow-dev/libs/pull/746",
    date="2026-08-13",
    legal=(
        Example({**_ENABLED, "tools": [_TOOL], "tool_choice": {"type": "auto"}}),
        Example({**_ENABLED, "tools": [_TOOL], "tool_choice": {"type": "none"}}),
        Example({"tools": [_TOOL], "tool_choice": {"type": "any"}}),
    ),
    illegal=(
        Example(
            {**_ENABLED, "tools": [_TOOL], "tool_choice": {"type": "any"}},
            "Thinking may not be enabled when tool_choice forces tool use.",
        ),
        Example(
            {**_ENABLED, "tools": [_TOOL], "tool_choice": {"type": "tool", "name": "run"}},
            "Thinking may not be enabled when tool_choice forces tool use.",
        ),
    ),
)
def _forced(ask: Ask) -> None:
    forced = (ask.body.get("tool_choice") or {}).get("type") in ("any", "tool")
    if forced and _kind(ask) in ("enabled", "adaptive"):
        raise bad("Thinking may not be enabled when tool_choice forces tool use.")


@rule(
    "messages/thinking-sampling",
    "A temperature other than 1, a top_p below 0.95, or a top_k, while thinking is on",
    source="https://github.com/quarkiverse/quarkus-langchain4j/issues/1812",
    date="2025-09-25",
    legal=(Example({**_ENABLED, "temperature": 1}), Example({**_ENABLED, "top_p": 0.95})),
    illegal=(
        Example(
            {**_ENABLED, "temperature": 0.5},
            f"`temperature` may only be set to 1 when thinking is enabled.{_SEE}",
        ),
        Example(
            {**_ENABLED, "top_p": 0.9},
            f"`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.{_SEE}",
        ),
        Example({**_ENABLED, "top_k": 40}, f"`top_k` must be unset when thinking is enabled.{_SEE}"),
    ),
)
def _sampling(ask: Ask) -> None:
    if _kind(ask) not in ("enabled", "adaptive"):
        return
    if ask.body.get("temperature", 1) != 1:
        raise bad(f"`temperature` may only be set to 1 when thinking is enabled.{_SEE}")
    if ask.body.get("top_p", 1) < _LEAST_TOP_P:
        raise bad(
            f"`top_p` must be greater than or equal to {_LEAST_TOP_P} or unset when thinking is "
            f"enabled.{_SEE}"
        )
    if ask.body.get("top_k", 0) > 0:
        raise bad(f"`top_k` must be unset when thinking is enabled.{_SEE}")


_LEAST_TOP_P = 0.95
