"""The lab's HTTP client: sends one exchange, attempt by attempt, and times every one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from tenacity import RetryError, Retrying, retry_if_result, stop_after_attempt, wait_exponential_jitter

TRANSIENT_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


@dataclass(frozen=True, slots=True)
class Try:
    """One HTTP try: times in ms; `error` is set if no whole response came back."""

    n: int
    started_at: str
    latency_ms: float
    ttfb_ms: float | None
    status: int | None
    headers: Mapping[str, str]
    body: bytes
    error: str | None
    too_large: bool = False

    @property
    def late(self) -> bool:
        """Whether the lab's own limit of time ended it while an answer was waited for."""
        return self.error is not None and (
            "ReadTimeout" in self.error or "was not complete after" in self.error
        )

    @property
    def transient(self) -> bool:
        """Whether the same request may succeed when it is sent again."""
        if self.too_large:
            return False
        return self.error is not None or self.status in TRANSIENT_STATUS


class Client:
    """Keeps one HTTP connection pool for the whole run, so that every system is met with warm sockets."""

    def __init__(self, *, timeout_s: float, max_answer_bytes: int) -> None:
        self._timeout_s = timeout_s
        self._max_answer_bytes = max_answer_bytes
        self._http = self._connections()

    def _connections(self) -> httpx.Client:
        timeout = httpx.Timeout(self._timeout_s, connect=10.0)
        return httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def forget_connections(self) -> None:
        """Drop pooled connections, as after a restart of the systems they led to."""
        self._http.close()
        self._http = self._connections()

    def send(
        self,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        attempts: int,
        backoff_s: float,
        keep_trying: Callable[[Try], bool] = lambda _: True,
    ) -> tuple[Try, ...]:
        """Send until it succeeds, fails for good, or `attempts` are used up; every try is returned."""
        tries: list[Try] = []

        def one() -> Try:
            tries.append(self._one(len(tries) + 1, url, headers, body))
            return tries[-1]

        retrying = Retrying(
            retry=retry_if_result(lambda t: t.transient and keep_trying(t)),
            stop=stop_after_attempt(attempts),
            wait=wait_exponential_jitter(multiplier=backoff_s, max=10.0, jitter=backoff_s),
            sleep=time.sleep,
        )
        with contextlib.suppress(RetryError):  # the tries tell the story; the last one is the outcome
            retrying(one)
        return tuple(tries)

    def _one(self, n: int, url: str, headers: Mapping[str, str], body: bytes) -> Try:
        started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        status: int | None = None
        response_headers: dict[str, str] = {}
        chunks: list[bytes] = []
        size = 0
        ttfb: float | None = None
        error: str | None = None
        too_large = False
        self._http.cookies.clear()  # a cookie would carry state from one exchange, or gateway, to another
        begin = time.perf_counter()
        try:
            with self._http.stream("POST", url, headers=dict(headers), content=body) as response:
                status = response.status_code
                response_headers = dict(response.headers)
                for chunk in response.iter_bytes():
                    if ttfb is None:
                        ttfb = (time.perf_counter() - begin) * 1000
                    chunks.append(chunk)
                    size += len(chunk)
                    if size > self._max_answer_bytes:
                        too_large = True
                        error = (
                            f"the answer is larger than {self._max_answer_bytes} bytes; the rest was not read"
                        )
                        break
                    if time.perf_counter() - begin > self._timeout_s:
                        error = f"the answer was not complete after {self._timeout_s:g} s"
                        break
        except httpx.TimeoutException as exc:
            error = f"time-out after {time.perf_counter() - begin:.1f} s ({type(exc).__name__})"
        except httpx.HTTPError as exc:
            error = f"{type(exc).__name__}: {exc}"
        latency = (time.perf_counter() - begin) * 1000
        return Try(n, started_at, latency, ttfb, status, response_headers, b"".join(chunks), error, too_large)
