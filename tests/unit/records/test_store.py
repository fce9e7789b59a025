"""A run's folder keeps what was recorded, whatever happens to the run, the disk or the files."""

from __future__ import annotations

import gzip
import logging
import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from lab.errors import RecordsError
from lab.records.lines import require_folder
from lab.records.redaction import Redactor
from lab.records.store import RunStore, list_runs
from lab.tokens import TokenParts
from tests.unit.records_builder import Call, RunBuilder, manifest, scenario, variant


def three(root: Path) -> RunBuilder:
    """A run of three recorded exchanges of one variant."""
    builder = RunBuilder(root)
    for repeat in (1, 2, 3):
        builder.exchange("direct", "S1", repeat)
    return builder


def ids(store: RunStore) -> list[str]:
    """Ids of all exchanges that the store reads."""
    return [record.id for record in store.exchanges()]


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    """What was appended is what is read, in order, and the manifest too."""
    builder = RunBuilder(tmp_path)
    written = [builder.exchange("direct", "S1", repeat) for repeat in (1, 2)]
    builder.background("litellm", 2)
    store = RunStore.open(builder.store.path)
    assert list(store.exchanges()) == written
    assert [call.exchange for call in store.upstream()] == ["r1-S1-direct", "r2-S1-direct", None, None]
    assert store.manifest() == builder.store.manifest()
    assert store.completed_keys() == {"r1-S1-direct", "r2-S1-direct"}


def test_a_line_leaves_out_what_is_at_its_default(tmp_path: Path) -> None:
    """Only what says something is written, at any depth; a line that says everything reads the same."""
    builder = RunBuilder(tmp_path)
    record = builder.exchange("direct", "S1")
    call = next(builder.store.upstream())
    for name, one in (("exchanges.jsonl", record), ("upstream.jsonl", call)):
        path = builder.store.path / name
        kept, everything = orjson.loads(path.read_bytes()), orjson.loads(one.model_dump_json())
        assert next(iter(kept)) == "schema"
        assert {"stream", "usage"} <= {"usage", *everything.keys() - kept.keys()}
        assert all(
            everything[field] == value or isinstance(value, dict | list) for field, value in kept.items()
        )
        assert "null" not in path.read_text("utf-8")
        path.write_bytes(orjson.dumps(everything) + b"\n")
    assert list(builder.store.exchanges()) == [record]
    assert list(builder.store.upstream()) == [call]


def test_a_long_log_is_kept_compressed_and_never_twice(tmp_path: Path) -> None:
    """A resumed run may log more, or less, than before."""
    store = RunBuilder(tmp_path).store
    long = b"a line of a log\n" * 10_000
    assert store.put_log("direct", b"short\n").read_bytes() == b"short\n"
    assert gzip.decompress(store.put_log("direct", long).read_bytes()) == long
    assert [path.name for path in (store.path / "logs").iterdir()] == ["direct.log.gz"]
    store.put_log("direct", b"short\n")
    assert [path.name for path in (store.path / "logs").iterdir()] == ["direct.log"]


def test_upstream_lines_are_written_before_the_exchange_line(tmp_path: Path) -> None:
    """An exchange whose own line cannot be written leaves no upstream lines behind either."""
    builder = three(tmp_path)
    exchanges, upstream = (builder.store.path / name for name in ("exchanges.jsonl", "upstream.jsonl"))
    before = upstream.read_bytes()
    exchanges.rename(tmp_path / "kept.jsonl")
    exchanges.symlink_to("/dev/full")
    with pytest.raises(RecordsError, match=r"exchanges\.jsonl: cannot be written: No space left") as raised:
        builder.exchange("litellm", "S1")
    assert "free space" in raised.value.next_step
    assert upstream.read_bytes() == before
    exchanges.unlink()
    (tmp_path / "kept.jsonl").rename(exchanges)
    assert len(ids(builder.store)) == 3


LIMITED = """
import resource, sys
from pathlib import Path
from lab.errors import RecordsError
from lab.records.lines import append_lines
path = Path(sys.argv[1])
size = path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, size + 10))
try:
    append_lines(path, b"x" * 100 + b"\\n")
except RecordsError as exc:
    print(exc.message)
"""


def test_a_line_that_only_partly_fits_is_taken_back(tmp_path: Path) -> None:
    """A write that fails half way leaves the file as it was before."""
    path = tmp_path / "exchanges.jsonl"
    path.write_bytes(b"first\n")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert "everything recorded before this is intact" in done.stdout
    assert path.read_bytes() == b"first\n"


def test_a_file_that_does_not_fit_is_not_replaced(tmp_path: Path) -> None:
    """A manifest that cannot be written whole stays the old one, and no part of the new one is left."""
    path = tmp_path / "manifest.json"
    path.write_bytes(b"old")
    program = LIMITED.replace("append_lines", "write_whole")
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert "everything recorded before this is intact" in done.stdout
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("manifest.json", b"old")]


