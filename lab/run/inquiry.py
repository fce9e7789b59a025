"""Asks a model server what it can do for a plan, and says what does not fit, before anything is installed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from rich.table import Table

from lab.engines.modelserver.providing import (
    EMBEDDINGS,
    Entries,
    Problem,
    Provided,
    Wanted,
    of_one_file,
    provide,
)
from lab.engines.modelserver.server import ModelServer, reach
from lab.errors import EngineError, InstallError
from lab.progress import Reporter
from lab.records.manifest import ModelServerInfo, ServedModel
from lab.run import fit
from lab.run.needs import Asked, asked_of, cannot
from lab.run.plan import Plan
from lab.tokens import count_text

# Enough of a prompt to see how fast it is read, in characters.
PROBE_CHARS = 1_200
PROBE = "Say in one sentence what a gateway in front of a language model is good for. "


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of asking: the server, its models by role, what variants cannot be asked, and the record.

    `kept` are models that the lab keeps loaded and nobody keeps longer, and `loaded_as` the names under which
    all are listed as loaded. `largest` is the largest scenario of each tier in its model's tokens.
    """

    server: ModelServer
    names: Mapping[str, str]
    cannot: Mapping[str, Mapping[str, str]]
    kept: tuple[str, ...]
    loaded_as: frozenset[str]
    info: ModelServerInfo
    largest: Mapping[str, int]


def ask(
    plan: Plan,
    url: str,
    where: str,
    entries: Entries,
    reporter: Reporter,
    *,
    system: str = "ollama",
    own: bool = False,
    version: str | None = None,
) -> Answered:
    """Have the models served and loaded, hold them against the plan, and say what does not fit.

    `own` is whether the lab started it (and then with its model, if it serves a single file), and `version`
    its package's, if it says none itself. EngineError if the server does not answer, InstallError if it does
    not serve a model.
    """
    server = reach(url)
    version = server.version or version
    reporter.say(f"{system}: {server.kind}{f' {version}' if version else ''} answers at {where}")
    if own and server.kind == "llama.cpp":
        entries = of_one_file(server, entries)
    provided = provide(server, entries.good, reporter.say)
    asked = asked_of(plan)
    paces = _paces(plan, server, provided, asked)
    served = {
        entry.role: _served(entry, provided, paces) for entry in entries.good if entry.role in provided.names
    }
    for role, model in served.items():
        reporter.say(f"{system}: {fit.sentence(role, model)}")
    if plan.lab.ollama.embeddings and EMBEDDINGS not in served:
        reporter.say(f"{system}: embeddings are answered by the meter's own model, all-MiniLM-L6-v2")
    unasked = cannot(plan, asked, provided.names, provided.shown)
    chat = {role: model for role, model in served.items() if role != EMBEDDINGS}
    problems = [
        *entries.problems,
        *provided.problems,
        *fit.capability_problems(asked.values(), provided, unasked),
        *fit.context_problems(plan, asked, chat, paces),
        *fit.time_problems(plan, asked, chat, paces),
    ]
    _say_problems(problems, reporter)
    needs = fit.length(plan, asked, chat, paces)
    if needs[1]:
        reporter.say(f"{system}: {fit.in_words(needs)}")
    kept = [name for name in provided.names.values() if not server.lasts(name)]
    return Answered(
        server,
        provided.names,
        unasked,
        tuple(dict.fromkeys(kept)),
        frozenset(provided.loaded_as),
        ModelServerInfo(
            system=system,
            kind=server.kind,
            version=version,
            where=where,
            models=served,
            problems=tuple(f"{problem.what}: {problem.why}" for problem in problems),
            needs_about_s=needs,
        ),
        {tier: _largest(asked, pace) for tier, pace in paces.items()},
    )


def _paces(
    plan: Plan, server: ModelServer, provided: Provided, asked: Mapping[str, Asked]
) -> dict[str, fit.Pace]:
    """The pace of each chat model, by one answer each; a problem if none comes in time."""
    longest = max((one.text for one in asked.values()), key=len, default="")
    text = (
        f"{secrets.token_hex(4)} {(longest or PROBE * 10)[:PROBE_CHARS]}"  # new, so that no cache has read it
    )
    limit, tokens = plan.lab.limits.exchange_timeout_s, plan.lab.ollama.max_tokens
    paces: dict[str, fit.Pace] = {}
    for role, name in list(provided.names.items()):
        if role == EMBEDDINGS:
            continue
        before = next((paces[other] for other in paces if provided.names[other] == name), None)
        if before is not None:
            paces[role] = before
            continue
        try:
            timed = server.answer(name, text, tokens, limit)
        except EngineError as exc:
            provided.problems.append(
                Problem(
                    f"ollama.models.{role}",
                    f"{name} does not answer a short question: {exc.message}",
                    f"see its log, choose another model, or raise limits.exchange_timeout_s ({limit:g})",
                    fatal=True,
                )
            )
            continue
        counts = {one.scenario: server.count("\n".join(one.texts)) for one in asked.values()}
        known = {scenario: count for scenario, count in counts.items() if count is not None}
        paces[role] = fit.pace_of(timed, count_text(text), tokens, known)
    return paces


def _served(entry: Wanted, provided: Provided, paces: Mapping[str, fit.Pace]) -> ServedModel:
    role, shown = entry.role, provided.shown[entry.role]
    timed = paces[role].timed if role in paces else None
    return ServedModel(
        asked_for=entry.text,
        served_as=provided.names[role],
        capabilities=shown.capabilities,
        trained_context=shown.context,
        context=provided.contexts.get(role),
        load_s=_rounded(provided.load_s.get(role)),
        answer_s=_rounded(timed.answer_s if timed else None),
        read_per_s=_rounded(timed.read_per_s if timed else None),
        write_per_s=_rounded(timed.write_per_s if timed else None),
    )


def _largest(asked: Mapping[str, Asked], pace: fit.Pace) -> int:
    return max((fit.tokens_in(one, pace) for one in asked.values()), default=0)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _say_problems(problems: list[Problem], reporter: Reporter) -> None:
    """What does not fit in one table; what keeps the server from being used is raised, too."""
    fatal = [problem for problem in problems if problem.fatal]
    if len(problems) > len(fatal) or len(problems) > 1:
        columns = ("setting", "what does not fit", "next step")
        table = Table(*columns, title="The model server", title_justify="left")
        for (why, step), settings in _alike(problems).items():
            table.add_row(*map(reporter.literal, (", ".join(settings), why, step)))
        reporter.show(table)
    if fatal:
        steps = dict.fromkeys(problem.next_step for problem in fatal if problem.next_step)
        raise InstallError("\n".join(why for why, _ in _alike(fatal)), next_step="; ".join(steps))


def _alike(problems: list[Problem]) -> dict[tuple[str, str], list[str]]:
    """The settings with the same problem, by what it is and the next step."""
    found: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        found.setdefault((problem.why, problem.next_step), []).append(problem.what)
    return found
