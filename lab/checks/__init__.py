"""All checks; importing this package registers them in the order of a report."""

from lab.checks import answers, requests, claims, toolcalls, fidelity  # noqa: I001 - the order of import is the order shown
from lab.checks.registry import Judgement, Registered, check, check_infos, judging, registered

__all__ = [
    "Judgement",
    "Registered",
    "answers",
    "check",
    "check_infos",
    "claims",
    "fidelity",
    "judging",
    "registered",
    "requests",
    "toolcalls",
]
