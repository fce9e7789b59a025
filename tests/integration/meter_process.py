"""A real meter process for tests, and what they send to it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lab.meter.script import ScriptedAnswer
from lab.run.meter_control import MeterControl

TOKEN = "0123456789abcdef"
MODEL = "kimi-lab-simple"
MARKER = "labmark-0123456789abcdef"
ANSWER = ScriptedAnswer(text="Stash puts your changes aside, so that you can come back to them later.")
ANTHROPIC = {"x-api-key": "sk-gateway", "anthropic-version": "2023-06-01"}
OPENAI = {"authorization": "Bearer sk-gateway"}
START_S = 30


@dataclass(frozen=True, slots=True)
class Running:
    """A meter that listens: its URL and process."""

    url: str
    process: subprocess.Popen[str]

    def control(self) -> MeterControl:
        """A client of its control API."""
        return MeterControl(self.url, TOKEN)


@contextmanager
def meter(**config: Any) -> Iterator[Running]:
    """A meter on a loopback port that the kernel picks; stopped at the end."""
    settings = {"port": 0, "host": "127.0.0.1", "token": TOKEN, "models": [MODEL], **config}
    process = subprocess.Popen(
        [sys.executable, "-m", "lab.meter"],
        env={**os.environ, "LAB_METER_CONFIG": json.dumps(settings)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Running(_address(process), process)
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _address(process: subprocess.Popen[str]) -> str:
    watchdog = threading.Timer(START_S, process.kill)
    watchdog.start()
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        found = re.search(r"meter listening on (http://\S+)", line)
        if found:
            watchdog.cancel()
            return found[1]
    raise AssertionError(f"the meter did not start: {said}")


def messages_body(**more: Any) -> dict[str, Any]:
    """A small valid body of /v1/messages."""
    turns = [{"role": "user", "content": "What does git stash do?"}]
    return {"model": MODEL, "max_tokens": 256, "messages": turns, **more}


def chat_body(**more: Any) -> dict[str, Any]:
    """A small valid body of /v1/chat/completions."""
    return {"model": MODEL, "messages": [{"role": "user", "content": "What does git stash do?"}], **more}
