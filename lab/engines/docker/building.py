"""Building one image through the daemon's classic builder, with its progress, under a lock per tag."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

import docker
from rich.text import Text

from lab.compose.file import Build
from lab.engines.base import Say
from lab.engines.docker.listening import Event, Silence, Stopped, heard
from lab.errors import InstallError

TAIL_LINES = 60
SILENCE_S = 1200.0
SAY_EVERY_S = 10.0
_STEP = re.compile(r"Step (\d+)/(\d+) : (.*)")
_RETURNED = re.compile(r"returned a non-zero code: (\d+)")
_COMPLAINT = re.compile(r"\b(?:error|ERR!|E404|cannot|failed|not found)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Job:
    """One image to build: for which system, from which recipe, under which tag, with what arguments."""

    system: str
    build: Build
    tag: str
    args: Mapping[str, str]


def build_image(
    client: docker.DockerClient, job: Job, context: IO[bytes], say: Say, stop: threading.Event
) -> None:
    """Build and tag an image; raises InstallError with the step that failed and the log's tail."""
    say(f"{job.system}: building its image (the first time takes a few minutes)")
    begin = time.monotonic()
    progress = _Progress(job.system, say)

    def stream() -> Iterator[Event]:
        return client.api.build(
            fileobj=context, custom_context=True, dockerfile=job.build.dockerfile,
            target=job.build.target, tag=job.tag, buildargs=dict(job.args),
            rm=True, forcerm=True, decode=True,
        )  # fmt: skip

    try:
        for event in heard(stream, stop, first_s=SILENCE_S, next_s=SILENCE_S):
            if "error" in event:
                raise InstallError(
                    f"{job.system}: its image cannot be built, {progress.step or 'before the first step'}: "
                    f"{progress.complaint() or _exit_code(str(event['error']))}",
                    next_step="read the end of the build's log; `lab doctor` examines the registries",
                    log_tail=progress.log(),
                )
            progress.hear(str(event.get("stream", "")))
    except (Silence, Stopped) as exc:
        raise InstallError(
            f"{job.system}: building its image was stopped, {progress.step}{f': {exc}' if str(exc) else ''}",
            log_tail=progress.log(),
        ) from exc
    say(f"{job.system}: image built in {time.monotonic() - begin:.0f} s")


def _exit_code(error: str) -> str:
    """The builder's error without the command it quotes, which the log has anyway."""
    found = _RETURNED.search(error)
    return f"the command returned {found[1]}" if found else error.strip()


class _Progress:
    """Keeps the log's tail, says each step, and in long steps the latest line now and then."""

    def __init__(self, system: str, say: Say) -> None:
        self._system = system
        self._say = say
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._said_at = time.monotonic()
        self.step = ""

    def hear(self, text: str) -> None:
        """Take in what the builder said."""
        plain = Text.from_ansi(text).plain
        for line in filter(None, (part.strip() for part in plain.splitlines())):
            self._tail.append(line)
            if step := _STEP.match(line):
                self.step = f"at step {step[1]} of {step[2]}"
                self._tell(f"{self._system}: build step {step[1]}/{step[2]}: {step[3][:80]}")
            elif time.monotonic() - self._said_at > SAY_EVERY_S:
                self._tell(f"{self._system}: {line[:100]}")

    def _tell(self, text: str) -> None:
        self._say(text)
        self._said_at = time.monotonic()

    def complaint(self) -> str:
        """The first line of the last step that speaks of an error, as package managers write them."""
        for line in list(self._tail)[self._step_at() :]:
            if _COMPLAINT.search(line):
                return line[:200]
        return ""

    def _step_at(self) -> int:
        return max((n for n, line in enumerate(self._tail) if _STEP.match(line)), default=-1) + 1

    def log(self) -> str:
        """The last lines of the build's log."""
        return "\n".join(self._tail)
