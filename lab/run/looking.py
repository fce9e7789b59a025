"""What `lab doctor` says of the model server: what is there and what does not fit, with nothing loaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.engines.modelserver.own import MANIFESTS, models_folder
from lab.engines.modelserver.providing import EMBEDDINGS, Entries, Problem, Provided, Wanted
from lab.engines.modelserver.server import ModelServer, reach, same_name
from lab.errors import LabError
from lab.records.manifest import ServedModel
from lab.run import fit, upstream
from lab.run.needs import asked_of, cannot
from lab.run.plan import Plan

REGISTRY = "registry.ollama.ai"


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen of a model server: sentences, and what does not fit; `there` is whether there is one."""

    there: bool
    sentences: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def look(plan: Plan, env: Mapping[str, str] = os.environ) -> Looked:
    """Look at the server in OLLAMA_URL, or else at Ollama on PATH; LabError if it does not answer."""
    url = upstream.ollama_url(env)
    on_path = shutil.which("ollama", path=env.get("PATH"))
    entries = upstream.wanted_models(plan.lab, plan.root)
    if not url and not on_path:
        nowhere = "not on PATH, OLLAMA_URL is not set; docker may pull its image"
        return Looked(False, (nowhere,), entries.problems)
    if not url:
        folder = models_folder(env)
        return Looked(
            True,
            (f"{on_path}, on PATH", *(_in_folder(entry, folder) for entry in entries.good)),
            entries.problems,
        )
    server = reach(url)
    try:
        return _served(plan, server, server.url, entries)
    finally:
        server.http.close()


def _in_folder(entry: Wanted, folder: Path) -> str:
    """Whether Ollama on PATH has a model, by its folder: no server runs yet."""
    if entry.files is not None:
        return _whole(entry)
    name, _, tag = entry.text.partition(":")
    path = name if "/" in name else f"library/{name}"
    there = (folder / MANIFESTS / REGISTRY / path / (tag or "latest")).is_file()
    return (
        f"{entry.role}: {entry.text} is {'there' if there else 'not there; it is pulled when a run begins'}"
    )


def _whole(entry: Wanted) -> str:
    files = entry.files
    assert files is not None  # noqa: S101 - it is asked for entries that name files
    size = f"{files.size / 1e6:.0f} MB"
    return f"{entry.role}: {files.path} is whole ({files.architecture}, {size}); a run sends it"


def _served(plan: Plan, server: ModelServer, where: str, entries: Entries) -> Looked:
    version = f" {server.version}" if server.version else ""
    said = [f"{server.kind}{version} answers at {where}"]
    provided, problems = Provided(), list(entries.problems)
    models: dict[str, ServedModel] = {}
    loaded = server.loaded()
    for entry in entries.good:
        if entry.files is not None:
            said.append(_whole(entry))
            continue
        name = server.served_as(entry.text)
        if name is None:
            can = server.kind == "ollama"
            said.append(
                f"{entry.role}: {entry.text} is not there"
                f"{'; it is pulled when a run begins' if can else '; another of its models answers for it'}"
            )
            continue
        try:
            shown = server.show(name)
        except LabError as exc:
            problems.append(Problem(entry.key, f"{name}: {exc.message}", "see the model server's log"))
            continue
        provided.names[entry.role], provided.shown[entry.role] = name, shown
        context = next((one.context for other, one in loaded.items() if same_name(name, other)), None)
        models[entry.role] = ServedModel(
            asked_for=entry.text,
            served_as=name,
            capabilities=shown.capabilities,
            trained_context=shown.context,
            context=context,
        )
        said.append(fit.sentence(entry.role, models[entry.role]))
    asked = asked_of(plan)
    chat = {role: model for role, model in models.items() if role != EMBEDDINGS}
    unasked = cannot(plan, asked, provided.names, provided.shown)
    problems += fit.capability_problems(asked.values(), provided, unasked)
    problems += fit.context_problems(plan, asked, chat, {})
    return Looked(True, tuple(said), tuple(problems))
