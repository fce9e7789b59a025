"""What an exchange is answered with, as configs say it and the control API takes it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from lab.meter.config import Model


class ScriptedToolCall(Model):
    """A tool call in a scripted answer."""

    name: str
    input: dict[str, Any]


class ScriptedAnswer(Model):
    """What the meter answers; the provenance marker is added to the text."""

    text: str
    tool_calls: list[ScriptedToolCall] = Field(default=[])
