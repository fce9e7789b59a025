"""Known secrets are replaced by value, in each form in which they may travel."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from lab.records.redaction import Redactor

SECRET = 'pa/ss "wörd"+1'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(SECRET)[1:-1].replace("/", "\\/"),
        quote(SECRET, safe=""),
    ],
)
def test_every_spelling_is_replaced(form: str) -> None:
    """Plain, JSON-escaped and URL-encoded, in text and in bytes."""
    redactor = Redactor([SECRET])
    assert redactor.bytes(f"a {form} b".encode()) == b"a [redacted] b"
    assert redactor.bytes(f"a {form} b".encode()) == b"a [redacted] b"


@pytest.mark.parametrize("user", ["", "u", "us", "use", "user"])
def test_basic_authorization_is_replaced_at_any_alignment(user: str) -> None:
    """Whatever user name goes before it, the secret cannot be read back from the base64 that stays."""
    secret = "a-long-enough-secret"
    encoded = base64.b64encode(f"{user}:{secret}".encode()).decode()
    left = Redactor([secret]).bytes(encoded.encode()).decode()
    assert "[redacted]" in left
    assert len(left.replace("[redacted]", "")) < len(encoded) / 2


def test_short_values_are_left_alone() -> None:
    """A value of five characters would mangle innocent text."""
    assert Redactor(["abcde", ""]).bytes(b"abcde") == b"abcde"
    assert Redactor(["abcdef"]).bytes(b"abcdef") == b"[redacted]"


def test_the_longer_of_two_overlapping_secrets_goes_first() -> None:
    """No rest of a longer secret stays because a shorter one is part of it."""
    assert Redactor(["secret", "secret-and-more"]).bytes(b"secret-and-more") == b"[redacted]"
