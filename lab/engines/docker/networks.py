"""The networks of a run: one without a way out for everything, one with, for the few that need it."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import docker

from lab.engines.docker.containers import Place, labels_of
from lab.engines.docker.daemon import TROUBLE, talking
from lab.engines.docker.leftovers import leftovers, remove
from lab.errors import EngineError, StartError

NO_MASQUERADE = {"com.docker.network.bridge.enable_ip_masquerade": "false"}
SWEEPS = 3


class Networks:
    """Makes a run's networks when they are first needed, and removes all that the run has in Docker."""

    def __init__(self, client: docker.DockerClient, run: str) -> None:
        self._client = client
        self._run = run
        self._lock = threading.RLock()
        self._made: dict[str, str] = {}

    def place(self, hosts: Mapping[str, str], *, egress: bool) -> Place:
        """Where a container goes; `hosts` are names it knows besides the other containers'."""
        return Place(self._run, self._lab(), self._named("egress", {}) if egress else None, hosts)

    def gateway(self) -> str:
        """This machine's address on the network, at which containers reach it."""
        with talking("reading the network's address"):
            attrs = self._client.api.inspect_network(self._lab())
        for config in attrs["IPAM"]["Config"] or ():
            if config.get("Gateway"):
                return str(config["Gateway"]).partition("/")[0]
        raise StartError("the Docker network has no gateway address", next_step="use `--engine host`")

    def remove_all(self) -> None:
        """Remove the run's containers and networks; never raises, `lab clean` finds what may stay."""
        for _ in range(SWEEPS):
            try:
                found = leftovers(self._client, self._run)
                if not found:
                    return
                remove(self._client, found)
            except (EngineError, *TROUBLE):
                continue

    def _lab(self) -> str:
        with self._lock:
            if not self._made:
                self._sweep_out()
            # A published port works without masquerade, a connection to the outside does not.
            return self._named("lab", NO_MASQUERADE)

    def _named(self, kind: str, options: Mapping[str, str]) -> str:
        # Of a container's networks the one whose name sorts first leads out: `egress` before `lab`.
        name = f"llm-gateway-lab-{self._run}-{kind}"
        with self._lock:
            if kind not in self._made:
                with talking("the run's network cannot be made"):
                    made = self._client.api.create_network(
                        name, driver="bridge", options=dict(options), labels=labels_of(self._run)
                    )
                self._made[kind] = made["Id"]
            return name

    def _sweep_out(self) -> None:
        """Before a resumed run begins: remove what its killed predecessor left under the same id."""
        found = leftovers(self._client, self._run)
        if busy := next((one for one in found if one.in_use), None):
            raise StartError(
                f"run {self._run} is still going on in process {busy.owner.split(':')[1]}",
                next_step="wait for it, or end that process",
            )
        with talking("removing what an earlier attempt of this run left"):
            remove(self._client, found)
