"""What is known of OpenAI's models, by name."""

from __future__ import annotations

import pytest

from lab.meter.rules.gpt import gpt


@pytest.mark.parametrize(
    ("name", "efforts", "samples", "most"),
    [
        ("gpt-4o-mini", "", True, 16_384),
        ("gpt-4.1-nano", "", True, 32_768),
        ("gpt-5-chat-latest", "", True, None),
        ("o3", "low medium high", False, 100_000),
        ("o4-mini-2025-04-16", "low medium high", False, 100_000),
        ("gpt-5", "minimal low medium high", False, 128_000),
        ("gpt-5-mini", "minimal low medium high", False, 128_000),
        ("gpt-5-pro", "high", False, 128_000),
        ("gpt-5-codex", "low medium high", False, 128_000),
        ("gpt-5.1", "none low medium high", True, 128_000),
        ("gpt-5.1-codex-max", "low medium high xhigh", False, 128_000),
        ("gpt-5.2", "none low medium high xhigh", True, 128_000),
        ("gpt-5.6-sol", "none low medium high xhigh max", False, 128_000),
        ("gpt-6-astra", "low medium high xhigh max", False, 128_000),
    ],
)
def test_a_name_tells_efforts_sampling_and_limit(
    name: str, efforts: str, samples: bool, most: int | None
) -> None:
    """Sampling is that of the default effort; with effort none it can be chosen, with any other not."""
    found = gpt(name)
    assert found is not None
    assert (" ".join(found.efforts), found.samples(None), found.most_tokens) == (efforts, samples, most)
    if found.reasons:
        assert found.samples("none")
        assert not found.samples("low")


@pytest.mark.parametrize("name", ["kimi-lab-simple", "claude-sonnet-4-5", "gpt", "chat-latest"])
def test_any_other_name_has_no_rules_of_its_own(name: str) -> None:
    """Stand-ins and other providers' models."""
    assert gpt(name) is None
