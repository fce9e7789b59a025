"""Types of what a configuration puts into HTTP requests: what HTTP cannot carry is refused."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

UrlPath = Annotated[str, StringConstraints(pattern=r"^/[!-~]*$")]
_QUERY: Final = re.compile(r"(?:[!-\"$->@-~][!-\"$-~]*)?")
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?")


def _like(pattern: re.Pattern[str], complaint: str) -> AfterValidator:
    """Text that is like the pattern as a whole, or the complaint."""

    def checked(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(complaint)
        return text

    return AfterValidator(checked)


Query = Annotated[
    str, _like(_QUERY, "a query is what follows the question mark of an address, without spaces")
]
HeaderValue = Annotated[
    str, _like(_HEADER_VALUE, "a header's value is one line of ASCII without spaces at its ends")
]
Headers = dict[
    Annotated[str, _like(_HEADER_NAME, "a header's name has letters, digits and - only")], HeaderValue
]
