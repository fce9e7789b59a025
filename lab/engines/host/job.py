"""One install of the host engine, as its recipes (npm, venv) see it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.compose.file import ComposeFile
from lab.engines.host.command import Commands
from lab.engines.packages import PackageChoice
from lab.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Job:
    """All that one install needs to know."""

    compose: ComposeFile
    prefix: Path
    package: PackageChoice | None
    commands: Commands

    @property
    def system(self) -> str:
        """Name of the compose folder, for messages."""
        return self.compose.folder.name

    @property
    def lock(self) -> Path:
        """The lock file of the recipe; ConfigError if the compose file names none or it is missing."""
        host = self.compose.lab.host
        path = self.compose.folder / (host.lock if host and host.lock else "")
        if not path.is_file():
            raise ConfigError(
                f"{self.compose.path}: x-lab.host.lock: there is no lock file {path}",
                next_step="name the lock file, relative to the compose file",
            )
        return path
