"""Rules of /v1/responses on the items of the input."""

from __future__ import annotations

from lab.meter.rules import sources as src
from lab.meter.rules.openai_media import check_image
from lab.meter.rules.responses_request import continues
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.schemas import openai_words

_USER = {"role": "user", "content": "hi"}
_CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
_OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "x"}
_ANSWER = {"role": "assistant", "content": "x"}
_REASONING: Body = {"type": "reasoning", "id": "rs_1", "summary": []}
_ALONE = "Item '{0}' of type 'reasoning' was provided without its required following item."
_INSIDE = ("output_text", "refusal")
_OUTSIDE = ("input_text", "input_image", "input_file", "scoped_content", "input_audio")
# How the provider's own ids begin, by the type of item.
_IDS = {"message": "msg", "function_call": "fc", "reasoning": "rs"}


def _input(*items: Body) -> Body:
    return {"input": list(items)}


def _image(url: str) -> Body:
    return _input({"role": "user", "content": [{"type": "input_image", "image_url": url}]})


@rule(
    "responses/parts",
    "Parts of the input in an assistant's message, and parts of an answer in any other",
    source=src.MEASURED,
    date="2026-08-31",
    legal=(Example(_input({"role": "assistant", "content": [{"type": "output_text", "text": "x"}]}, _USER)),),
    illegal=(
        Example(
            _input({"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}),
            "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
        ),
        Example(
            _input({"role": "user", "content": [{"type": "output_text", "text": "x"}]}),
            "Invalid value: 'output_text'. Supported values are: 'input_text', 'input_image', 'input_file', "
            "'scoped_content', and 'input_audio'.",
        ),
    ),
)
def _parts(ask: Ask) -> None:
    for index, item in enumerate(_items(ask)):
        if item.get("type") not in (None, "message") or not isinstance(item["content"], list):
            continue
        allowed = _INSIDE if item["role"] == "assistant" else _OUTSIDE
        for n, part in enumerate(item["content"]):
            if part["type"] not in allowed:
                raise openai_words.invalid_value(part["type"], allowed, f"input[{index}].content[{n}]")


def _items(ask: Ask) -> list[Body]:
    given = ask.body.get("input")
    return given if isinstance(given, list) else []


@rule(
    "responses/images",
    "An input_image that is neither an address nor an image in base64",
    source="https://github.com/anomalyco/opencode/issues/23983",
    date="2026-04-23",
    legal=(Example(_image("https://x/y.png")), Example(_image("data:image/gif;base64,R0lGODlhAQABAAAAACw="))),
    illegal=(
        Example(
            _image("data:image/png;base64,"),
            "Invalid 'input[0].content[0].image_url'. Expected a base64-encoded data URL with an image "
            "MIME type "
            "(e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got empty base64-encoded bytes.",
        ),
        Example(
            _image("x.png"),
            "Invalid 'input[0].content[0].image_url'. Expected a base64-encoded data URL with an image "
            "MIME type "
            "(e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got a value without the 'data:' "
            "prefix.",
        ),
    ),
)
def _images(ask: Ask) -> None:
    for index, item in enumerate(_items(ask)):
        content = item.get("content")
        for n, part in enumerate(content if isinstance(content, list) else ()):
            if part.get("type") == "input_image" and isinstance(part.get("image_url"), str):
                where = f"input[{index}].content[{n}].image_url"
                check_image(part["image_url"], where, f"Invalid '{where}'.")


@rule(
    "responses/ids",
    "Ids of items handed back that do not begin as the provider's own",
    source="https://github.com/Wei-Shaw/sub2api/issues/3785",
    date="2026-07-07",
    legal=(
        Example(_input(_USER, {**_CALL, "id": "fc_1"}, _OUTPUT)),
        Example(_input(_USER, {**_CALL, "id": None}, _OUTPUT)),
    ),
    illegal=(
        Example(
            _input(_USER, {**_CALL, "id": "call_1"}, _OUTPUT),
            "Invalid 'input[1].id': 'call_1'. Expected an ID that begins with 'fc'.",
        ),
        Example(
            _input(_USER, {"type": "message", "role": "assistant", "id": "1", "content": "x"}, _USER),
            "Invalid 'input[1].id': '1'. Expected an ID that begins with 'msg'.",
        ),
    ),
)
def _ids(ask: Ask) -> None:
    for index, item in enumerate(_items(ask)):
        start, given = _IDS.get(item.get("type") or "message"), item.get("id")
        if start and isinstance(given, str) and not given.startswith(start):
            text = f"Invalid 'input[{index}].id': '{given}'. Expected an ID that begins with '{start}'."
            raise bad(text, param=f"input[{index}].id", code="invalid_value")


@rule(
    "responses/tool-pairs",
    "Outputs without their call, and calls without an output",
    source="https://github.com/bytedance/trae-agent/issues/245",
    date="2025-08-04",
    legal=(
        Example(_input(_USER, _CALL, _OUTPUT)),
        Example({**_input(_OUTPUT), "previous_response_id": "resp_1"}),
    ),
    illegal=(
        Example(_input(_USER, _OUTPUT), "No tool call found for function call output with call_id call_1."),
        Example(_input(_USER, _CALL), "No tool output found for function call call_1."),
    ),
)
def _pairs(ask: Ask) -> None:
    items = _items(ask)
    asked = {item["call_id"] for item in items if item.get("type") == "function_call"}
    answered = {item["call_id"] for item in items if item.get("type") == "function_call_output"}
    for item in items:
        kind = item.get("type")
        if kind == "function_call_output" and item["call_id"] not in asked and not continues(ask.body):
            text = f"No tool call found for function call output with call_id {item['call_id']}."
            raise bad(text, param="input")
        if kind == "function_call" and item["call_id"] not in answered:
            raise bad(f"No tool output found for function call {item['call_id']}.", param="input")


@rule(
    "responses/reasoning-pairs",
    "Reasoning that the provider keeps, without what the model said or called after it",
    source="https://github.com/continuedev/continue/issues/8933",
    date="2025-11-28",
    legal=(
        Example(_input(_USER, _REASONING, _ANSWER, _USER)),
        Example(_input(_USER, _REASONING, {**_REASONING, "id": "rs_2"}, _CALL, _OUTPUT)),
        Example(_input(_USER, {**_REASONING, "id": None, "encrypted_content": "e"}, _USER)),
    ),
    illegal=(
        Example(_input(_USER, _REASONING, _USER), _ALONE.format("rs_1")),
        Example(_input(_USER, _REASONING), _ALONE.format("rs_1")),
    ),
)
def _reasoning_pairs(ask: Ask) -> None:
    items = _items(ask)
    for index, item in enumerate(items):
        if item.get("type") != "reasoning" or not item.get("id"):
            continue
        after = next((one for one in items[index + 1 :] if one.get("type") != "reasoning"), None)
        if (
            after is None
            or str(after.get("type")).endswith("_output")
            or after.get("role") in ("user", "system", "developer")
        ):
            raise bad(_ALONE.format(item["id"]), param="input")
