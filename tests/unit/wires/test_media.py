"""Images, files, cache marks and signatures in neutral form: told, compared, and never counted."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any

from lab import wires
from lab.tokens import count_parts
from lab.wires.media import data_digest
from lab.wires.neutral import Part

RAW = b"\x89PNG not really"
DATA = base64.b64encode(RAW).decode()
DIGEST = f"sha256:{hashlib.sha256(RAW).hexdigest()}"


def parts(kind: str, **message: Any) -> tuple[Part, ...]:
    """The parts of a request's only message."""
    key = "input" if kind == "responses" else "messages"
    (found,) = wires.read_request(kind, {key: [{"role": "user", **message}]}).messages
    return found.parts


def test_an_image_has_one_digest_on_every_wire() -> None:
    """Wires carry the same bytes as base64, as a data URL, or in a list of their own."""
    source = {"type": "base64", "media_type": "image/png", "data": DATA}
    url = f"data:image/png;base64,{DATA}"
    spelled = [
        parts("messages", content=[{"type": "image", "source": source}]),
        parts("chat", content=[{"type": "image_url", "image_url": {"url": url}}]),
        parts("responses", content=[{"type": "input_image", "image_url": url, "detail": "auto"}]),
    ]
    assert spelled == [(Part("image", digest=DIGEST, media_type="image/png"),)] * 3
    assert parts("ollama_chat", content="", images=[DATA])[-1] == Part("image", digest=DIGEST)


def test_a_file_has_one_digest_on_every_wire() -> None:
    """A PDF is a document, a file or an input file."""
    source = {"type": "base64", "media_type": "application/pdf", "data": DATA}
    url = f"data:application/pdf;base64,{DATA}"
    (document,) = parts("messages", content=[{"type": "document", "title": "x", "source": source}])
    (file,) = parts("chat", content=[{"type": "file", "file": {"filename": "x", "file_data": url}}])
    (given,) = parts("responses", content=[{"type": "input_file", "filename": "x", "file_data": url}])
    whole = Part("image", digest=DIGEST, media_type="application/pdf", type="document")
    assert [replace(part, details={}) for part in (document, file, given)] == [whole] * 3
    assert [part.details for part in (document, file, given)] == [{"title": "x"}, *[{"filename": "x"}] * 2]


def test_an_image_by_its_address_is_told_by_it() -> None:
    """No data was sent, so the address stands for it."""
    address = "https://www.example.com/a.png"
    (one,) = parts("messages", content=[{"type": "image", "source": {"type": "url", "url": address}}])
    (other,) = parts("responses", content=[{"type": "input_image", "image_url": address}])
    assert one == other == Part("image", digest=f"url:{address}")


def test_other_data_has_another_digest_and_what_is_no_base64_has_one_too() -> None:
    """A gateway that changes one byte is noticed, whatever it makes of it."""
    changed = base64.b64encode(b"\x89PNG not reallY").decode()
    found = {
        parts("messages", content=[{"type": "image", "source": {"type": "base64", "data": data}}])[0].digest
        for data in (DATA, changed, "%%%", "A")
    }
    assert len(found) == 4


def test_cache_marks_are_read_where_they_stand() -> None:
    """On system texts, tools, messages, calls and results; five minutes where no time is said."""
    mark = {"cache_control": {"type": "ephemeral"}}
    hour = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    request = wires.read_request(
        "messages",
        {
            "system": [{"type": "text", "text": "a"}, {"type": "text", "text": "b", **hour}],
            "tools": [{"name": "f", "input_schema": {"type": "object"}, **mark}, {"name": "g"}],
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "c", **mark}]},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {}}]},
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "1", "content": "d", **hour}],
                },
            ],
        },
    )
    assert request.system_cache == ("", "1h")
    assert [tool.cache for tool in request.tools] == ["5m", ""]
    assert [part.cache for message in request.messages for part in message.parts] == ["5m", "", "1h"]


def test_openai_marks_are_read_too() -> None:
    """OpenAI's prompt_cache_breakpoint is the same wish."""
    block = {"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}}
    assert [part.cache for part in parts("chat", content=[block])] == ["default"]


def test_a_result_says_that_it_is_an_error_and_keeps_its_blocks() -> None:
    """Its text is joined for counting; what it was made of is kept beside."""
    content = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    (result,) = parts(
        "messages",
        content=[{"type": "tool_result", "tool_use_id": "1", "is_error": True, "content": content}],
    )
    assert (result.text, result.blocks, result.error) == ("a\nb", ("a", "b"), True)


def test_a_signature_is_told_by_its_digest() -> None:
    """Thinking with another signature is another block; redacted thinking has only that."""
    thinking = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
    signed, other, redacted = (
        parts("messages", content=[block])[0]
        for block in (
            thinking,
            thinking | {"signature": "c2lo"},
            {"type": "redacted_thinking", "data": "c2ln"},
        )
    )
    assert signed.text == other.text == "hm"
    assert signed.digest != other.digest
    assert redacted == Part("thinking", digest=signed.digest, type="redacted_thinking")


def test_nothing_of_this_is_counted() -> None:
    """Images, marks, signatures and errors cost no token of their own in the lab's count."""
    plain: dict[str, Any] = {
        "system": [{"type": "text", "text": "Be brief."}],
        "tools": [{"name": "f", "description": "d", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "What is this?"}]},
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "Let me see.", "signature": "x"}],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "a"}]},
        ],
    }
    mark = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    source = {"type": "base64", "media_type": "image/png", "data": DATA * 50}
    user, assistant, result = plain["messages"]
    marked = plain | {
        "system": [plain["system"][0] | mark],
        "tools": [plain["tools"][0] | mark],
        "messages": [
            {"role": "user", "content": [user["content"][0] | mark, {"type": "image", "source": source}]},
            {"role": "assistant", "content": [assistant["content"][0] | {"signature": "y" * 400}]},
            {"role": "user", "content": [result["content"][0] | mark | {"is_error": True}]},
        ],
    }
    counted = [count_parts(wires.read_request("messages", body)) for body in (plain, marked)]
    assert counted[0] == counted[1]
    assert counted[0].total > 10


def test_base64_is_read_to_the_letter() -> None:
    """White space says nothing; any other character beyond it is no base64."""
    assert data_digest("iVBO\nRw0K ") == data_digest("iVBORw0K")
    assert len({data_digest(text) for text in ("iVBORw0K", "iVBO!Rw0K", "iVBORw==x")}) == 3
