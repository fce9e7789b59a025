"""Runs that go on are told from those whose lab was killed."""

from __future__ import annotations

import os
import socket

from lab.engines.owner import owner, owner_alive


def test_owners_are_told_from_strangers() -> None:
    """This process is alive; a number that no process has, another machine and nonsense are not."""
    assert owner_alive(owner())
    assert not owner_alive(f"{socket.gethostname()}:4194304999")
    assert not owner_alive(f"elsewhere:{os.getpid()}")
    assert not owner_alive(f"{socket.gethostname()}:{os.getpid()}:1"), "the number was given out again"
    assert not owner_alive("")
