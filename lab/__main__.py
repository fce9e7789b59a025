"""Entry point of the `lab` command: turns the lab's errors into messages and exit codes."""

from __future__ import annotations

import sys

# Only what loads in no time: a signal before `catch` ends the lab with a traceback.
from lab.errors import LabError, UsageError
from lab.interrupts import Interrupted, catch, ignore


def main() -> None:
    """Run the command line; exits with 0, 1 (error), 2 (usage), 3 (--strict) or 128 + signal."""
    try:
        catch()
        try:
            from lab.cli import app

            app()
        except LabError as exc:
            _say(exc)
            sys.exit(2 if isinstance(exc, UsageError) else 1)
        finally:
            ignore()  # nothing is left to stop, and the outcome is printed; the exit code stays
    except Interrupted as exc:
        # Not by rich, which may be what was being imported.
        print("interrupted; everything is stopped, records are kept", file=sys.stderr)
        sys.exit(128 + exc.signum)


def _say(error: LabError) -> None:
    from rich.markup import escape

    from lab.progress import printable, terminal

    console = terminal(stderr=True)
    console.print(f"[bold red]error:[/] {escape(printable(error.message))}", highlight=False, soft_wrap=True)
    if error.log_tail:
        console.print(escape(printable(error.log_tail)), style="dim", highlight=False, soft_wrap=True)
    if error.next_step:
        console.print(f"[bold]next:[/] {escape(printable(error.next_step))}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
