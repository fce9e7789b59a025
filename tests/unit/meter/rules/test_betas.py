"""Which betas are known, and what may be too new for a list to know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from anthropic.types.anthropic_beta_param import AnthropicBetaParam

from lab.meter.rules.betas import KNOWN, LISTED_UNTIL, is_newer, unknown, without

TODAY = datetime.now(UTC).date()


def test_every_published_beta_is_known() -> None:
    """Those of the types of the provider's own package, and none of them is taken for a newer one."""
    published = {value for kind in get_args(AnthropicBetaParam) for value in get_args(kind)}
    assert len(published) > 50
    assert published <= KNOWN
    assert not any(map(is_newer, KNOWN))


@pytest.mark.parametrize(
    ("value", "newer"),
    [
        (f"a-{LISTED_UNTIL.isoformat()}", False),
        (f"a-{(LISTED_UNTIL + timedelta(days=1)).isoformat()}", True),
        (f"a-{TODAY.isoformat()}", True),
        (f"claude-code-{TODAY:%Y%m%d}", True),
        (f"a-{(TODAY + timedelta(days=2)).isoformat()}", False),
        ("a-2026-13-45", False),
        ("a", False),
        ("no-such-beta-2099-01-01", False),
    ],
)
def test_only_what_came_after_the_list_is_let_through(value: str, newer: bool) -> None:
    """Neither what is older and not listed, nor what has a date to come, nor what has none."""
    assert is_newer(value) == newer
    assert unknown([value, "effort-2025-11-24"]) == ([] if newer else [value])


def test_a_newer_beta_opens_fields_that_nobody_knows() -> None:
    """All but those that are known, which are judged as ever."""
    body = {"model": "m", "brand_new": 1}
    assert without(body, [f"a-{TODAY.isoformat()}"], ["model"]) == {"model": "m"}
    assert without(body, ["effort-2025-11-24"], ["model"]) == body


def test_what_a_tool_was_called_with_is_left_alone() -> None:
    """A mark's scope is taken out of marks, not out of arguments that look like one."""
    mark = {"type": "ephemeral", "scope": "global"}
    call = {"type": "tool_use", "input": {"cache_control": mark}, "cache_control": mark}
    seen = without({"messages": [{"content": [call]}]}, ["prompt-caching-scope-2026-01-05"], [])
    (block,) = seen["messages"][0]["content"]
    assert block["cache_control"] == {"type": "ephemeral"}
    assert block["input"] == {"cache_control": mark}
