"""One instance of the host engine: its folders, its command and its environment, with all names filled in."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.compose.file import HOST_VARIABLES, ComposeFile, HostRecipe
from lab.engines.host import process
from lab.engines.host.install import Installed
from lab.engines.host.process import FOLDER_MARKER, INSTANCE_MARKER, RUN_MARKER, Process
from lab.errors import ConfigError

METER_CONFIG = "LAB_METER_CONFIG"
_PLACEHOLDER = re.compile(rf"\$\{{({'|'.join(sorted(HOST_VARIABLES))})(?:[:?+-][^}}]*)?\}}")


@dataclass(slots=True)
class Slot:
    """What the engine knows of one instance; `folder` holds its state and its log."""

    name: str
    compose: ComposeFile
    installed: Installed
    folder: Path
    process: Process | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def state(self) -> Path:
        """The instance's working directory and home, empty at every start."""
        return self.folder / "state"

    @property
    def log(self) -> Path:
        """All that the instance has logged in this run, over restarts."""
        return self.folder / "log"

    @property
    def host(self) -> HostRecipe:
        """The x-lab.host block; an install came from it, so it is there."""
        recipe = self.compose.lab.host
        assert recipe is not None  # noqa: S101 - see above
        return recipe

    @property
    def fixed_port(self) -> int | None:
        """The port that the compose file demands, or None if the kernel may pick one."""
        port = self.compose.lab.port
        return next((p.host for p in self.compose.service.ports if p.container == port and p.host), None)

    def filled(self, text: str, port: int) -> str:
        """`text` with HOST_VARIABLES put in."""
        values = {
            "LAB_PREFIX": str(self.installed.prefix),
            "LAB_HERE": str(self.compose.folder),
            "LAB_PORT": str(port),
            "LAB_STATE": str(self.state),
            "LAB_PYTHON": sys.executable,
        }
        return _PLACEHOLDER.sub(lambda match: values[match[1]], text)

    def fresh(self) -> None:
        """Empty the state folder and what x-lab.state.wipe names, then lay out what the recipe asks for."""
        for text in self.compose.lab.state.wipe:
            path = Path(os.path.normpath(self.filled(text, 0)))
            if not path.is_relative_to(self.folder) and not path.is_relative_to(self.installed.prefix):
                raise ConfigError(
                    f"{self.compose.path}: x-lab.state.wipe: {path} is outside of the state and the install",
                    next_step="name paths that begin with ${LAB_STATE} or ${LAB_PREFIX}",
                )
            _remove(path)
        _remove(self.state)
        self.state.mkdir(parents=True)
        for target, source in self.host.install.get("copy", {}).items():
            shutil.copytree(self.installed.prefix / source, self.state / target, symlinks=True)
        for target, source in self.host.install.get("link", {}).items():
            (self.state / target).symlink_to(self.installed.prefix / source)

    def spawn(
        self, env: Mapping[str, str], run_id: str, ca_bundle: Path | None, address: str, port: int
    ) -> Process:
        """Start the program on `port`, the meter at `address`; StartError if it cannot run at all."""
        environment = process.base_environment(
            env, home=self.state, egress=self.compose.lab.egress, ca_bundle=ca_bundle
        )
        environment |= self.compose.service.environment
        environment |= {name: self.filled(text, port) for name, text in self.host.environment.items()}
        environment |= {
            RUN_MARKER: run_id, FOLDER_MARKER: str(self.folder.parent), INSTANCE_MARKER: self.name,
        }  # fmt: skip
        if METER_CONFIG in environment:
            environment[METER_CONFIG] = bound(environment[METER_CONFIG], address, port)
        command = [self.filled(word, port) for word in self.host.command]
        program = shutil.which(command[0], path=environment.get("PATH")) or command[0]
        return process.spawn(
            [program, *command[1:]], cwd=self.state, env=environment, log=self.log, port=port
        )


def bound(meter_config: str, address: str, port: int) -> str:
    """The meter's configuration with the address and port to listen on; ConfigError if it is no object."""
    try:
        return json.dumps(json.loads(meter_config) | {"host": address, "port": port})
    except (ValueError, TypeError) as exc:
        raise ConfigError(
            f"{METER_CONFIG} is not a JSON object", next_step="give it at least a token, as a JSON object"
        ) from exc


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)
