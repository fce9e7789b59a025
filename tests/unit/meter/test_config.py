"""The meter's configuration and what is said about a wrong one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab.errors import ConfigError
from lab.meter.config import MeterConfig, load_config
from tests.paths import ROOT

GOOD: dict[str, Any] = {
    "port": 9700,
    "host": "127.0.0.1",
    "token": "0123456789abcdef",
    "upstream_mode": "ollama",
    "models": ["kimi-lab-simple"],
    "forward": {
        "kimi-lab-simple": {
            "base_url": "http://ollama:11434",
            "model": "qwen2.5:0.5b",
            "api_key": None,
            "answered_by": "ollama",
        }
    },
    "embeddings_forward": None,
    "max_body_mb": 64,
}


def load(given: object) -> MeterConfig:
    """The configuration as the environment would give it."""
    return load_config({"LAB_METER_CONFIG": given if isinstance(given, str) else json.dumps(given)})


def test_a_whole_configuration_is_read() -> None:
    """Every key that the lab sends."""
    config = load(GOOD)
    assert config.forward["kimi-lab-simple"].model == "qwen2.5:0.5b"
    assert config.max_body_mb == 64


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({**GOOD, "tokn": "x"}, "tokn"),
        ({**GOOD, "port": 70000}, "port"),
        ({**GOOD, "token": "short"}, "token"),
        ({**GOOD, "upstream_mode": "real"}, "upstream_mode"),
        (
            {**GOOD, "forward": {"m": {"base_url": "ollama", "model": "m", "answered_by": "ollama"}}},
            "forward.m.base_url",
        ),
        ("not json", "Invalid JSON"),
    ],
)
def test_a_wrong_key_is_named_with_a_next_step(given: object, named: str) -> None:
    """The message says which variable and which key."""
    with pytest.raises(ConfigError) as caught:
        load(given)
    assert "LAB_METER_CONFIG" in caught.value.message
    assert named in caught.value.message
    assert caught.value.next_step


def test_a_missing_variable_is_named() -> None:
    """With an example of what to set."""
    with pytest.raises(ConfigError, match="LAB_METER_CONFIG is not set"):
        load_config({})


def test_the_meters_image_holds_every_module_that_the_meter_loads() -> None:
    """Its build context lists them by name; one that is missing would end the container as it starts."""
    program = (
        "import sys, lab.meter.__main__, lab.meter.app, lab.meter.minilm\n"
        "print(*(m.__file__ for n, m in sys.modules.items() if n.partition('.')[0] == 'lab'), sep='\\n')"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    ignore = (ROOT / "compose" / "meter" / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    kept = [line[1:] for line in ignore if line.startswith("!")]
    paths = [Path(line).resolve().relative_to(ROOT).as_posix() for line in loaded.split()]
    assert len(paths) > 20
    assert [
        path for path in paths if not any(path == one or path.startswith(f"{one}/") for one in kept)
    ] == []
