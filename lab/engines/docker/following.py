"""A container's log, read along while it grows."""

from __future__ import annotations

import tempfile
import threading
from contextlib import suppress

import docker

from lab.engines.docker.daemon import TROUBLE

# A flood of lines may not fill the disk; what comes after so much is not read.
MAX_BYTES = 1_000_000_000


class Followed:
    """Copies what a container writes into a file without a name, from its first byte on."""

    def __init__(self, client: docker.DockerClient, container: str) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the container is followed
        self._lock = threading.Lock()
        self._size = 0
        threading.Thread(target=self._follow, args=(client, container), daemon=True).start()

    def since(self, position: int) -> bytes:
        """What is known by now from that byte on."""
        with self._lock:
            self._file.seek(position)
            return self._file.read(self._size - position) if self._size > position else b""

    def _follow(self, client: docker.DockerClient, container: str) -> None:
        with suppress(*TROUBLE, ValueError):  # the container is gone, or the engine has closed its connection
            for chunk in client.api.logs(container, stream=True, follow=True):
                with self._lock:
                    if self._size + len(chunk) > MAX_BYTES:
                        return
                    self._file.seek(self._size)
                    self._file.write(chunk)
                    self._size += len(chunk)
