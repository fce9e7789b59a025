"""Checks what a system's file says about claims beyond their model: measures, parameters, variants."""

from __future__ import annotations

from typing import Any

from lab.config.files import KeyPath, Problems, check
from lab.config.models import SystemConfig, VendorClaim
from lab.names import nearest
from lab.topics.vendor_claims.measure import measure_named, measures

PARAMETERS_OF_VARIANTS = ("variant", "against")


class _Below(Problems):
    """Notes the problems of a part of a file under the key of that part."""

    def __init__(self, outer: Problems, at: KeyPath) -> None:
        super().__init__(outer.path)
        self._outer = outer
        self._at = at

    def add(self, key: KeyPath, message: str, next_step: str = "") -> None:
        """Note one problem at `key` below the part."""
        self._outer.add((*self._at, *key), message, next_step)


def check_claims(system: SystemConfig, problems: Problems) -> None:
    """Note every claim that cannot be tested as it is written, with its key and the next step."""
    seen: set[str] = set()
    for n, claim in enumerate(system.claims):
        at = ("claims", n)
        if claim.id in seen:
            problems.add((*at, "id"), f"{claim.id} is given twice", "choose another id")
        seen.add(claim.id)
        if not claim.measure and not claim.not_testable:
            step = "name a measure that tests it, or say under not_testable why none does"
            problems.add((*at, "measure"), "nothing says how the claim is tested", step)
        if claim.measure:
            _check_measure(claim, at, problems)
            _check_stated(claim, at, problems)
            _check_variants(claim.with_, system, at, problems)
        elif claim.with_:
            problems.add((*at, "with"), "parameters without a measure", "name the measure, or remove them")


def _check_measure(claim: VendorClaim, at: tuple[str, int], problems: Problems) -> None:
    found = measure_named(claim.measure)
    if found is None:
        names = [entry.name for entry in measures()]
        problems.add((*at, "measure"), f"there is no measure {claim.measure}", nearest(claim.measure, names))
        return
    check(found.parameters, claim.with_, _Below(problems, (*at, "with")))


def _check_stated(claim: VendorClaim, at: tuple[str, int], problems: Problems) -> None:
    if claim.not_testable:
        return
    if claim.stated is None:
        problems.add((*at, "stated"), "this key is missing", "add the figure that is stated, or not_testable")
    if claim.rule is None:
        problems.add((*at, "rule"), "this key is missing", "add at_most, at_least, about or share")
    if claim.rule == "share" and claim.of is None:
        problems.add((*at, "of"), "this key is missing", "rule share needs a count: stated: 4, of: 11")


def _check_variants(
    given: dict[str, Any], system: SystemConfig, at: tuple[str, int], problems: Problems
) -> None:
    for name in PARAMETERS_OF_VARIANTS:
        variant = given.get(name)
        if isinstance(variant, str) and variant not in system.variants:
            problems.add(
                (*at, "with", name),
                f"{system.system} has no variant {variant}",
                nearest(variant, system.variants),
            )
