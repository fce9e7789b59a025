"""Talks to a model server: JSON in and out, and errors that say what it answered instead."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import httpx

from lab.errors import EngineError

CONNECT_S: Final = 10.0
ASK_S: Final = 20.0
SILENCE_S: Final = 300.0  # verifying a large model's digest says nothing for minutes
NEXT: Final = "start it, or correct OLLAMA_URL"


class Refusal(EngineError):
    """The server answers with an error: its status and its own words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words or f"HTTP {status}")
        self.status = status


class Silence(EngineError):
    """The server does not answer: it cannot be reached, says nothing in time, or ends the connection."""


class Http:
    """The HTTP of one model server; every failure is a Refusal or a Silence.

    `url` is its base URL as it may be shown, without a user's name and password.
    """

    def __init__(self, url: str) -> None:
        self.url = shown_url(url)
        # A connection per call: a server that was restarted in between is no broken connection.
        self._client = httpx.Client(
            base_url=url.rstrip("/"),
            timeout=httpx.Timeout(ASK_S, connect=CONNECT_S),
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def json(
        self, method: str, path: str, body: object = None, *, timeout_s: float = ASK_S
    ) -> dict[str, Any]:
        """The JSON object that it answers with; raises Refusal, also if it is none, or Silence."""
        with self._talking(timeout_s):
            response = self._client.request(
                method, path, json=body, timeout=httpx.Timeout(timeout_s, connect=CONNECT_S)
            )
        answer = event(response.text)
        if response.status_code >= 400:
            raise Refusal(response.status_code, words(answer))
        if response.status_code >= 300 or not answer:
            kind = response.headers.get("content-type", "").partition(";")[0] or "no content type"
            raise Refusal(response.status_code, f"HTTP {response.status_code} with {kind}, not a JSON object")
        return answer

    def status(
        self, method: str, path: str, *, content: Iterable[bytes] | None = None, body: object = None
    ) -> int:
        """The status of an answer that says nothing else; raises Refusal (not of a HEAD), or Silence."""
        timeout = httpx.Timeout(SILENCE_S, connect=CONNECT_S)
        with self._talking(SILENCE_S):
            response = self._client.request(method, path, content=content, json=body, timeout=timeout)
        if response.status_code >= 400 and method != "HEAD":
            raise Refusal(response.status_code, words(event(response.text)))
        return response.status_code

    def events(self, path: str, body: object) -> Iterator[dict[str, Any]]:
        """The events of an answer in lines of JSON; an `error` among them is raised as a Refusal."""
        timeout = httpx.Timeout(SILENCE_S, connect=CONNECT_S)
        with (
            self._talking(SILENCE_S),
            self._client.stream("POST", path, json=body, timeout=timeout) as response,
        ):
            if response.status_code != 200:
                response.read()
                raise Refusal(response.status_code, words(event(response.text)))
            for line in response.iter_lines():
                found = event(line)
                if found.get("error"):
                    raise Refusal(response.status_code, words(found))
                yield found

    @contextmanager
    def _talking(self, timeout_s: float) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException as exc:
            raise Silence(f"it says nothing within {timeout_s:.0f} s", next_step=NEXT) from exc
        except httpx.ConnectError as exc:
            raise Silence(str(exc) or "it cannot be reached", next_step=NEXT) from exc
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            why = f"it ended the connection ({exc or type(exc).__name__})"
            raise Silence(why, next_step="see its log: was it restarted, or out of memory?") from exc


def shown_url(url: str) -> str:
    """A URL without a user's name and password, as records may hold it."""
    parts = urlsplit(url.rstrip("/"))
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def event(text: str) -> dict[str, Any]:
    """A JSON object; empty if the text is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def words(answer: Mapping[str, Any]) -> str:
    """What an error says in its own words, as Ollama and OpenAI write it; empty if it says nothing."""
    error = answer.get("error", "")
    return str(error.get("message", "") if isinstance(error, dict) else error)
