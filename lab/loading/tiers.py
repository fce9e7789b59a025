"""The tiers of configs/lab.yaml: all four, each with a model name of its own that the routers use too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

from lab.config.files import Problems
from lab.config.models import LabConfig, SystemConfig
from lab.names import TierName


def check_tiers(lab: LabConfig, systems: Iterable[SystemConfig], root: Path, problems: Problems) -> None:
    """Note where a tier could not be told at the meter: missing, of a shared name, or unknown to a router."""
    for name in get_args(TierName):
        if name not in lab.tiers:
            problems.add(
                ("tiers",), f"the tier {name} is missing", "give a model, a title and a price for it"
            )
    taken = {lab.default_model: "default_model"}
    for name, tier in lab.tiers.items():
        owner = taken.setdefault(tier.model, f"tier {name}")
        if owner != f"tier {name}":
            what = f"{tier.model} is the model of {owner} too, so that the meter could not tell them apart"
            problems.add(("tiers", name, "model"), what, "choose another name")
    for system in systems:
        if not any(variant.routes for variant in system.variants.values()):
            continue
        text = "\n".join(_texts(system, root))
        for name, tier in lab.tiers.items():
            if tier.model not in text:
                what = f"{tier.model} is in no file of {system.system}, which would route to another name"
                step = f"use the same names in configs/systems/{system.system}.yaml and its compose folder"
                problems.add(("tiers", name, "model"), what, step)


def _texts(system: SystemConfig, root: Path) -> Iterator[str]:
    """The files that tell a system what its tiers are called: its own, and those of its compose folder."""
    yield (root / "configs" / "systems" / f"{system.system}.yaml").read_text(encoding="utf-8")
    if system.compose is not None:
        for path in sorted((root / system.compose).parent.iterdir()):
            if path.is_file():
                yield path.read_text(encoding="utf-8", errors="replace")
