"""Compose files: what the lab understands of them, and how it says what it does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from lab.compose.file import ComposeFile, Port, load_compose
from lab.errors import ConfigError

FULL = """
name: thing
services:
  web:
    image: vendor/web:${TAG:-1}
    build:
      context: .
      dockerfile: Dockerfile.web
      target: final
      args: {PYTHON_IMAGE: "${PYTHON_IMAGE:-python:3.13-slim}", LEVEL: 3}
    environment:
      KEY: ${KEY:?a key is needed}
      PORT: 8000
      TAKEN:
      ABSENT:
    command: serve --name "two words" --dollar $$HOME
    entrypoint: ["/entry", "x"]
    ports: ["8000", "127.0.0.1::8001", 8002, "127.0.0.1:9000:8003/tcp", "9001:8004"]
    volumes: ["./web.conf:/etc/web.conf:ro", "models:/models"]
    tmpfs: /scratch:size=64m
    healthcheck: {test: "curl -f localhost", interval: 1m30s, timeout: 500ms, retries: 3}
    user: 1000
    working_dir: /srv
    read_only: true
    init: false
volumes:
  models:
x-note: anything
x-lab:
  service: web
  port: 8000
  health: {path: /ready, status: 204, timeout_s: 7.5}
  package:
    registry: pypi
    name: web
    version: "1.0"
    variable: WEB_PACKAGE
    image_variable: WEB_IMAGE
    refused: {"0.9": "bad"}
  state: {keeps: true, wipe: ["${LAB_STATE}", "${TAG:-1}"]}
  egress: ${EGRESS:-false}
  host:
    kind: venv
    lock: requirements.txt
    command: ["${LAB_PREFIX}/bin/web", "--port", "${LAB_PORT}", "${TAG:-1}"]
    environment: {HOME: "${LAB_STATE}"}
    install: {extra: [a, b]}
"""
SMALL = "services:\n  web:\n    image: web:1\nx-lab:\n  service: web\n  port: 80\n"


def load(folder: Path, text: str, env: Mapping[str, str] | None = None) -> ComposeFile:
    """The compose file with this text, in a folder with the files that FULL names."""
    (folder / "web.conf").touch()
    path = folder / "compose.yaml"
    path.write_text(text)
    return load_compose(path, {"KEY": "k", "TAKEN": "t"} if env is None else env)


def complaint(folder: Path, text: str, env: Mapping[str, str] | None = None) -> ConfigError:
    """The error that this text leads to."""
    with pytest.raises(ConfigError) as caught:
        load(folder, text, env)
    return caught.value


def test_every_key_that_is_honoured_is_read(tmp_path: Path) -> None:
    """All honoured keys arrive, in one form whatever their spelling."""
    file = load(tmp_path, FULL)
    web = file.service
    assert file.folder == tmp_path
    assert web.name == "web"
    assert web.image == "vendor/web:1"
    assert web.build is not None
    assert web.build.context == tmp_path
    assert (web.build.dockerfile, web.build.target) == ("Dockerfile.web", "final")
    assert web.build.args == {"PYTHON_IMAGE": "python:3.13-slim", "LEVEL": "3"}
    assert web.environment == {"KEY": "k", "PORT": "8000", "TAKEN": "t"}
    assert web.command == ("serve", "--name", "two words", "--dollar", "$HOME")
    assert web.entrypoint == ("/entry", "x")
    assert web.ports == (Port(8000), Port(8001), Port(8002), Port(8003, 9000), Port(8004, 9001))
    assert [(v.target, v.source, v.cache) for v in web.volumes] == [
        ("/etc/web.conf", tmp_path / "web.conf", None),
        ("/models", None, "models"),
    ]
    assert web.tmpfs == ("/scratch:size=64m",)
    assert web.healthcheck is not None
    assert web.healthcheck.test == ("CMD-SHELL", "curl -f localhost")
    assert (web.healthcheck.interval, web.healthcheck.timeout, web.healthcheck.retries) == (90, 0.5, 3)
    assert (web.user, web.working_dir, web.read_only, web.init) == ("1000", "/srv", True, False)


def test_the_lab_block_is_read(tmp_path: Path) -> None:
    """The x-lab block arrives; the host engine's variables stay as written, all others are filled in."""
    lab = load(tmp_path, FULL).lab
    assert (lab.service, lab.port, lab.egress) == ("web", 8000, False)
    assert (lab.health.path, lab.health.status, lab.health.timeout_s) == ("/ready", 204, 7.5)
    assert lab.package is not None
    assert (lab.package.registry, lab.package.name, lab.package.version) == ("pypi", "web", "1.0")
    assert lab.package.refused == {"0.9": "bad"}
    assert lab.state.keeps
    assert lab.state.wipe == ("${LAB_STATE}", "1")
    assert lab.host is not None
    assert lab.host.command == ("${LAB_PREFIX}/bin/web", "--port", "${LAB_PORT}", "1")
    assert lab.host.environment == {"HOME": "${LAB_STATE}"}
    assert lab.host.install == {"extra": ["a", "b"]}


