"""A key of a provider's cache that is made of the client's own name is told, and fails nothing."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.unit.exchange.compare.test_wishes import between

USER = "user_4f1c_account__session_0a1b2c3d-1111-2222-3333-444455556666"
DIGEST = hashlib.sha256(USER.encode()).hexdigest()
SENT: dict[str, dict[str, Any]] = {
    "messages": {"metadata": {"user_id": USER}},
    "chat": {"user": USER},
    "responses": {"safety_identifier": USER},
}


@pytest.mark.parametrize("sent_kind", ["messages", "chat", "responses"])
@pytest.mark.parametrize("kind", ["chat", "responses"])
@pytest.mark.parametrize(
    ("key", "excuse"),
    [
        (USER, "not_judged"),
        ("0a1b2c3d-1111-2222-3333-444455556666", "not_judged"),
        (DIGEST, "not_judged"),
        (DIGEST[:32], "not_judged"),
        (hashlib.md5(USER.encode(), usedforsecurity=False).hexdigest(), "not_judged"),
        ("4f1c", None),
        (DIGEST[:8], None),
        ("gateway-shared-key", None),
        (hashlib.sha256(b"another").hexdigest(), None),
    ],
)
def test_a_key_made_of_the_clients_name_is_derived(
    sent_kind: str, kind: str, key: str, excuse: str | None
) -> None:
    """Any other is the gateway's own addition, and may be shared by clients."""
    arrived = SENT["chat" if kind == "chat" else "responses"] | {"prompt_cache_key": key}
    arrived = SENT[sent_kind] | {"prompt_cache_key": key} if sent_kind == kind else arrived
    (found,) = between(sent_kind, SENT[sent_kind], kind, arrived).found
    assert (found.aspect, found.change, found.excuse) == ("prompt_cache_key", "added", excuse)
    assert ("made of the client's" in found.why) is (excuse is not None)


def test_no_other_field_is_derived() -> None:
    """Only what no model reads may be made of a name."""
    found = between(
        "messages", SENT["messages"], "chat", SENT["chat"] | {"seed": 7, "safety_identifier": "g"}
    )
    assert found.added
