"""Where an answer breaks the published types, its own field is named, and no member of an internal union."""

from __future__ import annotations

import pytest

from lab.wires.strict import violations


def test_an_event_is_held_to_its_own_type() -> None:
    """Not to the first of all events, which it never meant to be."""
    event = {"type": "response.output_text.done", "item_id": "m", "output_index": 0, "content_index": 0}
    assert violations("responses_event", event | {"text": "x", "logprobs": []}) == [
        "sequence_number: Field required"
    ]
    assert violations("responses_event", event | {"text": "x", "logprobs": [], "sequence_number": 3}) == []


def test_an_event_of_a_type_yet_unknown_is_no_violation() -> None:
    """Providers add events without another version of their API."""
    assert violations("responses_event", {"type": "response.made_up", "delta": 3}) == []


@pytest.mark.parametrize("event", [{}, {"type": None}, {"type": 3}])
def test_an_event_without_a_type_is_named_as_it_is(event: dict[str, object]) -> None:
    """One sentence, without the names of classes."""
    (said,) = violations("responses_event", event)
    assert said.startswith("type: no event of this wire is called ")
    assert "Event." not in said