def test_variables_become_numbers_and_truth_values(tmp_path: Path) -> None:
    """A variable in the place of a number or truth value is read as one."""
    text = SMALL.replace("port: 80", "port: ${PORT}\n  egress: ${EGRESS}")
    text = text.replace("image: web:1", "image: web:1\n    init: ${INIT}")
    file = load(tmp_path, text, {"PORT": "81", "EGRESS": "true", "INIT": "false"})
    assert (file.lab.port, file.lab.egress, file.service.init) == (81, True, False)


def test_defaults(tmp_path: Path) -> None:
    """What a small file leaves out has the lab's defaults."""
    file = load(tmp_path, SMALL)
    assert file.service.command is None
    assert file.service.init
    assert file.service.ports == ()
    assert (file.lab.health.path, file.lab.health.status) == ("/", 200)
    assert file.lab.package is None
    assert not file.lab.state.keeps


def test_anchors_and_merges_are_followed(tmp_path: Path) -> None:
    """YAML anchors and merge keys work as in any compose file."""
    text = (
        "x-common: &common\n  user: '5'\n  working_dir: /a\nservices:\n  web:\n    <<: *common\n"
        "    image: web:1\n    working_dir: /b\nx-lab: {service: web, port: 80}\n"
    )
    service = load(tmp_path, text).service
    assert (service.user, service.working_dir) == ("5", "/b")


NOT_HONOURED = "the lab does not honour this key"
OWN_FOLDER = "only files of the compose file's own folder"


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ("restart: always", f"services.web.restart: {NOT_HONOURED}: a crash must be seen"),
        ("mem_limit: 1g", f"services.web.mem_limit: {NOT_HONOURED}: every system gets the same limits"),
        ("comand: x", f"services.web.comand: {NOT_HONOURED}"),
        ("name: x", f"services.web.name: {NOT_HONOURED}"),
        ("build: ./absent", "services.web.build.context: there is no folder"),
        ("build: {context: ., dockerfil: x}", f"services.web.build.dockerfil: {NOT_HONOURED}"),
        (
            "ports: ['0.0.0.0:80:80']",
            "services.web.ports: 0.0.0.0:80:80: the lab publishes on 127.0.0.1 only",
        ),
        ("ports: ['80-90']", "services.web.ports: not a port the lab can publish: 80-90"),
        ("ports: ['53/udp']", "services.web.ports: not a port the lab can publish: 53/udp"),
        ("volumes: ['./web.conf:/x']", "files are mounted read-only"),
        ("volumes: ['../x:/x:ro']", OWN_FOLDER),
        ("volumes: ['/etc:/x:ro']", OWN_FOLDER),
        ("volumes: ['../m.gguf:/x:ro']", OWN_FOLDER),
        ("volumes: ['/nowhere/m.gguf:/x']", "files are mounted read-only"),
        ("volumes: ['/nowhere/m.gguf:/x:ro']", "there is no /nowhere/m.gguf"),
        ("volumes: ['./nothing:/x:ro']", "there is no"),
        ("volumes: ['cache:/x']", "services.web.volumes: there is no volume cache"),
        ("environment: {A: true}", "services.web.environment: A must be a text or a number"),
        ("healthcheck: {test: [curl]}", "must begin with CMD, CMD-SHELL or NONE"),
        (
            "stop_grace_period: 2s",
            f"services.web.stop_grace_period: {NOT_HONOURED}: the lab ends all systems",
        ),
        ("stop_signal: SIGINT", f"services.web.stop_signal: {NOT_HONOURED}: the lab ends all systems"),
        ("init: perhaps", "services.web.init: should be a valid boolean"),
        ("image: web:2", "services.web.image: this key is given twice"),
        ("1: x", "services.web.1: keys must be texts"),
        ("user: ${WHO}", "services.web.user: variable WHO is not set and has no default"),
        ("user: ${WHO:?say who}", "services.web.user: required variable WHO is not set: say who"),
        ("user: ${WHO", "services.web.user: not a valid variable reference"),
    ],
)
def test_a_mistake_in_a_service_is_named(tmp_path: Path, added: str, message: str) -> None:
    """Every mistake in a service is an error with file, line and key, and says what to do."""
    error = complaint(tmp_path, SMALL.replace("image: web:1", f"image: web:1\n    {added}"))
    assert "compose.yaml:4: " in error.message
    assert message in error.message
    assert error.next_step


