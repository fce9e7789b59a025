"""Makes text from models, gateways and records safe to show: visible controls, Markdown, file names."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_MARKDOWN_LINK = re.compile(r"\b(https?|ftp|mailto|javascript|data)(:)|\b(www)(\.)|(@)", re.IGNORECASE)
_MARKDOWN_BLOCK = re.compile(r"^(#+(?=\s|$)|[+-](?=[\s-]|$)|=(?=[\s=]|$)|\d+(?=[.)](?:\s|$)))")
_UNSAFE_NAME = re.compile(r"[^A-Za-z0-9.-]+")


class _Visible(dict[int, int | str]):
    """A translation table that decides on each character once, when it is first met."""

    def __missing__(self, code: int) -> int | str:
        hidden = unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
        self[code] = shown = f"\u2039U+{code:04X}\u203a" if hidden else code
        return shown


_VISIBLE = _Visible(
    {n: chr(0x2400 + n) for n in range(0x20)} | {0x7F: "\u2421", ord("\t"): "\t", ord("\n"): "\n"}
)


def visible(text: str) -> str:
    """The text with control, bidirectional, zero-width and unpaired characters replaced by visible signs."""
    return text if text.isprintable() else text.translate(_VISIBLE)


def one_line(text: str, limit: int = 300) -> str:
    """The text as one visible line of at most `limit` characters; a cut says how much is missing."""
    flat = visible(" ".join(text.split()))
    if len(flat) <= limit:
        return flat
    return f"{flat[:limit]}\u2026 ({len(flat) - limit:,} more characters)"


def short(text: str, limit: int) -> str:
    """The text as one visible line of at most `limit` characters, for charts; a cut is marked."""
    flat = visible(" ".join(text.split()))
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}\u2026"


def markdown(text: str) -> str:
    """The text as inert Markdown: one line, no HTML, no link, no emphasis, no table or block syntax."""
    flat = visible(" ".join(text.split()))
    flat = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    flat = _MARKDOWN_SPECIAL.sub(r"\\\1", flat)
    flat = _MARKDOWN_LINK.sub(lambda m: f"{m[1]}\\:" if m[1] else f"{m[3]}\\." if m[3] else "\\@", flat)
    return _MARKDOWN_BLOCK.sub(lambda m: f"{m[1]}\\" if m[1].isdigit() else f"\\{m[1]}", flat)


def file_name(*parts: str) -> str:
    """A file name from these parts that no part can turn into a path; equal parts give equal names."""
    joined = "--".join(parts)
    safe = "--".join(_UNSAFE_NAME.sub("_", part).strip(".") or "_" for part in parts)
    if safe == joined and len(safe) <= 120:
        return safe
    return f"{safe[:100]}-{hashlib.sha256(joined.encode('utf-8', 'replace')).hexdigest()[:10]}"
