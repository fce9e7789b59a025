"""What every engine offers: install, start, watch, wipe and stop the instances of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Instance:
    """One process (or container) to start: a compose file plus the variables it is interpolated with."""

    name: str
    system: str
    compose: Path
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Started:
    """A healthy instance: where the lab reaches it, and what exactly runs; boot time in seconds."""

    base_url: str
    version: str | None
    image: str | None
    boot_s: float


Say = Callable[[str], None]


class Engine(Protocol):
    """Where systems run; all methods may be called from several threads, one instance each."""

    name: str

    def notes(self) -> tuple[str, ...]:
        """What this engine cannot guarantee, one sentence each, for console and report."""
        ...

    def meter_url(self) -> str:
        """The meter's base URL as systems see it, without a trailing slash."""
        ...

    def install(self, instance: Instance, say: Say) -> None:
        """Have image or packages ready; raises InstallError or ConfigError."""
        ...

    def start(self, instance: Instance, say: Say) -> Started:
        """Start and wait until healthy; raises StartError with the log's tail."""
        ...

    def wipe(self, instance: Instance, say: Say) -> Started:
        """Stop, remove the instance's state, start afresh; raises StartError."""
        ...

    def keeps_state(self, instance: Instance) -> bool:
        """Whether the compose file's x-lab block says that this system keeps state."""
        ...

    def died(self, instance: Instance) -> str | None:
        """Why the instance no longer runs (with its log's tail), or None while it runs."""
        ...

    def save_log(self, instance: Instance, path: Path) -> None:
        """Write all the instance has logged so far to `path`."""
        ...

    def log_since(self, instance: Instance, position: int) -> bytes:
        """What a running instance has logged from that byte on, as far as it is known by now."""
        ...

    def stop_all(self) -> None:
        """Stop and remove everything this engine started in this run; never raises."""
        ...
