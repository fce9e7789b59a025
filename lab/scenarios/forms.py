"""The forms in which a run sends its scenarios: on which client wires, and whether plain or streamed.

The first form leaves suites and scenarios their names. Each further one has suites and scenarios of its own,
named `<name>.<form>`: no cell, total, sequence, nonce or fresh state is shared between forms, and the control
of an exchange is the one of the same form.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lab.config.scenarios import Scenario, Suite
from lab.names import PATH_NAMES, WIRES_NAMED, ClientWire, StreamChoice, WireChoice
from lab.wires.routes import kind_of

SEPARATOR: Final = "."
_STREAMS: Final[dict[StreamChoice, tuple[bool | None, ...]]] = {
    "as-written": (None,),
    "plain": (False,),
    "streamed": (True,),
    "both": (False, True),
}


@dataclass(frozen=True, slots=True)
class Form:
    """A client wire, and whether requests ask for a stream (None: each as it is written)."""

    wire: ClientWire = "anthropic"
    stream: bool | None = None

    @property
    def name(self) -> str:
        """What suites and scenarios of the form are named after, such as `chat-streamed`."""
        kind = "" if self.stream is None else "-streamed" if self.stream else "-plain"
        return f"{PATH_NAMES[self.wire]}{kind}"

    @property
    def words(self) -> str:
        """The form in words, such as `chat wire, streamed`."""
        kind = "" if self.stream is None else ", streamed" if self.stream else ", plain"
        return f"{PATH_NAMES[self.wire]} wire{kind}"


class SentAgain(Scenario):
    """A scenario in a further form; `written` is the id of the scenario that it is a form of.

    `written_wire` is that one's own wire, if it has one.
    """

    written: str = ""
    written_wire: ClientWire | None = None

    @property
    def own_wire(self) -> ClientWire | None:
        """The wire that the scenario is written for; None if it is sent on whichever a run asks for."""
        return self.written_wire


def forms_of(wire: WireChoice | None, stream: StreamChoice | None) -> tuple[Form, ...]:
    """The forms that options ask for, wire after wire; the messages wire as written if they say nothing."""
    named: tuple[ClientWire, ...] = ("anthropic", "openai", "responses")
    wires = named if wire == "all" else (WIRES_NAMED[wire or "messages"],)
    return tuple(Form(one, kind) for one in wires for kind in _STREAMS[stream or "as-written"])


def wire_of(path: str) -> ClientWire | None:
    """The client wire that a path is of, with those below it, such as count_tokens; None for any other."""
    bare = path.partition("?")[0].rstrip("/")
    while bare and kind_of(bare) not in WIRES_NAMED:
        bare = bare.rpartition("/")[0]
    return WIRES_NAMED.get(kind_of(bare))


def written_id(scenario: Scenario) -> str:
    """The id of the scenario that this one is a form of: its own, if it is of the first form."""
    return scenario.written if isinstance(scenario, SentAgain) else scenario.id


def written_suite(name: str) -> str:
    """The name of the suite that this one is a form of."""
    return name.partition(SEPARATOR)[0]


def in_forms(suites: Iterable[Suite], forms: Sequence[Form]) -> tuple[Suite, ...]:
    """The suites in their first form, each followed by its further ones.

    One whose request or answer is written word for word is sent once, as it is, and so is one that goes to
    another path than a wire's. One that names its own wire is sent on that wire alone, in the first form and
    in those further ones of that wire that differ from it in the stream.
    """
    first, *further = forms
    made: list[Suite] = []
    for suite in suites:
        made.append(_first(suite, first))
        for form in further:
            scenarios = [_again(one, form) for one in suite.scenarios if _has(one, form, first)]
            if scenarios:
                made.append(_renamed(suite, form, scenarios))
    return tuple(made)


def _first(suite: Suite, form: Form) -> Suite:
    if form.stream is None:
        return suite
    scenarios = [
        one if _one_form(one) else one.model_copy(update={"stream": form.stream}) for one in suite.scenarios
    ]
    return suite.model_copy(update={"scenarios": scenarios})


def _one_form(scenario: Scenario) -> bool:
    """Whether it is sent as written alone: word for word, or to a path that answers no conversation."""
    elsewhere = scenario.path is not None and kind_of(scenario.path) not in WIRES_NAMED
    return scenario.one_form or elsewhere


def _has(scenario: Scenario, form: Form, first: Form) -> bool:
    if _one_form(scenario):
        return False
    return scenario.wire is None or (form.wire == scenario.wire and form.stream != first.stream)


def _again(scenario: Scenario, form: Form) -> Scenario:
    fields = {name: getattr(scenario, name) for name in Scenario.model_fields}
    fields |= {
        "written": scenario.id,
        "written_wire": scenario.wire,
        "id": f"{scenario.id}{SEPARATOR}{form.name}",
        "title": f"{scenario.title} ({form.words})",
        "wire": scenario.wire or form.wire,
        "stream": scenario.stream if form.stream is None else form.stream,
        "of": None if scenario.of is None else f"{scenario.of}{SEPARATOR}{form.name}",
    }
    return SentAgain.model_construct(**fields)


def _renamed(suite: Suite, form: Form, scenarios: list[Scenario]) -> Suite:
    update = {
        "suite": f"{suite.suite}{SEPARATOR}{form.name}",
        "title": f"{suite.title} ({form.words})",
        "scenarios": scenarios,
    }
    return suite.model_copy(update=update)
