"""What differs between the request a client sent and the one that the provider was sent.

What is only another notation is no difference: texts joined or split with white space at the joints, a
parameter under the name it has on another wire, a default stated or left out, and the order of results in one
turn, as each names its call. The model's name is no subject here: routers are there to change it.
What the provider's wire has nothing for is a difference that is excused, and so is a legal name in the place
of one that the provider refuses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from lab import wires
from lab.exchange.compare.blocks import Wires
from lab.exchange.compare.cachemarks import mark_differences, marks_of
from lab.exchange.compare.contents import compare_contents
from lab.exchange.compare.difference import HEADER, MARKS, TOOLS, Difference
from lab.exchange.compare.parameters import Side, aspects_of, parameter_differences, wire_name
from lab.exchange.compare.repairs import rename, renamed_tools
from lab.exchange.compare.toolfields import SEARCH_OPTIONS
from lab.exchange.compare.tools import tool_changes
from lab.exchange.quoting import quoted
from lab.exchange.view import ExchangeView
from lab.records.models import UpstreamRecord
from lab.wires.neutral import NeutralRequest
from lab.wires.params import fields_of

BETA = "anthropic-beta"
# Lists of betas, which may grow.
BETAS = frozenset({BETA, "openai-beta"})
# Whose headers begin so, by the wires on which they mean something.
OWNERS = {"anthropic-": ("messages",), "openai-": ("chat", "responses")}
# They belong to the client's credential, and a gateway calls the provider with its own.
CREDENTIALS = frozenset({"anthropic-workspace-id", "openai-organization", "openai-project"})


@dataclass(frozen=True, slots=True)
class Differences:
    """All differences of one exchange, which aspects its request has, and in how far notation changed.

    `wire` is that of the provider; `rewritten` says that texts arrived joined or split.
    """

    found: tuple[Difference, ...]
    sent: frozenset[str]
    wire: str
    rewritten: bool = False

    def of(self, aspects: Collection[str], *, added: bool = False) -> tuple[Difference, ...]:
        """What counts in these aspects: what was changed or dropped, or instead what was added."""
        found = (one for one in self.found if one.aspect in aspects and one.excuse is None)
        return tuple(one for one in found if one.change != "joined" and (one.change == "added") is added)

    def joined(self, aspects: Collection[str]) -> tuple[Difference, ...]:
        """Texts of these aspects that arrived joined without white space."""
        return tuple(one for one in self.found if one.aspect in aspects and one.change == "joined")

    def excused(self, aspects: Collection[str]) -> tuple[Difference, ...]:
        """What differs in these aspects and is held against nobody."""
        return tuple(one for one in self.found if one.aspect in aspects and one.excuse is not None)

    @property
    def added(self) -> tuple[Difference, ...]:
        """Everything that counts and that the client did not send, headers apart."""
        added = (one for one in self.found if one.change == "added" and one.excuse is None)
        return tuple(one for one in added if not one.aspect.startswith(HEADER))

    @property
    def touched(self) -> bool:
        """Whether anything differs but for headers that were added, joined texts, and what is excused."""
        counted = (one for one in self.found if one.change not in ("added", "joined"))
        return bool(self.added) or any(not one.excuse for one in counted)


def differences_of(view: ExchangeView) -> Differences | None:
    """The differences of an exchange, worked out once for equal bodies; None if nothing was forwarded."""
    call = view.judged
    if call is None or call.request is None:
        return None
    sent_kind = wires.CLIENT_KINDS[view.exchange.wire]
    key = ("differences", sent_kind, view.exchange.request, call.wire, call.request)
    bodies = view.bodies.once(key, lambda: _of_bodies(view, sent_kind, call.wire))
    headers = {name.lower(): value for name, value in view.exchange.headers_sent.items()}
    if not headers and BETA not in call.headers:
        return bodies
    headers = {name: value for name, value in headers.items() if says_something(name, call.wire)}
    return replace(
        bodies,
        found=(*bodies.found, *_headers(headers, call)),
        sent=bodies.sent | {f"{HEADER}{name}" for name in headers},
    )


def says_something(header: str, wire: str) -> bool:
    """Whether a header means anything to a provider on this wire: one provider's own are no one else's."""
    wires_of = next((of for prefix, of in OWNERS.items() if header.startswith(prefix)), None)
    return wires_of is None or wire in wires_of


def _of_bodies(view: ExchangeView, sent_kind: str, kind: str) -> Differences:
    arrived = view.request_forwarded()
    return compare(sent_kind, view.request_sent(), kind, arrived or NeutralRequest(model=None))


def compare(sent_kind: str, sent: NeutralRequest, kind: str, arrived: NeutralRequest) -> Differences:
    """The differences between two requests, each on its own wire (a kind of lab.wires.KINDS)."""
    renamed = renamed_tools(kind, sent, arrived)
    sent = rename(sent, renamed)
    contents = compare_contents(Wires(sent_kind, kind), sent, arrived)
    ours, theirs = _side(sent_kind, sent), _side(kind, arrived)
    marks = marks_of(sent)
    tools = tool_changes(sent_kind, sent, kind, arrived)
    searches = any(tool.type.startswith("web_search") for tool in sent.tools)
    return Differences(
        found=(
            *contents.found,
            *(
                one
                for one in parameter_differences(ours, theirs)
                if not (searches and one.aspect == SEARCH_OPTIONS and one.change == "added")
            ),
            *mark_differences(kind, marks, marks_of(arrived)),
            *(one.difference for one in tools),
            *(_renamed(kind, *names) for names in renamed.items()),
        ),
        sent=contents.sent
        | aspects_of(ours, theirs)
        | ({MARKS} if marks else set())
        | ({TOOLS} if sent.tools else set()),
        wire=kind,
        rewritten=contents.rewritten,
    )


def _renamed(kind: str, name: str, became: str) -> Difference:
    why = (
        f"the tool {quoted(name)} is called {quoted(became)}, as the {wire_name(kind)} wire refuses its name"
    )
    return Difference(TOOLS, "changed", why, "repaired", partial=True)


def _side(kind: str, request: NeutralRequest) -> Side:
    return Side(kind, fields_of(request.params), request.tools, request.model, request.stream)


def _headers(sent: dict[str, str], call: UpstreamRecord) -> Iterator[Difference]:
    """The client's own headers behind the gateway; a list of betas may grow, but not shrink."""
    for name, value in sent.items():
        arrived = call.headers.get(name)
        if arrived is None:
            yield _header_gone(name, value)
        elif arrived != value and not (name in BETAS and _listed(value) <= _listed(arrived)):
            why = f"the header {name}: {quoted(value)} arrived as {quoted(arrived)}"
            yield Difference(f"{HEADER}{name}", "changed", why)
    for beta in sorted(_listed(call.headers.get(BETA, "")) - _listed(sent.get(BETA, ""))):
        yield Difference(f"{HEADER}{BETA}", "added", f"the header {BETA}: {quoted(beta)} was added")


def _header_gone(name: str, value: str) -> Difference:
    """A header that is missing; only the providers' own are known to be meant for them."""
    why = f"the header {name}: {quoted(value)} was dropped"
    if name in CREDENTIALS:
        why += ": it belongs to the client's credential, and the gateway has its own"
        return Difference(f"{HEADER}{name}", "dropped", why, "not_judged")
    if name.startswith(tuple(OWNERS)):
        return Difference(f"{HEADER}{name}", "dropped", why)
    why += ": not to forward headers that it does not know is a proxy's safe default"
    return Difference(f"{HEADER}{name}", "dropped", why, "not_judged")


def _listed(value: str) -> set[str]:
    return {one.strip() for one in value.split(",") if one.strip()}
