"""Variables in compose files are filled in as the Compose specification says."""

from __future__ import annotations

import pytest

from lab.compose.interpolation import InterpolationError, interpolate

ENV = {"NAME": "value", "EMPTY": "", "OTHER": "else", "LAB_PORT": "1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("$NAME and ${NAME}", "value and value"),
        ("$NAME.txt", "value.txt"),
        ("${EMPTY}", ""),
        ("${EMPTY:-default}", "default"),
        ("${EMPTY-default}", ""),
        ("${ABSENT:-default}", "default"),
        ("${ABSENT-default}", "default"),
        ("${ABSENT:-}", ""),
        ("${NAME:-default}", "value"),
        ("${NAME:?must be set}", "value"),
        ("${EMPTY?must be set}", ""),
        ("${NAME:+given}", "given"),
        ("${EMPTY:+given}", ""),
        ("${EMPTY+given}", "given"),
        ("${ABSENT+given}", ""),
        ("${ABSENT:-${OTHER}}", "else"),
        ("${ABSENT:-${EMPTY:-${NAME}}}", "value"),
        ("${ABSENT:-a{b}c}", "a{bc}"),
        ("http://${ABSENT:-host:80}/x", "http://host:80/x"),
        ("${NAME:-${ABSENT}}", "value"),
        ("${NAME:+${OTHER}}", "else"),
        ("$$NAME", "$NAME"),
        ("$${NAME}", "${NAME}"),
        ("$$$NAME", "$value"),
        ("${ABSENT:-$$x}", "$x"),
    ],
)
def test_forms(text: str, expected: str) -> None:
    """Every form of the specification gives what Compose gives."""
    assert interpolate(text, ENV) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${ABSENT}", "ABSENT is not set"),
        ("$ABSENT", "ABSENT is not set"),
        ("${ABSENT:?give a key}", "required variable ABSENT is not set: give a key"),
        ("${EMPTY:?give a key}", "required variable EMPTY is empty: give a key"),
        ("${ABSENT?}", "required variable ABSENT is not set"),
        ("${ABSENT:-${MORE}}", "MORE is not set"),
        ("${NAME", "not a valid variable reference"),
        ("${}", "not a valid variable reference"),
        ("${NAME!x}", "not a valid variable reference"),
        ("$ NAME", "not a valid variable reference"),
        ("costs 5$", "not a valid variable reference"),
        ("$1", "not a valid variable reference"),
    ],
)
def test_what_cannot_be_filled_in_is_an_error(text: str, message: str) -> None:
    """An unset variable or a malformed reference is an error with a next step, never an empty text."""
    with pytest.raises(InterpolationError) as caught:
        interpolate(text, ENV)
    assert message in str(caught.value)
    assert caught.value.next_step


def test_kept_names_stay_as_written() -> None:
    """Names that somebody else fills in later are left alone, whatever the environment holds."""
    kept = {"LAB_PORT"}
    assert interpolate("${LAB_PORT} $LAB_PORT", ENV, kept) == "${LAB_PORT} ${LAB_PORT}"
    assert interpolate("${NAME}:${LAB_PORT}", ENV, kept) == "value:${LAB_PORT}"
    assert interpolate("${LAB_PORT:-1}", {}, kept) == "${LAB_PORT:-1}"
    assert interpolate("${ABSENT:-${LAB_PORT}}", {}, kept) == "${LAB_PORT}"
