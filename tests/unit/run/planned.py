"""Plans for tests: the project's variants, asked scenarios of your choice."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from lab.config.models import LabConfig, SystemConfig
from lab.config.scenarios import Scenario, Suite
from lab.loading.configs import load_lab, load_systems
from lab.run.plan import Plan, select_variants
from tests.paths import ROOT

TOOL = {"name": "look", "description": "Looks.", "input_schema": {"type": "object", "properties": {}}}
PIXEL = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}


@cache
def project() -> LabConfig:
    """configs/lab.yaml as it is."""
    return load_lab(ROOT)


@cache
def systems() -> dict[str, SystemConfig]:
    """configs/systems as they are."""
    return load_systems(ROOT)


def scenario(name: str, text: str | list[dict[str, Any]] = "Name a colour.", **more: Any) -> Scenario:
    """A scenario with one message."""
    frame = {"id": name, "title": name, "looks_at": "plain", "class": "plain", "max_tokens": 64}
    return Scenario.model_validate({**frame, "messages": [{"role": "user", "content": text}], **more})


def settings(**ollama: Any) -> LabConfig:
    """configs/lab.yaml with other settings of the model server."""
    lab = project()
    return lab.model_copy(update={"ollama": lab.ollama.model_copy(update=ollama)})


def plan(
    *scenarios: Scenario,
    variants: tuple[str, ...] = ("direct", "ollama"),
    lab: LabConfig | None = None,
    **more: Any,
) -> Plan:
    """A plan that asks these variants these scenarios, twice."""
    suite = Suite.model_validate(
        {
            "suite": "tiny",
            "title": "Tiny",
            "answer": {"text": "An answer."},
            "classes": {"plain": "Plain questions"},
            "scenarios": [one.model_dump(by_alias=True) for one in scenarios],
        }
    )
    selected = select_variants(lab or project(), systems(), variants)
    chosen = tuple(planned for planned in selected if planned.name in variants)
    return Plan(more.pop("root", Path("/")), lab or project(), chosen, (suite,), 2, 7, **more)
