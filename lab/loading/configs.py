"""Loads everything under configs/; one error names all problems of a file, with file, line and key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from lab.config.files import Problems, check, read, shown
from lab.config.models import LabConfig, Price, SystemConfig
from lab.config.scenarios import Suite
from lab.errors import ConfigError, UsageError
from lab.figures.monthly import OWN
from lab.loading.prices import NoPrice, resolve
from lab.loading.suites import load_suite
from lab.loading.vendor_claims import check_claims
from lab.names import TierName, nearest

ALL_SUITES = "all"
Item = TypeVar("Item")
Loaded = TypeVar("Loaded")


def load_lab(root: Path) -> LabConfig:
    """configs/lab.yaml, with the variants and suites it names looked up; raises ConfigError."""
    data, problems = read(root / "configs" / "lab.yaml")
    lab = check(LabConfig, data, problems)
    errors: list[ConfigError] = []
    try:
        systems = load_systems(root)
        if lab is not None:
            _check_tiers(lab, systems.values(), root, problems)
        variants = [name for system in systems.values() for name in system.variants]
        _check_names(problems, data, ("variants",), variants)
        _check_names(problems, data, ("baseline",), variants)
    except ConfigError as error:
        errors.append(error)
    _check_names(problems, data, ("suites",), suite_names(root))
    if lab is not None:
        _check_prices(problems, lab)
    if lab is not None and not problems.found:
        _check_mix(problems, lab, root)
    try:
        problems.raise_if_any()
    except ConfigError as error:
        errors.insert(0, error)
    raise_all(errors)
    assert lab is not None  # noqa: S101 - without it there was a problem
    return lab


def load_systems(root: Path) -> dict[str, SystemConfig]:
    """configs/systems/*.yaml by system name; a variant's name is unique over all; raises ConfigError."""
    folder = root / "configs" / "systems"
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise ConfigError(f"{shown(folder)}: there are no systems", next_step="add a YAML file per system")
    owners: dict[str, str] = {}
    systems = each_of(paths, lambda path: _load_system(path, root, owners))
    return {system.system: system for system in systems}


def load_suites(root: Path, names: Sequence[str]) -> tuple[Suite, ...]:
    """The suites of these names in order, or of the name `all`; UsageError if unknown, ConfigError if bad."""
    known = suite_names(root)
    if ALL_SUITES in names:
        names = sorted(known, key=lambda name: (name != "core", name))
    for name in names:
        if name not in known:
            raise UsageError(f"unknown suite: {name}", next_step=nearest(name, known))
    folder = root / "configs" / "scenarios"
    suites = each_of(dict.fromkeys(names), lambda name: load_suite(folder / f"{name}.yaml"))
    check_unique_ids(suites)
    return tuple(suites)


def each_of(items: Iterable[Item], load: Callable[[Item], Loaded]) -> list[Loaded]:
    """Each item loaded; one ConfigError names what is wrong with all of them."""
    found: list[Loaded] = []
    errors: list[ConfigError] = []
    for item in items:
        try:
            found.append(load(item))
        except ConfigError as error:
            errors.append(error)
    raise_all(errors)
    return found


def raise_all(errors: Sequence[ConfigError]) -> None:
    """Raise all these errors as one, if there are any."""
    if errors:
        steps = dict.fromkeys(error.next_step for error in errors if error.next_step)
        raise ConfigError("\n".join(error.message for error in errors), next_step="; ".join(steps))


def _load_system(path: Path, root: Path, owners: dict[str, str]) -> SystemConfig:
    data, problems = read(path)
    system = check(SystemConfig, data, problems)
    if system is not None:
        if system.system != path.stem:
            problems.add(("system",), f"is not the file's name, {path.stem}", "make the two the same")
        if system.compose is not None and not (root / system.compose).is_file():
            problems.add(("compose",), f"there is no file {system.compose}", "correct the path")
        if not system.variants:
            problems.add(("variants",), "there are no variants", "give at least the vendor's defaults")
        for name in system.variants:
            owner = owners.setdefault(name, path.name)
            if owner != path.name:
                problems.add(("variants", name), f"{owner} has this variant too", "choose another name")
        check_claims(system, problems)
    problems.raise_if_any()
    assert system is not None  # noqa: S101 - without it there was a problem
    return system


def _check_names(problems: Problems, data: Any, key: tuple[str], known: Sequence[str]) -> None:
    """Note each text under `key`, one or a list of them, that is not a known name."""
    given = data.get(key[0]) if isinstance(data, dict) else None
    if isinstance(given, str):
        _known(problems, key, given, known)
    for n, name in enumerate(given if isinstance(given, list) else []):
        if isinstance(name, str):
            _known(problems, (*key, n), name, known)


def _known(problems: Problems, key: tuple[str | int, ...], name: str, known: Sequence[str]) -> None:
    if name not in known:
        problems.add(key, f"there is no {name}", nearest(name, known))


def suite_names(root: Path) -> list[str]:
    """The names of the suites in configs/scenarios, in order."""
    return sorted(path.stem for path in (root / "configs" / "scenarios").glob("*.yaml"))


def _check_prices(problems: Problems, lab: LabConfig) -> None:
    """Note each price that is not known, before anything is started on the way to a report without it."""
    prices: dict[tuple[str, ...], Price] = {
        ("default_model_price",): lab.default_model_price,
        ("same_model_price",): lab.same_model_price,
    }
    prices |= {("tiers", name, "price"): tier.price for name, tier in lab.tiers.items()}
    for key, price in prices.items():
        try:
            resolve(price)
        except NoPrice as error:
            problems.add((*key, *error.below), error.message, error.next_step)


def _check_mix(problems: Problems, lab: LabConfig, root: Path) -> None:
    """Note names that no suite under configs/scenarios has: suites, classes (suite/class), scenario ids."""
    mix = lab.extrapolation.mix
    if not mix:
        return
    suites = load_suites(root, [ALL_SUITES])
    classes = [f"{suite.suite}/{name}" for suite in suites for name in suite.classes]
    ids = [scenario.id for suite in suites for scenario in suite.scenarios]
    names = [OWN, *(suite.suite for suite in suites)]
    known = [*names, *classes, *ids]
    for name, weight in mix.items():
        if name not in known:
            shown = [*names, *classes, "and the ids of scenarios"]
            problems.add(("extrapolation", "mix", name), f"there is no {name}", nearest(name, known, shown))
        if weight < 0:
            problems.add(("extrapolation", "mix", name), "the weight is negative", "give 0 or more")
    if not any(weight > 0 for weight in mix.values()):
        problems.add(("extrapolation", "mix"), "all weights are 0", "give at least one above 0")


def check_unique_ids(suites: Iterable[Suite]) -> None:
    """Raise ConfigError if two suites of a run have a scenario of the same id."""
    owners: dict[str, str] = {}
    for suite in suites:
        for scenario in suite.scenarios:
            owner = owners.setdefault(scenario.id, suite.suite)
            if owner != suite.suite:
                raise ConfigError(
                    f"configs/scenarios/{suite.suite}.yaml: suite {owner} has a scenario {scenario.id} too",
                    next_step="scenario ids are unique over the suites of a run: rename one",
                )


def _check_tiers(lab: LabConfig, systems: Iterable[SystemConfig], root: Path, problems: Problems) -> None:
    """Note each tier the meter could not recognise: missing, of a shared name, or unknown to a router."""
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
