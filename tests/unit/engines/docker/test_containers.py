"""How a container ended is said in words."""

from __future__ import annotations

from lab.engines.docker.containers import _end, _published


def test_how_a_container_ended_is_said_in_words() -> None:
    """Exit code, signal and lack of memory are named, and ports are read back as numbers."""
    assert _end({"ExitCode": 1}) == "it ended with exit code 1"
    assert _end({"ExitCode": 143}) == "it ended with exit code 143 (signal 15)"
    assert "limits.memory_mb" in _end({"ExitCode": 137, "OOMKilled": True})
    assert _end({"ExitCode": 127, "Error": "no such program"}).endswith(": no such program")
    assert _published({"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32000"}], "81/tcp": None}) == {
        80: 32000
    }
