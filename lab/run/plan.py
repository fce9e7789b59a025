"""The plan of a run: which variants, which scenarios, how often, and in what order."""

from __future__ import annotations

import random
import secrets
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab.config.models import LabConfig, SystemConfig, Variant
from lab.config.scenarios import Scenario, Suite
from lab.errors import UsageError
from lab.names import ClientWire, nearest
from lab.scenarios.forms import Form
from lab.scenarios.request import client_wire, unsupported_on
from lab.tokens import count_text

# Most markers have so many tokens. All are chosen to: else answers would differ in length, and so in cost.
MARKER_TOKENS = 14
NONCE_ALPHABET = string.ascii_lowercase + string.digits


@dataclass(frozen=True, slots=True)
class PlannedVariant:
    """A variant with the system it belongs to and the instance (process) that serves it."""

    name: str
    system: SystemConfig
    variant: Variant

    @property
    def instance(self) -> str:
        """Name of the instance that serves this variant; variants may share one."""
        return self.variant.instance or self.name


@dataclass(frozen=True, slots=True)
class Step:
    """One exchange to make: a scenario of a suite, for one variant, in one repeat."""

    repeat: int
    suite: str
    scenario: Scenario
    variant: str

    @property
    def exchange_id(self) -> str:
        """The exchange's id, unique within a run."""
        return f"r{self.repeat}-{self.scenario.id}-{self.variant}"


@dataclass(frozen=True, slots=True)
class Pass:
    """A part of a repeat that begins with fresh state: the scenarios of one suite with one `in_pass`."""

    repeat: int
    suite: str
    number: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run does, decided before anything starts.

    `forms` are those in which scenarios are sent; the suites hold each once per form. If there is a `folder`
    of the user's own prompts, the last suites are that folder's, and `own_suite` is its name. `pairs` are the
    variants that are asked each scenario, by its id (None: all), for the reason `pairs_why`. `notes` are what
    the user should know of the plan before it begins, and `cannot` says by scenario and variant why the model
    behind that variant cannot take it.
    """

    root: Path
    lab: LabConfig
    variants: tuple[PlannedVariant, ...]
    suites: tuple[Suite, ...]
    repeats: int
    seed: int
    wire: ClientWire = "anthropic"
    folder: Path | None = None
    own_suite: str = ""
    forms: tuple[Form, ...] = ()
    pairs: Mapping[str, frozenset[str]] | None = None
    pairs_why: str = ""
    notes: tuple[str, ...] = ()
    cannot: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def suite(self, name: str) -> Suite:
        """The suite of that name; raises KeyError if it is not part of the plan."""
        return next(suite for suite in self.suites if suite.suite == name)

    def passes(self, repeat: int) -> tuple[Pass, ...]:
        """The passes of one repeat (counted from 1) in shuffled order; every suite has its own."""
        order = random.Random(f"{self.seed}:{repeat}")  # noqa: S311 - order must be repeatable, not secret
        numbered = [
            (suite, number)
            for suite in self.suites
            for number in sorted({scenario.in_pass for scenario in suite.scenarios})
        ]
        order.shuffle(numbered)
        return tuple(
            Pass(repeat, suite.suite, number, tuple(self._steps(repeat, suite, number, order)))
            for suite, number in numbered
        )

    def _steps(self, repeat: int, suite: Suite, number: int, order: random.Random) -> Iterator[Step]:
        """The steps of one pass: shuffled, interleaved over variants, sequences kept in order."""
        units = _units([scenario for scenario in suite.scenarios if scenario.in_pass == number])
        order.shuffle(units)
        for unit in units:
            for scenario in unit:
                names = [planned.name for planned in self.variants]
                order.shuffle(names)
                for name in names:
                    if self.asks(name, scenario):
                        yield Step(repeat=repeat, suite=suite.suite, scenario=scenario, variant=name)

    def asks(self, variant: str, scenario: Scenario) -> bool:
        """Whether a variant is asked this at all: by what it does, its wires, and what the run asks again."""
        planned = next(planned for planned in self.variants if planned.name == variant)
        wire = self.wire_of(scenario)
        return (
            (self.pairs is None or variant in self.pairs.get(scenario.id, ()))
            and variant not in self.cannot.get(scenario.id, ())
            and wire in planned.system.wires
            and not unsupported_on(scenario, wire)
            and (planned.system.wires[wire].any_client or not scenario.client_key)
            and (planned.variant.routes or not scenario.routers_only)
        )

    def wire_of(self, scenario: Scenario) -> ClientWire:
        """The wire on which a scenario is sent: its own, or else the run's."""
        return client_wire(scenario, self.wire)

    def steps(self, repeat: int) -> Iterator[Step]:
        """The steps of one repeat (counted from 1), pass after pass."""
        for part in self.passes(repeat):
            yield from part.steps

    def nonce(self, step: Step) -> str:
        """Ten characters that make a prompt unique to its repeat; scenarios of one sequence share them.

        They are the same for all variants, so that all are sent the very same bytes and token counts.
        Empty for a scenario that is sent word for word.
        """
        if not step.scenario.nonce:
            return ""
        scope = step.scenario.sequence or step.scenario.id
        draw = random.Random(f"{self.seed}:{step.repeat}:{step.suite}:{scope}")  # noqa: S311
        return "".join(draw.choices(NONCE_ALPHABET, k=10))

    def marker(self, step: Step) -> str:
        """The provenance marker of this step's scripted answer, unique to the exchange."""
        draw = random.Random(f"{self.seed}:marker:{step.exchange_id}")  # noqa: S311 - must be repeatable
        return next(m for m in _markers(draw) if count_text(m) == MARKER_TOKENS)


