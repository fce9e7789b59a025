"""JSON with integers of any size, read and written as they are."""

from __future__ import annotations

import json

import pytest

from lab.wires import exact, read_request
from lab.wires.canonical import canonical_json, canonical_text


@pytest.mark.parametrize("number", [0, 2**53 + 1, 2**63, 2**64, 19876543210987654321, -(2**63) - 1, 10**40])
def test_an_integer_of_any_size_is_read_and_written_as_it_is(number: int) -> None:
    """The fast reader makes a float of it beyond 64 bits."""
    text = f'{{"n":{number},"s":"{number}"}}'
    for raw in (text, text.encode()):
        assert exact.loads(raw) == {"n": number, "s": str(number)}
        assert type(exact.loads(raw)["n"]) is int
    assert exact.dumps({"n": number}).decode() == f'{{"n":{number}}}'


def test_what_is_no_json_is_refused() -> None:
    """As the fast reader refuses it, with long numbers and without."""
    for raw in ("", "{", "[NaN]", "[1234567890123456789012,]", "[1234567890123456789012, NaN]"):
        with pytest.raises(ValueError):  # noqa: PT011 - of either reader
            exact.loads(raw)


def test_keys_keep_their_order_and_texts_their_letters() -> None:
    """Both ways of writing give the same bytes."""
    value = {"z": "ä", "a": [1, {"b": None}]}
    big = exact.dumps(value | {"n": 2**70}).decode()
    assert big == exact.dumps(value).decode()[:-1] + f',"n":{2**70}}}'


def test_two_integers_that_one_float_stands_for_are_told_apart() -> None:
    """In a call's arguments on any wire; a rounded one would otherwise look the same."""
    one, other = ({"wei": 19876543210987654321 + n} for n in (0, 1))
    assert canonical_json(one) != canonical_json(other)
    assert canonical_text(json.dumps(one)) != canonical_text(json.dumps(other))
    call = {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "f", "input": one}]}
    raw = json.dumps({"model": "m", "messages": [call]})
    (part,) = read_request("messages", exact.loads(raw)).messages[0].parts
    assert part.text == '{"wei":19876543210987654321}'
