"""What is known of Anthropic's models, by name."""

from __future__ import annotations

from typing import get_args

import pytest
from anthropic.types.model_param import ModelParam

from lab.meter.rules.claude import claude

BOTH = {"enabled", "disabled"}


@pytest.mark.parametrize(
    ("name", "version", "thinking", "most"),
    [
        ("claude-3-haiku-20240307", (3, 0), None, 4096),
        ("claude-3-5-haiku-20241022", (3, 5), None, 8192),
        ("claude-3-7-sonnet-latest", (3, 7), BOTH, 64_000),
        ("claude-opus-4-20250514", (4, 0), BOTH, 32_000),
        ("claude-opus-4-1-20250805", (4, 1), BOTH, 32_000),
        ("claude-sonnet-4-0", (4, 0), BOTH, 64_000),
        ("claude-sonnet-4-5-20250929", (4, 5), BOTH, 64_000),
        ("claude-opus-4-6", (4, 6), {*BOTH, "adaptive"}, 128_000),
        ("claude-opus-4-8", (4, 8), {"disabled", "adaptive"}, 128_000),
        ("claude-sonnet-5", (5, 0), {"disabled", "adaptive"}, 128_000),
        ("claude-sonnet-5-5", (5, 5), {"between_tools", "adaptive"}, 128_000),
        ("claude-opus-5-5", (5, 5), {"adaptive"}, 128_000),
        ("claude-mythos-5-1", (5, 1), {"adaptive"}, 128_000),
    ],
)
def test_a_name_tells_version_and_thinking(
    name: str, version: tuple[int, int], thinking: set[str] | None, most: int
) -> None:
    """Dated, aliased, and of the older order of words."""
    found = claude(name)
    assert found is not None
    assert (found.version, found.thinking, found.most_tokens) == (version, thinking, most)


@pytest.mark.parametrize(
    "name", ["kimi-lab-simple", "gpt-5", "claude-mythos-preview", "claude", "claude-two"]
)
def test_any_other_name_has_no_rules_of_its_own(name: str) -> None:
    """Stand-ins, aliases, other providers' models, and previews without a version."""
    assert claude(name) is None


def test_every_published_model_is_known() -> None:
    """But for the preview without a version."""
    names = {value for kind in get_args(ModelParam) for value in get_args(kind)}
    assert {name for name in names if claude(name) is None} == {"claude-mythos-preview"}
