"""OpenAI's error shape, authorization and JSON reading, shared by its wires."""

from __future__ import annotations

from typing import Any

import orjson

from lab.meter.refusal import Refusal
from lab.meter.replies import Reply
from lab.meter.wire import read_json

# What is in brackets after it is the lab's own.
_NO_JSON = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
    "library "
    "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have "
    "trouble "
    "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
)


def refuse(refusal: Refusal) -> Reply:
    """The refusal as {"error": {message, type, param, code}}."""
    error = {
        "message": refusal.message,
        "type": refusal.kind,
        "param": refusal.param,
        "code": refusal.code,
    }
    return Reply(refusal.status, orjson.dumps({"error": error}), error=refusal.message)


def authorize(headers: dict[str, str]) -> None:
    """Raises Refusal (401) if no key is sent; any key will do, the lab has none to compare."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return
    if headers.get("api-key", "").strip():
        return
    raise Refusal(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using "
        "Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) "
        "if "
        "you're accessing the API from your browser and are prompted for a username and password. You can "
        "obtain "
        "an API key from https://platform.openai.com/account/api-keys.",
    )


def read(raw: bytes) -> dict[str, Any]:
    """The body as an object; raises Refusal (400)."""
    try:
        body = read_json(raw)
    except ValueError as error:
        raise Refusal(400, f"{_NO_JSON} ({error})") from None
    if not isinstance(body, dict):
        raise Refusal(400, f"{_NO_JSON} (it is no object)")
    return body