def test_a_torn_last_line_is_ignored_when_reading(tmp_path: Path) -> None:
    """A run killed while writing a line can be read: only that exchange is missing."""
    store = three(tmp_path).store
    path = store.path / "exchanges.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    assert ids(store) == ["r1-S1-direct", "r2-S1-direct"]
    assert [call.exchange for call in store.upstream()] == ["r1-S1-direct", "r2-S1-direct"]


def test_repair_cuts_the_torn_line_and_its_upstream_calls(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """After repair the exchange can be recorded again without its first calls counting twice."""
    builder = three(tmp_path)
    path = builder.store.path / "exchanges.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    with caplog.at_level(logging.WARNING):
        found = RunStore.open(builder.store.path).repair()
    assert len(found) == 2
    assert "the last line was cut off" in caplog.text
    builder.exchange("direct", "S1", 3)
    assert ids(builder.store) == ["r1-S1-direct", "r2-S1-direct", "r3-S1-direct"]
    assert sum(call.exchange == "r3-S1-direct" for call in builder.store.upstream()) == 1


def test_repair_of_a_whole_run_changes_nothing(tmp_path: Path) -> None:
    """Nothing is cut where nothing is torn, and background calls stay."""
    builder = three(tmp_path)
    builder.background("direct", 2)
    before = [(builder.store.path / name).read_bytes() for name in ("exchanges.jsonl", "upstream.jsonl")]
    assert builder.store.repair() == ()
    assert before == [(builder.store.path / n).read_bytes() for n in ("exchanges.jsonl", "upstream.jsonl")]


def test_an_empty_run_reads_as_empty(tmp_path: Path) -> None:
    """A run killed before its first exchange has no records and needs no repair."""
    store = RunBuilder(tmp_path).store
    assert (ids(store), list(store.upstream()), store.repair()) == ([], [], ())


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"not json\n", "not JSON"),
        (b"[1]\n", "not a JSON object"),
        (b'{"schema":1}\n', "id: Field required"),
        (b'{"schema":2,"id":"r9-S1-direct"}\n', "schema 2 is not the schema 1"),
        (b'{"id":"r9-S1-direct"}\n', "schema None is not the schema 1"),
        (b"\x00\xff\n", "not JSON"),
        (b"\n", "not JSON"),
    ],
)
def test_a_foreign_line_is_named_by_file_and_line(tmp_path: Path, line: bytes, what: str) -> None:
    """A damaged or foreign record is an error that says where it is and what to do."""
    store = three(tmp_path).store
    path = store.path / "exchanges.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + line + b"".join(lines[1:]))
    with pytest.raises(RecordsError) as raised:
        list(store.exchanges())
    assert f"{path}:2: " in raised.value.message
    assert what in raised.value.message
    assert raised.value.next_step


def test_a_record_that_only_lacks_its_schema_is_foreign(tmp_path: Path) -> None:
    """A record is of this lab only if it says so."""
    store = three(tmp_path).store
    path = store.path / "upstream.jsonl"
    first = orjson.loads(path.read_bytes().splitlines()[0])
    del first["schema"]
    path.write_bytes(orjson.dumps(first) + b"\n")
    with pytest.raises(RecordsError, match=r"upstream\.jsonl:1: .*schema None"):
        list(store.upstream())


def test_an_exchange_recorded_twice_is_an_error(tmp_path: Path) -> None:
    """The same exchange cannot count twice."""
    store = three(tmp_path).store
    path = store.path / "exchanges.jsonl"
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(RecordsError, match=r"exchanges\.jsonl:4: exchange r1-S1-direct is recorded a second"):
        list(store.exchanges())


@pytest.mark.parametrize("content", [b"", b"{", b'{"schema":7}', b'{"schema":1,"run":3}'])
def test_a_damaged_manifest_is_an_error(tmp_path: Path, content: bytes) -> None:
    """A manifest that cannot be read is named, and the folder is no run."""
    store = three(tmp_path).store
    (store.path / "manifest.json").write_bytes(content)
    with pytest.raises(RecordsError, match=r"manifest\.json: this run cannot be read") as raised:
        RunStore.open(store.path)
    assert "run the comparison again" in raised.value.next_step
    assert "line" not in raised.value.next_step


def test_a_manifest_that_was_cut_off_is_said_to_be(tmp_path: Path) -> None:
    """As after a copy that stopped halfway."""
    path = three(tmp_path).store.path / "manifest.json"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(RecordsError, match="not whole"):
        RunStore.open(path.parent)


@pytest.mark.parametrize("name", ["file", "file/below", "locked/below"])
def test_a_folder_that_cannot_be_is_refused_before_anything_runs(tmp_path: Path, name: str) -> None:
    """Nothing was recorded yet, so nothing is said of resuming."""
    (tmp_path / "file").write_text("x", "utf-8")
    (tmp_path / "locked").mkdir(mode=0o500)
    if name.startswith("locked") and os.access(tmp_path / "locked", os.W_OK):
        pytest.skip("root may write anywhere")
    with pytest.raises(RecordsError, match="no run can be kept there") as raised:
        require_folder(tmp_path / name)
    assert "--reports" in raised.value.next_step
    assert "--resume" not in str(raised.value)