def _markers(draw: random.Random) -> Iterator[str]:
    while True:
        yield f"labmark-{draw.getrandbits(64):016x}"


def _units(scenarios: Sequence[Scenario]) -> list[list[Scenario]]:
    """Group scenarios that form a sequence, so that shuffling keeps their order."""
    units: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        key = f"sequence:{scenario.sequence}" if scenario.sequence else f"single:{scenario.id}"
        units.setdefault(key, []).append(scenario)
    return list(units.values())


def environment_of(planned: PlannedVariant, shell: Mapping[str, str]) -> dict[str, str]:
    """The variables that a variant's instance is started with: the caller's and the variant's own.

    What any variant of the system sets is never taken from the caller's shell: else a variable that happens
    to be set there would start another variant than the one that the report names.
    """
    switches = {name for variant in planned.system.variants.values() for name in variant.env}
    return {name: value for name, value in shell.items() if name not in switches} | planned.variant.env


def new_seed() -> int:
    """A fresh seed for a run that was given none."""
    return secrets.randbelow(2**31)


def select_variants(
    lab: LabConfig, systems: dict[str, SystemConfig], wanted: Sequence[str]
) -> tuple[PlannedVariant, ...]:
    """The variants to run: names of variants or systems, or lab.yaml's list if `wanted` is empty."""
    known = {
        name: PlannedVariant(name, system, variant)
        for system in systems.values()
        for name, variant in system.variants.items()
    }
    chosen: dict[str, PlannedVariant] = {}
    for name in wanted or lab.variants:
        matches = [name] if name in known else [v for v, p in known.items() if p.system.system == name]
        if wanted and name in systems:
            matches = [v for v, p in known.items() if p.system.system == name and v in {*lab.variants, name}]
        if not matches:
            raise UsageError(
                f"unknown system or variant: {name}",
                next_step=nearest(name, [*known, *systems]),
            )
        chosen |= {match: known[match] for match in matches}
    ordered = [*(v for v in lab.variants if v in chosen), *(v for v in chosen if v not in lab.variants)]
    return tuple(chosen[name] for name in ordered)
