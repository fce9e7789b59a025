"""Reads evidence.html as its own script does: a cell's page by its name."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path

GROUP = re.compile(r'<script type="application/octet-stream" data-cells="([^"]+)">([^<]+)</script>')


def cells_of(run: Path) -> dict[str, str]:
    """The pages of all cells in a run's evidence.html by name, in the order of the file."""
    pages = {}
    for names, data in GROUP.findall((run / "evidence.html").read_text("utf-8")):
        group = json.loads(zlib.decompress(base64.b64decode(data)))
        assert names.split(" ") == list(group["pages"])
        for name, numbers in group["pages"].items():
            pages[name] = "\n".join(group["lines"][number] for number in numbers)
    return pages


def link_checker(run: Path) -> Callable[[str], bool]:
    """Tells whether a link of the report leads to a file that is there, and to a cell that is in it."""
    cells = {f"evidence.html#{name}" for name in cells_of(run)}

    def is_there(link: str) -> bool:
        return link in cells if link.startswith("evidence.html") else (run / link).is_file()

    return is_there
