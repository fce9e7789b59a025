"""What a run must have in common with its first sitting to be completed by another."""

from __future__ import annotations

from pathlib import Path

from lab.errors import RecordsError
from lab.records.manifest import Manifest, VariantStatus
from lab.records.store import RunStore, find_run
from lab.run.manifest import config_hashes


def reopened(reports: Path, name: str, root: Path, own: Path | None = None) -> RunStore:
    """The records of an interrupted run, ready for more; RecordsError if it ended or began otherwise.

    `own` is where its folder of own prompts is now, if it was moved.
    """
    path = find_run(reports, name)
    store = RunStore.open(path)
    manifest = store.manifest()
    if manifest.state == "finished":
        raise RecordsError(
            f"{path}: this run is finished, there is nothing to resume",
            next_step="start a new run, or render it again with `lab report`",
        )
    if not manifest.variants:
        raise RecordsError(
            f"{path}: this run was stopped before it was recorded what it compares",
            next_step="start a new run",
        )
    now = config_hashes(root, own_folder(manifest, own))
    then = manifest.config_sha256
    changed = [name for name in {*now, *then} if now.get(name) != then.get(name)]
    if changed:
        raise RecordsError(
            f"{path}: this run began with other files: {', '.join(sorted(changed)[:5])}",
            next_step="restore these files to complete it, or start a new run",
        )
    store.repair()
    return store


def own_folder(manifest: Manifest, moved_to: Path | None = None) -> Path | None:
    """Where the run's own prompts are, if it has any; RecordsError if they are not there any more."""
    if manifest.scenarios_folder is None:
        if moved_to is None:
            return None
        raise RecordsError(
            f"{manifest.run} has no folder of own prompts", next_step="leave --scenarios out to complete it"
        )
    folder = (moved_to or Path(manifest.scenarios_folder)).resolve()
    if not folder.is_dir():
        raise RecordsError(
            f"{folder}: the run's own prompts are not there any more",
            next_step="put the folder back, or say with --scenarios where it is now",
        )
    return folder


def require_same_versions(manifest: Manifest, now: tuple[VariantStatus, ...]) -> None:
    """A resumed run must go on with what it began with: RecordsError for another version, or for none.

    Otherwise it would be finished with exchanges missing that nobody could make any more.
    """
    then = {status.name: status for status in manifest.variants}
    for status in now:
        before = then.get(status.name)
        if before and before.status == "ran" and status.status != "ran":
            why = status.reason or "no reason was recorded"
            raise RecordsError(
                f"{status.name} was measured before, and cannot be now: {why}",
                next_step="give the lab the same package or service again to complete the run, "
                "or start a new one",
            )
        if before and before.version and status.version and before.version != status.version:
            raise RecordsError(
                f"{status.name} is {status.version} now, but this run began with {before.version}",
                next_step="give the lab the same package again to complete the run, or start a new one",
            )
