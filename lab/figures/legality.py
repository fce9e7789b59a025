"""Whether requests are legal: what the provider refuses without a gateway is no gateway's fault."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lab.checks.requests import AGAINST_THE_REQUEST, REFUSED, refusal
from lab.records.manifest import Manifest, ScenarioFrame
from lab.records.models import ExchangeRecord, UpstreamRecord


def with_legality(
    manifest: Manifest,
    exchanges: Iterable[ExchangeRecord],
    calls: Mapping[str, Sequence[UpstreamRecord]],
) -> Manifest:
    """The manifest with every scenario marked invalid that the provider refuses from the control."""
    controls = {status.name for status in manifest.variants if status.kind == "control"}
    said: dict[tuple[str, str], list[str]] = defaultdict(list)
    for record in exchanges:
        if record.variant in controls:
            said[record.suite, record.scenario].append(_refusal(record, calls.get(record.id, ())))
    refused = {key: whys[0] for key, whys in said.items() if all(whys)}
    scenarios = tuple(
        info.model_copy(update={"valid": False, "invalid_why": REFUSED + why})
        if info.valid and (why := refused.get((info.suite, info.id)))
        else info
        for info in manifest.scenarios
    )
    return manifest.model_copy(update={"scenarios": scenarios})


def _refusal(record: ExchangeRecord, calls: Sequence[UpstreamRecord]) -> str:
    """What the provider says against the request; empty if it was answered, or refused on the lab's order."""
    chat = [call for call in calls if call.kind == "chat"]
    if record.status == "completed" or not chat:
        return ""
    last = chat[-1]
    if last.status not in AGAINST_THE_REQUEST or last.answered_by == "scripted":
        return ""
    return refusal(last)


def refused(info: ScenarioFrame) -> bool:
    """Whether a scenario counts as invalid because the provider refuses the control's request."""
    return not info.valid and info.invalid_why.startswith(REFUSED)


def refused_words(infos: Sequence[ScenarioFrame]) -> Iterator[tuple[ScenarioFrame, str, str]]:
    """The scenario, a title and what to do, for each whose request is refused."""
    for info in infos:
        if refused(info):
            detail = (
                f"Without a gateway in between, {info.invalid_why} It is no part of any total, like a "
                "request declared invalid. Mend it, or declare it `valid: false`; if the real provider takes "
                "it, the meter is wrong."
            )
            yield info, f"{info.id} is refused as it was written", detail


def accepted_words(infos: Iterable[ScenarioFrame], answered: Iterable[str]) -> Iterator[tuple[str, str]]:
    """A title and what it means, for each that was declared invalid and that the control got answered."""
    known = frozenset(answered)
    for info in infos:
        if not info.valid and not refused(info) and info.id in known:
            why = f" ({info.invalid_why.rstrip('.')})" if info.invalid_why else ""
            detail = (
                f"It is declared `valid: false`{why}, and the control's request was answered all the same. "
                "Either it is legal, or the meter does not know the rule."
            )
            yield f"{info.id} was declared invalid and was accepted", detail
