"""Whether two requests ask the same on behalf of the same client, so that one answer will do for both."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable
from typing import Final

from lab.errors import RecordsError
from lab.records.models import ExchangeRecord
from lab.wires import exact
from lab.wires.canonical import canonical_json

# How an answer is delivered, which says nothing of what it is.
DELIVERY: Final = frozenset({"stream", "stream_options"})
# The names of the user in a request, beside `metadata.user_id`.
_USERS: Final = frozenset({"user", "safety_identifier"})
# Headers that say who asks, or what is asked for: of words in their names, as nobody lists them all.
_SAYING: Final = re.compile(
    r"auth|key|token|cookie|user|tenant|org|account|customer|team|project|workspace|member|email|identity"
    r"|beta|version|model|provider|config|metadata|cache|virtual|feature"
)
# Those that have such a word in their names and say neither: what names one request, or the client's program.
_SILENT: Final = re.compile(r"user-agent|idempotency-key|x-stainless-.*|(?:.*-)?(?:app|client)-version")

Read = Callable[[str], bytes]


class Sameness:
    """Compares requests as a gateway sees them; `read` gives their bodies, without which bytes decide.

    `others` are the scenarios (suite and id) that are sent with another client's key: of records that do not
    tell keys apart, such a client is like no other.
    """

    def __init__(self, others: Collection[tuple[str, str]], read: Read | None = None) -> None:
        self._others = others
        self._read = read
        self._asked: dict[str, str] = {}

    def equal(self, one: ExchangeRecord, other: ExchangeRecord) -> bool:
        """Whether both ask the same of the same system with the same key, whatever names the request."""
        return self._sender(one) == self._sender(other) and (
            one.request == other.request or self._question(one) == self._question(other)
        )

    def equal_but_for_user(self, one: ExchangeRecord, other: ExchangeRecord) -> bool:
        """Whether nothing but the user's name differs, which is data of one client and no credential."""
        if self._read is None or self._sender(one) != self._sender(other):
            return False
        ours, theirs = (self._spelled(self._read, each.request, _USERS) for each in (one, other))
        return ours == theirs != ""

    def _sender(self, record: ExchangeRecord) -> Hashable:
        headers = sorted(
            (name.lower(), value) for name, value in record.headers_sent.items() if _says(name.lower())
        )
        return (record.variant, record.wire, record.address, self._client(record), tuple(headers))

    def _client(self, record: ExchangeRecord) -> str:
        if record.credential:
            return record.credential
        return record.id if (record.suite, record.scenario) in self._others else ""

    def _question(self, record: ExchangeRecord) -> str:
        """A request as JSON in one spelling, without how its answer is to be delivered."""
        if self._read is None:
            return record.request
        if record.request not in self._asked:
            self._asked[record.request] = self._spelled(self._read, record.request) or record.request
        return self._asked[record.request]

    @staticmethod
    def _spelled(read: Read, sha: str, without: Collection[str] = ()) -> str:
        try:
            body = exact.loads(read(sha))
        except (ValueError, RecordsError):
            return ""
        if not isinstance(body, dict):
            return ""
        said = {name: value for name, value in body.items() if name not in DELIVERY and name not in without}
        metadata = said.get("metadata")
        if without and isinstance(metadata, dict):
            said["metadata"] = {name: value for name, value in metadata.items() if name != "user_id"} or None
            said = {name: value for name, value in said.items() if value is not None}
        return canonical_json(said)


def _says(header: str) -> bool:
    return _SAYING.search(header) is not None and _SILENT.fullmatch(header) is None
