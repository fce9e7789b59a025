"""What the provider refuses on /v1/responses beyond each field's type, in its own words."""

from __future__ import annotations

from typing import Any

from lab.meter.refusal import Refusal
from lab.meter.schemas.openai_common import check_parameters


def check_rules(body: dict[str, Any]) -> None:
    """Raises Refusal (400) for the first rule that a well-typed body breaks."""
    if body.get("conversation") is not None and body.get("previous_response_id") is not None:
        raise Refusal(
            400,
            "Mutually exclusive parameters. Ensure you are only providing one of: 'previous_response_id' or "
            "'conversation'.",
            code="mutually_exclusive_parameters",
        )
    continues = any(body.get(key) is not None for key in ("previous_response_id", "conversation", "prompt"))
    if body.get("input") in (None, [], "") and not continues:
        text = "Missing required parameter: 'input'."
        raise Refusal(400, text, param="input", code="missing_required_parameter")
    for index, tool in enumerate(body.get("tools") or []):
        if tool["type"] == "function":
            check_parameters(tool.get("parameters"), tool["name"], f"tools[{index}].parameters")
    if isinstance(body.get("input"), list):
        _check_parts(body["input"])
        _check_calls(body["input"], continues=continues)


def _check_parts(items: list[dict[str, Any]]) -> None:
    """Input parts belong to outside roles and output parts to the assistant."""
    for index, item in enumerate(items):
        if item.get("type") not in (None, "message") or not isinstance(item["content"], list):
            continue
        allowed = ["input_text", "input_image", "input_file"]
        if item["role"] == "assistant":
            allowed = ["output_text", "refusal"]
        for n, part in enumerate(item["content"]):
            if part["type"] not in allowed:
                named = f"{', '.join(repr(one) for one in allowed[:-1])} and {allowed[-1]!r}"
                raise Refusal(
                    400,
                    f"Invalid value: '{part['type']}'. Supported values are: {named}.",
                    param=f"input[{index}].content[{n}]",
                    code="invalid_value",
                )


def _check_calls(items: list[dict[str, Any]], *, continues: bool) -> None:
    asked = {item["call_id"] for item in items if item.get("type") == "function_call"}
    answered = {item["call_id"] for item in items if item.get("type") == "function_call_output"}
    for item in items:
        kind = item.get("type")
        if kind == "function_call_output" and item["call_id"] not in asked and not continues:
            text = f"No tool call found for function call output with call_id {item['call_id']}."
            raise Refusal(400, text, param="input")
        if kind == "function_call" and item["call_id"] not in answered:
            raise Refusal(400, f"No tool output found for function call {item['call_id']}.", param="input")
