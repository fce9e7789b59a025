"""Puts the evidence of all cells into one file: pages that stand together are compressed together.

The compression is that of a library whose version is locked, so that a report is the same on every machine.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.resources import files

import deflate
from markupsafe import Markup

GROUP_CHARS = 1_000_000  # of text; a browser unpacks that many in some 20 ms
LEVEL = 9


@dataclass(frozen=True, slots=True)
class Group:
    """Some cells' pages, compressed: their names with spaces between, and the data in base64."""

    names: str
    data: str


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """What evidence.html is made of; `script` is the only one that its policy allows, by its hash."""

    run: str
    cells: int
    groups: tuple[Group, ...]
    variants: tuple[tuple[str, str], ...]
    script: Markup
    script_hash: str


@dataclass
class Groups:
    """Collects pages into groups of at least GROUP_CHARS; `redact` sees each group before it is compressed.

    Within a group each line is kept once: pages of one scenario have most lines in common, further apart than
    the 32 kB over which the compression finds what repeats.
    """

    redact: Callable[[bytes], bytes]
    done: list[Group] = field(default_factory=list)
    _lines: dict[str, int] = field(default_factory=dict)
    _pages: dict[str, list[int]] = field(default_factory=dict)
    _scenario: str = ""
    _chars: int = 0

    def add(self, scenario: str, name: str, page: str) -> None:
        """Add a cell's page; those of one scenario are given one after another."""
        if scenario != self._scenario and self._chars >= GROUP_CHARS:
            self.close()
        self._scenario = scenario
        self._chars += len(page)
        self._pages[name] = [self._lines.setdefault(line, len(self._lines)) for line in page.split("\n")]

    def close(self) -> None:
        """End the group that was begun, if there is one."""
        if self._pages:
            text = json.dumps({"lines": list(self._lines), "pages": self._pages}, separators=(",", ":"))
            packed = deflate.zlib_compress(self.redact(text.encode()), LEVEL)
            self.done.append(Group(" ".join(self._pages), base64.b64encode(packed).decode()))
        self._lines, self._pages, self._chars = {}, {}, 0


def evidence_file(run: str, groups: Groups, variants: tuple[tuple[str, str], ...]) -> EvidenceFile:
    """The file with all cells that were added; `variants` are names and pages of all cells of a variant."""
    groups.close()
    done = tuple(groups.done)
    cells = sum(group.names.count(" ") + 1 for group in done)
    script, digest = _script()
    return EvidenceFile(run, cells, done, variants, script, digest)


@cache
def _script() -> tuple[Markup, str]:
    text = (files("lab.report") / "templates" / "evidence.js").read_text("utf-8")
    digest = base64.b64encode(sha256(text.encode()).digest()).decode()
    return Markup(text), f"sha256-{digest}"  # noqa: S704 - a file of ours
