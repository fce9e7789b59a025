"""Where a forwarded call goes and with which headers."""

from __future__ import annotations

import pytest

from lab.meter.config import Target
from lab.meter.forwarding import upstream_headers, upstream_url
from lab.meter.replies import Asked


@pytest.mark.parametrize(
    ("base", "path", "query", "url"),
    [
        ("http://o:11434", "/v1/chat/completions", "", "http://o:11434/v1/chat/completions"),
        ("http://o:11434/", "/api/chat", "", "http://o:11434/api/chat"),
        ("https://p.example/v1", "/v1/chat/completions", "", "https://p.example/v1/chat/completions"),
        (
            "https://p.example/anthropic",
            "/v1/messages",
            "beta=true",
            "https://p.example/anthropic/v1/messages?beta=true",
        ),
        ("http://o:11434/api", "/api/embed", "", "http://o:11434/api/embed"),
    ],
)
def test_base_and_path_are_joined_without_doubling_the_version(
    base: str, path: str, query: str, url: str
) -> None:
    """Whether the base URL names the version or not."""
    assert upstream_url(base, path, query) == url


def asked(path: str) -> Asked:
    """A call with the gateway's own key and headers."""
    headers = {
        "authorization": "Bearer gateways-own",
        "x-api-key": "gateways-own",
        "cookie": "a=b",
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "b",
        "host": "meter",
        "content-length": "12",
        "accept-encoding": "gzip",
        "user-agent": "gateway/1",
    }
    return Asked("POST", path, "", headers)


def test_the_key_is_the_targets_and_only_headers_of_the_message_pass() -> None:
    """The gateway's own key never reaches the provider."""
    target = Target(base_url="http://p", model="m", api_key="real", answered_by="cloud")
    assert upstream_headers(asked("/v1/messages"), target) == {
        "anthropic-beta": "b",
        "anthropic-version": "2023-06-01",
        "user-agent": "gateway/1",
        "content-type": "application/json",
        "accept-encoding": "identity",
        "x-api-key": "real",
    }
    assert upstream_headers(asked("/v1/chat/completions"), target)["authorization"] == "Bearer real"


def test_without_a_key_none_is_sent() -> None:
    """Ollama needs none, and must not be shown the gateway's."""
    target = Target(base_url="http://o", model="m", api_key=None, answered_by="ollama")
    for path in ("/v1/messages", "/api/chat"):
        assert not {"authorization", "x-api-key"} & upstream_headers(asked(path), target).keys()
