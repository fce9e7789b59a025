"""One install of the host engine: what it needs to know, and its commands, with a log and signs of life."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab.compose.file import ComposeFile
from lab.engines.base import Say
from lab.engines.ending import Ending
from lab.engines.host.process import CA_VARIABLES, KEPT, PROXIES, log_tail
from lab.engines.packages import PackageChoice
from lab.errors import ConfigError, InstallError

TIMEOUT_S = 1800.0
SIGN_OF_LIFE_S = 15.0
# Installers need the user's mirrors, proxies and compilers; gateways get none of this.
_PASSED_ON = re.compile(
    rf"{'|'.join(KEPT + PROXIES)}|PIP_\w+|UV_\w+|NPM_CONFIG_\w+|HOME|USER|TMPDIR|XDG_\w+|CC|CXX|MAKEFLAGS"
    "|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Job:
    """All that one install needs to know; its commands run one after the other, with one log."""

    compose: ComposeFile
    package: PackageChoice | None
    prefix: Path
    log: Path
    env: Mapping[str, str]
    ca_bundle: Path | None
    say: Say
    ending: Ending
    running: set[subprocess.Popen[bytes]]  # what the engine's end kills: these threads may not live to do it

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

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What an installer may see: search path, home, proxies, mirrors, certificates, and `more`."""
        out = {name: value for name, value in self.env.items() if _PASSED_ON.fullmatch(name)}
        if self.ca_bundle is not None:
            out |= dict.fromkeys((*CA_VARIABLES, "PIP_CERT", "npm_config_cafile"), str(self.ca_bundle))
        return out | dict(more or {})

    def run(
        self, what: str, command: Sequence[str], *, env: Mapping[str, str] | None = None, next_step: str = ""
    ) -> None:
        """Run a command in the install to its end; InstallError, with the log's tail, if it fails."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            out.write(f"\n$ {shlex.join(command)}\n".encode())
            out.flush()  # else the command's own output may come first
            start = out.tell()
            stopped = InstallError(f"{self.system}: {what} was stopped")
            try:
                with self.ending.starting(stopped):
                    process = subprocess.Popen(
                        list(command), cwd=self.prefix, env=self.environment(env), stdin=subprocess.DEVNULL,
                        stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
                    )  # fmt: skip
                    self.running.add(process)
            except OSError as exc:
                raise InstallError(f"{self.system}: {command[0]} cannot be run: {exc.strerror}") from exc
        try:
            self._wait(what, process)
        finally:
            end_group(process)
            self.running.discard(process)
        if self.ending.begun:
            raise stopped
        if process.returncode != 0:
            raise InstallError(
                f"{self.system}: {what} failed (exit code {process.returncode})",
                next_step=next_step
                or f"read the whole log in {self.log}; `lab doctor` checks the registries",
                log_tail=log_tail(self.log, since=start),
            )

    def _wait(self, what: str, process: subprocess.Popen[bytes]) -> None:
        begin = told = time.monotonic()
        while not self.ending.begun:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.1)
                return
            now = time.monotonic()
            if now - begin > TIMEOUT_S:
                raise InstallError(
                    f"{self.system}: {what} did not end within {TIMEOUT_S / 60:.0f} minutes",
                    next_step="check the network and the registries with `lab doctor`",
                    log_tail=log_tail(self.log),
                )
            if now - told >= SIGN_OF_LIFE_S:
                told = now
                self.say(f"{self.system}: {what}, {now - begin:.0f} s so far")


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a command; a command that has ended by itself leaves nothing to end."""
    if process.returncode is None:
        with suppress(ProcessLookupError):  # another thread ended it just now
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