def test_a_model_may_be_mounted_from_anywhere(tmp_path: Path) -> None:
    """Models are too large for a compose file's folder."""
    model = tmp_path / "models" / "my own.gguf"
    model.parent.mkdir()
    model.touch()
    (volume,) = load(
        tmp_path, SMALL.replace("web:1", f"web:1\n    volumes: ['{model}:/m.gguf:ro']")
    ).service.volumes
    assert (volume.source, volume.target) == (model, "/m.gguf")


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ("helth: {}", f"x-lab.helth: {NOT_HONOURED}"),
        ("health: {pth: /x}", f"x-lab.health.pth: {NOT_HONOURED}"),
        ("health: {path: x}", "x-lab.health.path: "),
        ("health: {timeout_s: 0}", "x-lab.health.timeout_s: should be greater than 0"),
        ("egress: perhaps", "x-lab.egress: should be a valid boolean"),
        ("package: {registry: npm, name: x}", "x-lab.package.version: this key is required"),
        ("package: {registry: cargo, name: x, version: '1'}", "x-lab.package.registry: should be 'pypi' or"),
        (
            "package: {registry: npm, name: x, version: 1.0}",
            "x-lab.package.version: a version must be a text",
        ),
        ("host: {kind: vm, command: x}", "x-lab.host.kind: should be 'venv', 'npm'"),
    ],
)
def test_a_mistake_in_the_lab_block_is_named(tmp_path: Path, added: str, message: str) -> None:
    """Every mistake in x-lab is an error with file, line and key, and says what to do."""
    error = complaint(tmp_path, f"{SMALL}  {added}\n")
    assert "compose.yaml:7: " in error.message
    assert message in error.message
    assert error.next_step


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("x-lab:", "networks: {a: }\nx-lab:", 4, f"networks: {NOT_HONOURED}"),
        ("port: 80", "port: eighty", 6, "x-lab.port: should be a valid integer"),
        ("port: 80", "port: 99999", 6, "x-lab.port: should be less than or equal to 65535"),
        ("  port: 80", "", 4, "x-lab.port: this key is required"),
        ("service: web", "service: wep", 5, "x-lab.service: there is no service wep"),
        ("image: web:1", "command: x", 2, "services.web: neither `image` nor `build` is given"),
        ("image: web:1", "image: 'two words'", 1, "not valid by the Compose specification"),
        ("  web:", "  db: {image: x}\n  web:", 1, "one service per compose file, and would leave out db"),
    ],
)
def test_a_mistake_elsewhere_is_named(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    """Every other mistake is an error with file, line and key, and says what to do."""
    error = complaint(tmp_path, SMALL.replace(old, new))
    assert f"compose.yaml:{line}: " in error.message
    assert message in error.message
    assert error.next_step


def test_all_mistakes_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    """Somebody who made four mistakes sees four lines."""
    text = SMALL.replace(
        "image: web:1", "image: web:1\n    restart: always\n    comand: x\n    init: perhaps"
    )
    error = complaint(tmp_path, text.replace("  port: 80", ""))
    assert len(error.message.splitlines()) == 4
    assert "did you mean command?" in error.next_step
    unset = complaint(tmp_path, SMALL.replace("web:1", "${A}:${B}\n    user: ${C}"))
    assert len(unset.message.splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a compose file needs a mapping `services`"),
        ("- a\n- b\n", "a compose file needs a mapping `services`"),
        ("services: {}\n", "a compose file needs a mapping `services`"),
        ("services:\n  web: 5\nx-lab: {service: web, port: 80}\n", "services.web"),
        ("services: {web: {image: x}}\n", "x-lab: this key is required"),
        ("services:\n  web: [\n", "compose.yaml:3: not valid YAML"),
        ("services:\n\t- a\n", "compose.yaml:2: not valid YAML"),
        ("a: !!python/object:os.system x\n", "not valid YAML"),
        ("services: &a [*a]\n", "nested too deeply"),
        ("a: \x00\n", "cannot be read"),
    ],
)
def test_files_that_are_no_compose_files(tmp_path: Path, text: str, message: str) -> None:
    """Text that is no compose file, or no YAML at all, is an error that says so."""
    assert message in complaint(tmp_path, text).message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere is named."""
    with pytest.raises(ConfigError, match=r"absent\.yaml: there is no such file"):
        load_compose(tmp_path / "absent.yaml", {})


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    """A file in another encoding is an error, not a crash."""
    path = tmp_path / "compose.yaml"
    path.write_bytes(b"services: \xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_compose(path, {})
