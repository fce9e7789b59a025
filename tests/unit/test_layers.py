"""Imports point down only: every arrow between folders of lab/ is one that ARCHITECTURE.md names."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.paths import ROOT


def allowed() -> dict[str, set[str]]:
    """What each folder or module may import, by the table of ARCHITECTURE.md."""
    below: dict[str, set[str]] = {}
    for line in (ROOT / "ARCHITECTURE.md").read_text("utf-8").splitlines():
        if line.startswith("| `"):
            names, targets = line.split("|")[1], line.split("|")[3]
            for name in names.replace("`", "").split(","):
                below[name.strip()] = {target.strip() for target in targets.split(",") if target.strip()}
    return below


def arrows() -> Iterator[tuple[str, str, str]]:
    """Every import between folders: the module it stands in, its folder, and the folder it reaches."""
    for path in sorted((ROOT / "lab").rglob("*.py")):
        module = path.relative_to(ROOT).with_suffix("").parts
        for name in imported(ast.parse(path.read_text("utf-8"))):
            yield "/".join(module), _folder(module), _folder(name)


def imported(tree: ast.AST) -> Iterator[tuple[str, ...]]:
    """The dotted names below `lab` that a module imports, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["lab.(relative)"]
        else:
            continue
        yield from (tuple(name.split(".")) for name in names if name.split(".")[0] == "lab")


def _folder(parts: tuple[str, ...]) -> str:
    """A topic is a folder of its own; elsewhere the folder, or the module, right below lab/ counts."""
    if len(parts) > 2 and parts[1] == "topics" and (ROOT / "lab" / "topics" / parts[2]).is_dir():
        return "/".join(parts[1:3])
    return parts[1] if len(parts) > 1 else "lab"


def forbidden(below: dict[str, set[str]]) -> list[str]:
    """The arrows that the table does not name."""
    return [
        f"{module}: {source} -> {target}"
        for module, source, target in arrows()
        if source != target and not _may(source, target, below)
    ]


def _may(source: str, target: str, below: dict[str, set[str]]) -> bool:
    top, reached = source.split("/", maxsplit=1)[0], target.split("/", maxsplit=1)[0]
    if reached in {"lab", "__init__", "__version__"} or "everything" in below[top]:
        return True
    if top == "topics" and reached == "topics":  # the registry imports every topic, a topic only its frame
        return "/" not in source or "/" not in target
    return reached in below[top]


def test_every_arrow_is_one_that_the_architecture_names() -> None:
    """An import that runs up, or between two topics, is named with its module."""
    assert len(list(arrows())) > 500
    assert forbidden(allowed()) == []


def test_the_table_names_every_folder_and_no_other() -> None:
    """A folder that is new, or gone, is noticed."""
    here = {
        path.stem
        for path in (ROOT / "lab").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert set(allowed()) == here - {"__init__"}


def test_the_table_has_no_circle() -> None:
    """Every folder may import only what stands below it, whatever the modules do today."""
    below, placed = allowed(), set[str]()
    for name in [name for name, targets in below.items() if "everything" not in targets]:
        assert name not in _reached(name, below, set()), f"{name} reaches itself"
        placed.add(name)
    assert len(placed) > 15


def _reached(name: str, below: dict[str, set[str]], seen: set[str]) -> set[str]:
    for target in below[name] - seen:
        seen.add(target)
        _reached(target, below, seen)
    return seen


def test_no_arrow_is_allowed_that_nobody_uses() -> None:
    """The table says what is, so that it can only shrink unnoticed by no one."""
    used = {(source.split("/")[0], target.split("/")[0]) for _, source, target in arrows()}
    assert len(used) > 50
    spare = [
        f"{name} -> {target}"
        for name, targets in allowed().items()
        for target in targets - {"everything"}
        if (name, target) not in used
    ]
    assert spare == []


@pytest.mark.parametrize(
    "text",
    ["import lab.run.session", "from lab.run import session", "def f():\n    from lab.run.plan import Plan"],
)
def test_an_import_is_seen_wherever_it_stands(text: str) -> None:
    """Within functions too, and in any of its forms."""
    assert [name[1] for name in imported(ast.parse(text))] == ["run"]
