"""The `lab` command: thin typer commands over the modules that do the work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from lab import __version__
from lab.errors import UsageError
from lab.names import EngineName, StreamChoice, UpstreamMode, WireChoice
from lab.progress import terminal

app = typer.Typer(
    name="lab",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help=(
        "What does this LLM gateway really do to my traffic? The lab starts gateways, sends all of them the "
        "same scenarios, meters from behind what they forward, and writes a report.\n\n"
        "Start with [bold]lab doctor[/], then [bold]lab run[/]. "
        "Exit codes: 0 done, 1 error, 2 wrong usage, 3 with --strict if a system was unavailable or an "
        "exchange failed, 130 interrupted by Ctrl-C, 143 by SIGTERM."
    ),
)

RootOption = Annotated[
    Path, typer.Option("--root", help="Folder with configs/ and compose/.", show_default="the project's own")
]
ReportsOption = Annotated[Path, typer.Option("--reports", help="Folder that holds the runs.")]
PROJECT = Path(__file__).resolve().parent.parent


def _names(option: str, text: str | None) -> tuple[str, ...]:
    """Names separated by commas; an option that names nothing, as with an unset variable, is wrong."""
    names = tuple(name.strip() for name in (text or "").split(",") if name.strip())
    if text is not None and not names:
        raise UsageError(f"{option} names nothing", next_step="name what you mean, or leave the option out")
    return names


def _one(option: str, text: str | None) -> str | None:
    if text is not None:
        _names(option, text)
    return text


@app.command()
def run(
    systems: Annotated[
        Optional[str],
        typer.Option("--systems", "-s", help="Systems or variants, separated by commas: litellm,direct."),
    ] = None,
    suites: Annotated[
        Optional[str], typer.Option("--suite", help="Suites, separated by commas, or all.")
    ] = None,
    scenarios: Annotated[
        Optional[Path],
        typer.Option(
            "--scenarios",
            metavar="DIR",
            help="Folder of your own prompts (.txt, .md, .yaml), to run alone or together with --suite. The "
            "run's folder then holds their texts.",
        ),
    ] = None,
    repeats: Annotated[
        Optional[int],
        typer.Option("--repeats", "-n", min=1, max=100, help="How often each scenario is sent."),
    ] = None,
    engine: Annotated[EngineName, typer.Option("--engine", help="Where systems run.")] = "auto",
    upstream: Annotated[UpstreamMode, typer.Option("--upstream", help="What answers at the meter.")] = "auto",
    only: Annotated[
        Optional[str],
        typer.Option(
            "--only",
            metavar="ID,PATTERN",
            help="Only scenarios whose id is one of these or matches one: T1,SC*. What they need, such as "
            "those before them in a sequence, is asked too. Without --suite, all suites are searched.",
        ),
    ] = None,
    failed: Annotated[
        Optional[str],
        typer.Option(
            "--failed",
            metavar="RUN",
            help="Only what failed in this run: each scenario for the variants that failed it, and for the "
            "control. Suites, own prompts and wires are that run's, unless given.",
        ),
    ] = None,
    wire: Annotated[
        Optional[WireChoice],
        typer.Option(
            "--wire",
            help="API that clients speak: messages is /v1/messages (old name: anthropic), chat is "
            "/v1/chat/completions (old name: openai), responses is /v1/responses; all sends every scenario "
            "on each of the three.",
            show_default="messages",
        ),
    ] = None,
    stream: Annotated[
        Optional[StreamChoice],
        typer.Option(
            "--stream",
            help="Whether clients ask for streams: as each scenario is written, plain (never), streamed "
            "(always), or both.",
            show_default="as-written",
        ),
    ] = None,
    seed: Annotated[
        Optional[int],
        typer.Option("--seed", help="Seed of order, nonces and markers.", show_default="random"),
    ] = None,
    resume: Annotated[
        Optional[str], typer.Option("--resume", metavar="RUN", help="Complete an interrupted run.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 if a system was unavailable or an exchange failed.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only warnings and the result.")] = False,
    reports: ReportsOption = Path("reports"),
    root: RootOption = PROJECT,
) -> None:
    """Run the comparison and write its report."""
    from lab.run.commands import run_comparison
    from lab.run.options import RunOptions

    options = RunOptions(
        root=root,
        systems=_names("--systems", systems),
        suites=_names("--suite", suites),
        repeats=repeats,
        seed=seed,
        engine=engine,
        upstream=upstream,
        only=_names("--only", only),
        failed=_one("--failed", failed),
        wire=wire,
        stream=stream,
        scenarios=scenarios,
        resume=_one("--resume", resume),
        reports=reports,
        command=("lab", *sys.argv[1:]),
    )
    raise typer.Exit(run_comparison(options, strict=strict, quiet=quiet))


@app.command()
def report(
    run_name: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's id, its folder, or latest.")
    ] = "latest",
    evidence: Annotated[
        Literal["page", "failed", "all"],
        typer.Option(
            "--evidence",
            help="What to write besides evidence.html, which holds the evidence of every cell but needs "
            "JavaScript: nothing (page), a plain page for each cell in which a check or an exchange failed, "
            "or one for all cells, to which the report then leads.",
        ),
    ] = "page",
    reports: ReportsOption = Path("reports"),
) -> None:
    """Render a run's report again, from its records alone."""
    from lab.records.store import find_run
    from lab.report import render

    paths = render(find_run(reports, run_name), evidence)
    for path in (paths.html, paths.markdown, paths.results):
        terminal().print(str(path), markup=False, highlight=False, soft_wrap=True)


@app.command("list")
def list_runs(reports: ReportsOption = Path("reports"), root: RootOption = PROJECT) -> None:
    """List the systems, variants and suites that can be run, and the runs there are."""
    from lab.run.commands import list_everything

    list_everything(reports, root)


@app.command()
def doctor(root: RootOption = PROJECT) -> None:
    """Say what works on this machine (engine, images, registries, ports, disk) and what to do about it."""
    from lab.doctor import examine, show

    raise typer.Exit(show(examine(root), terminal()))


@app.command()
def clean(
    run_name: Annotated[Optional[str], typer.Argument(metavar="RUN", help="Only what this run left.")] = None,
    images: Annotated[bool, typer.Option("--images", help="Also remove the images the lab built.")] = False,
    cache: Annotated[
        bool,
        typer.Option(
            "--cache",
            help="Also remove what the host engine installed, and the Docker volumes with pulled models.",
        ),
    ] = False,
) -> None:
    """Remove what killed runs left behind, and models of files that the lab sent to a model server.

    That is containers, networks, processes, and models named lab/…; records are never removed.
    """
    from lab.run.commands import clean_up

    clean_up(run_name, images=images, cache=cache)


@app.command()
def version() -> None:
    """Print the lab's version and those of the libraries its numbers depend on."""
    from lab.run.manifest import library_versions

    console = terminal()
    console.print(f"lab {__version__}", highlight=False)
    for name, number in library_versions().items():
        console.print(f"{name} {number}", highlight=False)