def test_a_folder_that_can_be_is_made_and_left_empty(tmp_path: Path) -> None:
    """Trying leaves nothing behind."""
    require_folder(tmp_path / "new" / "reports")
    assert list((tmp_path / "new" / "reports").iterdir()) == []


def test_a_folder_without_manifest_is_not_a_run(tmp_path: Path) -> None:
    """Opening any other folder says how to find the runs."""
    with pytest.raises(RecordsError, match="not a run's folder") as raised:
        RunStore.open(tmp_path)
    assert "lab list" in raised.value.next_step


def test_bodies_are_stored_once_and_checked(tmp_path: Path) -> None:
    """Equal bodies are one file; a changed or missing one is an error, as is a name that is no hash."""
    store = RunBuilder(tmp_path).store
    first, second = store.put_body(b"same"), store.put_body(b"same")
    assert first == second
    assert store.body(first) == b"same"
    assert [path.name for path in (store.path / "bodies").iterdir()] == [first]
    (store.path / "bodies" / first).write_bytes(b"sam")
    with pytest.raises(RecordsError, match="changed or cut off"):
        store.body(first)
    with pytest.raises(RecordsError, match="cannot be read"):
        store.body("0" * 64)
    with pytest.raises(RecordsError, match="not a SHA-256"):
        store.body("../manifest.json")


def test_latest_leads_to_the_newest_run(tmp_path: Path) -> None:
    """Each new run takes over the link, and the list shows the newest first and the damaged as such."""
    for run in ("20261123-191500-ab12", "20261124-080000-cd34"):
        RunStore.create(tmp_path, manifest([variant("direct")], [scenario("S1")], repeats=1, run=run))
    assert (tmp_path / "latest").is_symlink()
    assert RunStore.open(tmp_path / "latest").manifest().run == "20261124-080000-cd34"
    (tmp_path / "20261123-191500-ab12" / "manifest.json").write_text("{}")
    (tmp_path / "notes").mkdir()
    newest, damaged = list_runs(tmp_path)
    assert newest.manifest is not None
    assert newest.manifest.run == "20261124-080000-cd34"
    assert damaged.manifest is None
    assert "schema None" in (damaged.error or "")


def test_a_run_never_overwrites_another(tmp_path: Path) -> None:
    """A second run of the same id is refused."""
    RunBuilder(tmp_path)
    with pytest.raises(RecordsError, match="already there"):
        RunBuilder(tmp_path)


def test_a_real_folder_named_latest_is_not_removed(tmp_path: Path) -> None:
    """The link is only ever made where a link was or nothing."""
    (tmp_path / "latest").mkdir()
    with pytest.raises(RecordsError, match="cannot be made to lead"):
        RunBuilder(tmp_path)
    assert (tmp_path / "latest").is_dir()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Missing permission is an error with a next step."""
    tmp_path.chmod(0o500)
    with pytest.raises(RecordsError, match="cannot be written"):
        RunBuilder(tmp_path)


def test_secrets_reach_no_file_of_a_run(tmp_path: Path) -> None:
    """A secret in a body, record, log, manifest or result is replaced before it is written."""
    secret = 'sk-lab-s3cret/"quoted"'
    builder = RunBuilder(tmp_path, redactor=Redactor([secret]), over={"command": ("lab", secret)})
    builder.exchange("direct", "S1", text=f"your key is {secret}", body={"messages": [], "key": secret})
    builder.exchange("direct", "S1", 2, status="failed", reason=f"HTTP 401: bad key {secret}")
    builder.background("direct", 1, Call(error=f"wrong key {secret}"))
    builder.store.put_log("direct", f"key={secret}\n".encode())
    builder.store.write_file("results.json", orjson.dumps({"key": secret}))
    files = [path for path in builder.store.path.rglob("*") if path.is_file()]
    assert len(files) > 8
    for path in files:
        assert b"s3cret" not in path.read_bytes(), path
    assert "[redacted]" in next(iter(list(builder.store.exchanges())[1:])).reason  # type: ignore[operator]


def test_text_that_is_no_unicode_is_recorded(tmp_path: Path) -> None:
    """A lone surrogate, which a hostile answer can spell in JSON, does not stop the run."""
    builder = RunBuilder(tmp_path)
    record = builder.exchange("direct", "S1")
    hostile = record.model_copy(update={"id": "r2-S1-direct", "reason": "bad \ud800 text", "repeat": 2})
    builder.store.append_exchange(hostile, [])
    assert [found.reason for found in builder.store.exchanges()] == [None, "bad ? text"]


def test_token_parts_survive_the_round_trip(tmp_path: Path) -> None:
    """Parts are kept apart in the record."""
    builder = RunBuilder(tmp_path)
    builder.exchange("direct", "S1", sent=TokenParts(system=1, messages=2, tools=3))
    (call,) = builder.store.upstream()
    assert (call.tokens.system, call.tokens.messages, call.tokens.tools, call.tokens.total) == (1, 2, 3, 6)
