"""Types of what a configuration puts into HTTP requests: what HTTP cannot carry is refused."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

UrlPath = Annotated[str, StringConstraints(pattern=r"^/[!-~]*$")]
_QUERY: Final = re.compile(r"(?:[!-\"$->@-~][!-\"$-~]*)?")
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?")


def _header_name(text: str) -> str:
    if not _HEADER_NAME.fullmatch(text):
        raise ValueError("a header's name has letters, digits and - only")
    return text


def _header_value(text: str) -> str:
    if not _HEADER_VALUE.fullmatch(text):
        raise ValueError("a header's value is one line of ASCII without spaces at its ends")
    return text


def _query(text: str) -> str:
    if not _QUERY.fullmatch(text):
        raise ValueError("a query is what follows the question mark of an address, without spaces")
    return text


Query = Annotated[str, AfterValidator(_query)]
HeaderValue = Annotated[str, AfterValidator(_header_value)]
Headers = dict[Annotated[str, AfterValidator(_header_name)], HeaderValue]
