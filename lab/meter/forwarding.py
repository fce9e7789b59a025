"""Passes calls on to a real model on the same wire, with the model's name and the key replaced."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx

from lab.meter.ceiling import bounded
from lab.meter.config import Target
from lab.meter.recording import Call
from lab.meter.refusal import Refusal
from lab.meter.replies import Asked, Headers, Stream
from lab.wires import exact

_CONNECT_S = 10.0
_READ_S = 600.0
_PASSED_ON = ("accept", "anthropic-beta", "anthropic-version", "content-type", "openai-beta", "user-agent")
# Of the connection, not of the message; date and server are set again by the meter's own server.
_NOT_PASSED_BACK = frozenset(
    {
        b"connection",
        b"content-type",
        b"date",
        b"keep-alive",
        b"proxy-authenticate",
        b"server",
        b"set-cookie",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)


class Forwarder:
    """One client for all forwarded calls; proxies of the environment are honoured."""

    def __init__(self) -> None:
        timeout = httpx.Timeout(_READ_S, connect=_CONNECT_S)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
        self._client = httpx.AsyncClient(timeout=timeout, limits=limits)

    async def send(self, asked: Asked, target: Target, call: Call) -> Stream:
        """The provider's answer, piped as it comes; raises Refusal 502 or 504 if none comes.

        A ceiling on generated tokens that changes the request is noted on `call`.
        """
        body = asked.body
        if target.max_tokens is not None:
            most = (call.exchange and call.exchange.ceiling) or target.max_tokens
            body, changed = bounded(asked.path, body, most)
            call.ceiling = most if changed else None
        request = self._client.build_request(
            "POST",
            upstream_url(target.base_url, asked.path, asked.query),
            content=exact.dumps({**body, "model": target.model}),
            headers=upstream_headers(asked, target),
        )
        try:
            response = await self._client.send(request, stream=True)
        except httpx.TimeoutException as error:
            raise Refusal(504, _why(target, error), kind="server_error") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Refusal(502, _why(target, error), kind="server_error") from None
        return Stream(
            _pipe(response),
            content_type=response.headers.get("content-type", "application/octet-stream").encode("latin-1"),
            status=response.status_code,
            headers=_passed_back(response),
            answered_by=target.answered_by,
            error=f"the upstream answered {response.status_code}" if response.status_code >= 400 else None,
        )


def upstream_url(base_url: str, path: str, query: str) -> str:
    """Base and path as one URL; a version segment that both have is not doubled."""
    base = base_url.rstrip("/")
    if base.endswith("/v1") and path.startswith("/v1/"):
        path = path.removeprefix("/v1")
    if base.endswith("/api") and path.startswith("/api/"):
        path = path.removeprefix("/api")
    return f"{base}{path}?{query}" if query else f"{base}{path}"


def upstream_headers(asked: Asked, target: Target) -> dict[str, str]:
    """The caller's headers that belong to the message, and the target's key the way the wire carries it."""
    headers = {name: asked.headers[name] for name in _PASSED_ON if name in asked.headers}
    headers["content-type"] = "application/json"
    headers["accept-encoding"] = "identity"
    if target.api_key is not None:
        if asked.path == "/v1/messages":
            headers["x-api-key"] = target.api_key
        else:
            headers["authorization"] = f"Bearer {target.api_key}"
    return headers


def _passed_back(response: httpx.Response) -> Headers:
    raw: list[tuple[bytes, bytes]] = [(key.lower(), value) for key, value in response.headers.raw]
    return tuple((key, value) for key, value in raw if key not in _NOT_PASSED_BACK)


async def _pipe(response: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.aiter_raw():
            yield chunk
    finally:
        await response.aclose()


def _why(target: Target, error: Exception) -> str:
    text: Any = str(error) or type(error).__name__
    return f"the upstream at {target.base_url} did not answer: {text}"
