"""Waiting until a started service is healthy, without waiting any longer once it has died."""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpx
from tenacity import RetryError, Retrying, retry_if_exception_type, sleep_using_event, wait_fixed
from tenacity.stop import stop_after_delay, stop_when_event_set

from lab.compose.file import Health
from lab.errors import StartError

POLL_S = 0.1
PROBE_TIMEOUT_S = 5.0


class NotYet(Exception):
    """The service is not healthy yet; the text says what was seen."""


def wait_until_healthy(
    base_url: str, health: Health, look: Callable[[], str | None], stop: threading.Event
) -> None:
    """Probe until the expected status comes; StartError names the last thing seen after `timeout_s`.

    `look` is called before each probe: it raises StartError if the service died, and returns why it is
    not healthy yet for another reason than the probe's, or None.
    """
    # Environment proxies do not lead to loopback, and a warm connection is not wanted: each probe
    # must show that the service accepts a new one.
    cold = httpx.Limits(max_keepalive_connections=0)
    http = httpx.Client(base_url=base_url, timeout=PROBE_TIMEOUT_S, trust_env=False, limits=cold)

    def probe() -> None:
        pending = look()
        try:
            status = http.get(health.path).status_code
        except httpx.HTTPError as exc:
            raise NotYet(f"GET {health.path} got no answer ({type(exc).__name__}: {exc})") from exc
        if status != health.status:
            raise NotYet(f"GET {health.path} answered {status}, expected {health.status}")
        if pending:
            raise NotYet(pending)

    retrying = Retrying(
        retry=retry_if_exception_type(NotYet),
        wait=wait_fixed(POLL_S),
        stop=stop_after_delay(health.timeout_s) | stop_when_event_set(stop),
        sleep=sleep_using_event(stop),
    )
    with http:
        try:
            retrying(probe)
        except RetryError as exc:
            if stop.is_set():
                raise StartError("the run is being stopped") from exc
            raise StartError(
                f"not healthy after {health.timeout_s:g} s: {exc.last_attempt.exception()}",
                next_step="read the end of its log; x-lab.health in its compose file sets path and time-out",
            ) from exc
