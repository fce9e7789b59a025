"""A text in all spellings in which a model would read it: escapes, references, base64, compatible letters."""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final
from urllib.parse import unquote

_ESCAPE: Final = re.compile(r"\\\\*u([0-9a-fA-F]{4})|\\\\*x([0-9a-fA-F]{2})")
_REFERENCE: Final = re.compile(r"&#?\w+;")
_PERCENT: Final = re.compile(r"%[0-9a-fA-F]{2}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
# Soft hyphens and what has no width: they change how a word is spelled, and not how it reads.
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def plain(text: str) -> str:
    """A text without case, invisible characters, and differences between compatible letters."""
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).casefold()


def spellings(text: str, known: str = "") -> str:
    """A text as `plain` has it, and below it what is written in it in another way, such as in base64.

    What is in base64 in the `known` text too is passed over.
    """
    return plain("\n".join(dict.fromkeys((text, *_undone(text), *_decoded(text, known)))))


def _undone(text: str) -> Iterator[str]:
    if "\\" in text:
        yield _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    if _REFERENCE.search(text):
        yield html.unescape(text)
    if _PERCENT.search(text):
        yield unquote(text)


def _decoded(text: str, known: str) -> Iterator[str]:
    for run in dict.fromkeys(_BASE64.findall(text)):
        if run not in known:
            bare = run.rstrip("=").replace("-", "+").replace("_", "/")
            try:
                told = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                continue
            yield told


def says(text: str, word: str) -> bool:
    """Whether a text, as `plain` has it, holds a word, which is more than a piece of another one."""
    found = plain(word)
    return found in text and _pattern(found).search(text) is not None


@cache
def _pattern(word: str) -> re.Pattern[str]:
    """The word between what is no letter and no digit, in scripts that part words."""
    begin, end = (r"(?<![^\W_])" if _parts(word[:1]) else "", r"(?![^\W_])" if _parts(word[-1:]) else "")
    return re.compile(f"{begin}{re.escape(word)}{end}")


def _parts(letter: str) -> bool:
    return unicodedata.category(letter) in {"Ll", "Lu", "Lt", "Nd"} if letter else False
