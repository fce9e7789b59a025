"""Types of what a configuration puts into HTTP requests: what HTTP cannot carry is refused."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema

_PATH: Final = "^/[!-~]*$"
_QUERY: Final = re.compile(r"(?:[!-\"$->@-~][!-\"$-~]*)?")
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?")
_OF_THE_TRANSFER: Final = frozenset({"content-length", "transfer-encoding", "connection"})


class Amiss(ValueError):
    """A value that is wrong, with what to write in its place."""

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__(message)
        self.next_step = next_step


def _path(text: str) -> str:
    if not re.fullmatch(_PATH, text) or "#" in text:
        raise Amiss("a path begins with / and has no spaces", "write it like /v1/messages/count_tokens")
    return text


def _header_name(text: str) -> str:
    if not _HEADER_NAME.fullmatch(text):
        raise Amiss("a header's name has letters, digits and - only", "write it like x-team")
    return text


def _sent_header_name(text: str) -> str:
    if _header_name(text).lower() in _OF_THE_TRANSFER:
        raise Amiss(f"{text} is said by the transfer itself", "leave it out")
    return text


def _header_value(text: str) -> str:
    if not _HEADER_VALUE.fullmatch(text):
        what = "a header's value is one line of ASCII without spaces at its ends"
        raise Amiss(what, "write it so, or percent-encoded")
    return text


def _query(text: str) -> str:
    if not _QUERY.fullmatch(text):
        what = "a query is what follows the question mark of an address, without spaces"
        raise Amiss(what, "write it like beta=true&limit=3")
    return text


UrlPath = Annotated[str, AfterValidator(_path), WithJsonSchema({"type": "string", "pattern": _PATH})]
Query = Annotated[str, AfterValidator(_query)]
HeaderValue = Annotated[str, AfterValidator(_header_value)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
Headers = dict[Annotated[str, AfterValidator(_sent_header_name)], HeaderValue]
