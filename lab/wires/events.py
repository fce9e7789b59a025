"""Splits streams into events: server-sent events, and newline-delimited JSON."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event; `whole` is False if the stream ended within it."""

    name: str | None
    data: str
    whole: bool = True


def read_sse(text: str) -> list[Event]:
    """The events of a text/event-stream, by the WHATWG rules; an unfinished last event is kept, marked."""
    events: list[Event] = []
    name: str | None = None
    data: list[str] = []
    # str.splitlines would also split at U+2028, form feeds and the like, which are data here
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for line in lines:
        if not line:
            # An event without data is none: browsers and SDKs pass over it.
            if data:
                events.append(Event(name, "\n".join(data)))
            name, data = None, []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
    if data or name is not None:
        events.append(Event(name, "\n".join(data), whole=False))
    return events


def looks_like_sse(text: str) -> bool:
    """Whether a body reads like server-sent events, whatever its content type says."""
    return text.lstrip("\ufeff\r\n").startswith(("data:", "event:", "id:", ": "))
