"""Installs of the host engine: keys, changes to a manifest, what is not in a lock, and clear errors."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from lab.compose.file import load_compose
from lab.engines.ending import Ending
from lab.engines.host.install import Installer
from lab.engines.host.job import Job
from lab.engines.host.npm import merged, unlocked_packages
from lab.engines.host.slot import bound
from lab.errors import ConfigError, InstallError

COMPOSE = """
services:
  it: {{image: none}}
x-lab:
  service: it
  port: 8000
  {package}
  host: {host}
"""
NPM_PACKAGE = (
    "package: {registry: npm, name: it, version: '1.0.0', variable: IT_PACKAGE, image_variable: IT_IMAGE}"
)


def compose_file(folder: Path, host: str, package: str = "") -> Path:
    """A compose folder with one service."""
    folder.mkdir(exist_ok=True)
    path = folder / "compose.yaml"
    path.write_text(COMPOSE.format(host=host, package=package), "utf-8")
    return path


def provide(tmp_path: Path, path: Path, env: Mapping[str, str] | None = None) -> object:
    """Install what a compose file asks for into a cache below `tmp_path`."""
    env = {"PATH": os.environ["PATH"], **(env or {})}
    installer = Installer(tmp_path / "cache", env, None, Ending())
    return installer.provide(load_compose(path, env), env, lambda _: None)


def fake_program(folder: Path, name: str, script: str) -> Path:
    """A program for a search path of its own."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(0o755)
    return folder


def job(tmp_path: Path, **env: str) -> Job:
    """An install into `tmp_path`."""
    compose = load_compose(compose_file(tmp_path / "it", "{kind: npm, command: [x]}"), {})
    env = {"PATH": os.environ["PATH"], **env}
    return Job(compose, None, tmp_path, tmp_path / "log", env, None, lambda _: None, Ending(), set())


def test_a_manifest_is_merged_key_by_key_and_none_removes() -> None:
    """Only what is named changes."""
    data = {"name": "x", "dependencies": {"a": "1.0.0", "b": "^2.0.0", "c": "*"}}
    changes = {"dependencies": {"a": "^1.0.0", "b": None, "absent": None}}
    assert merged(data, changes) == {"name": "x", "dependencies": {"a": "^1.0.0", "c": "*"}}
    assert data["dependencies"] == {"a": "1.0.0", "b": "^2.0.0", "c": "*"}


def test_packages_that_are_not_in_the_lock_are_named(tmp_path: Path) -> None:
    """A development build may bring a dependency that nobody locked."""
    lock = tmp_path / "package-lock.json"
    lock.write_text(json.dumps({"packages": {"": {}, "node_modules/a": {"version": "1.0.0"}}}), "utf-8")
    tree = {
        "node_modules/a": {"version": "1.0.0"},
        "node_modules/it": {"version": "9.0.0"},
        "node_modules/b": {"version": "2.0.0"},
    }
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / ".package-lock.json").write_text(json.dumps({"packages": tree}), "utf-8")
    assert unlocked_packages(tmp_path, lock, "it") == ("b 2.0.0",)
    tree["node_modules/a"]["version"] = "1.0.1"
    (tmp_path / "node_modules" / ".package-lock.json").write_text(json.dumps({"packages": tree}), "utf-8")
    assert unlocked_packages(tmp_path, lock, "it") == ("a 1.0.1", "b 2.0.0")


def test_a_compose_file_without_a_host_block_says_what_to_do(tmp_path: Path) -> None:
    """Some systems can only be started by Docker."""
    path = tmp_path / "compose.yaml"
    path.write_text("services: {it: {image: none}}\nx-lab: {service: it, port: 80}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"x-lab\.host is missing") as caught:
        provide(tmp_path, path)
    assert "--engine docker" in caught.value.next_step


def test_a_missing_lock_file_is_named(tmp_path: Path) -> None:
    """The message holds file and key."""
    path = compose_file(tmp_path / "it", "{kind: venv, lock: nothing.txt, command: [x]}", NPM_PACKAGE)
    with pytest.raises(ConfigError, match=r"compose\.yaml: x-lab\.host\.lock: .*nothing\.txt"):
        provide(tmp_path, path)


def test_an_image_cannot_replace_a_process(tmp_path: Path) -> None:
    """A replaced image is never silently left out."""
    path = compose_file(tmp_path / "it", "{kind: command, command: [sh]}", NPM_PACKAGE)
    with pytest.raises(InstallError, match="IT_IMAGE=vendor/it:2: the host engine starts no images"):
        provide(tmp_path, path, {"IT_IMAGE": "vendor/it:2"})


def test_a_program_that_is_not_there_gets_the_compose_files_hint(tmp_path: Path) -> None:
    """The next step is the system's own."""
    host = "{kind: path, command: [no-such-program, serve], install: {hint: get it from its vendor}}"
    with pytest.raises(InstallError, match="no-such-program is not on the search path") as caught:
        provide(tmp_path, compose_file(tmp_path / "it", host))
    assert caught.value.next_step == "get it from its vendor"


def npm_folder(tmp_path: Path) -> Path:
    """A compose folder with an npm recipe."""
    path = compose_file(
        tmp_path / "it", "{kind: npm, lock: package-lock.json, command: [node, x.js]}", NPM_PACKAGE
    )
    for name in ("package.json", "package-lock.json"):
        (path.parent / name).write_text('{"packages": {}}', "utf-8")
    return path


def test_a_machine_without_node_is_told_what_to_install(tmp_path: Path) -> None:
    """No traceback, no log to read: Node is missing."""
    empty = tmp_path / "bin"
    empty.mkdir()
    with pytest.raises(InstallError, match="node is not on the search path") as caught:
        provide(tmp_path, npm_folder(tmp_path), {"PATH": str(empty)})
    assert "Node.js 20" in caught.value.next_step


def test_an_old_node_is_told_apart_from_a_missing_one(tmp_path: Path) -> None:
    """The version found is part of the message."""
    programs = fake_program(tmp_path / "bin", "node", "echo v18.20.4")
    with pytest.raises(InstallError, match=r"Node\.js is too old: v18\.20\.4"):
        provide(tmp_path, npm_folder(tmp_path), {"PATH": f"{programs}:/usr/bin:/bin"})


def test_a_failed_install_leaves_nothing_behind_and_shows_the_end_of_its_log(tmp_path: Path) -> None:
    """The next run starts from nothing, not from half a tree."""
    fake_program(tmp_path / "bin", "node", "echo v22.0.0")
    fake_program(tmp_path / "bin", "npm", "echo 'E404 not in this registry'; exit 1")
    env = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    with pytest.raises(InstallError, match=r"locked packages failed \(exit code 1\)") as caught:
        provide(tmp_path, npm_folder(tmp_path), env)
    assert "E404 not in this registry" in caught.value.log_tail
    assert not [p for p in (tmp_path / "cache").iterdir() if p.is_dir()]


def test_a_missing_compiler_is_noticed_before_anything_is_downloaded(tmp_path: Path) -> None:
    """Minutes of download must not end in `make: not found`."""
    path = npm_folder(tmp_path)
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("command: [node, x.js]", "command: [x], install: {rebuild: [native]}"), "utf-8"
    )
    fake_program(tmp_path / "bin", "node", "echo v22.0.0")
    fake_program(tmp_path / "bin", "npm", "exit 0")
    with pytest.raises(InstallError, match=r"this machine has no python3, make, g\+\+"):
        provide(tmp_path, path, {"PATH": str(tmp_path / "bin")})


def test_installers_get_mirrors_and_proxies_but_no_keys(tmp_path: Path) -> None:
    """Install scripts are strangers' code."""
    env = job(
        tmp_path, PIP_INDEX_URL="https://mirror", npm_config_registry="https://npm", https_proxy="http://p",
        OPENAI_API_KEY="sk-secret", GITHUB_TOKEN="secret", HOME="/home/somebody",
    ).environment()  # fmt: skip
    assert env["PIP_INDEX_URL"] == "https://mirror"
    assert env["npm_config_registry"] == "https://npm"
    assert env["https_proxy"] == "http://p"
    assert env["HOME"] == "/home/somebody"
    assert not {"OPENAI_API_KEY", "GITHUB_TOKEN"} & env.keys()


def test_a_stopped_install_ends_at_once(tmp_path: Path) -> None:
    """Ctrl-C during minutes of compiling does not wait for the compiler."""
    running = job(tmp_path)
    timer = threading.Timer(0.3, running.ending.begin)
    timer.start()
    with pytest.raises(InstallError, match="sleeping was stopped"):
        running.run("sleeping", ["sleep", "60"])
    timer.join()
    assert running.running == set()


def test_nothing_is_installed_after_the_end(tmp_path: Path) -> None:
    """A thread that comes late starts nothing that nobody would end."""
    late = job(tmp_path)
    late.ending.begin()
    with pytest.raises(InstallError, match="touching was stopped"):
        late.run("touching", ["touch", str(tmp_path / "made")])
    assert not (tmp_path / "made").exists()


def test_the_meter_is_bound_to_the_engines_address_and_port() -> None:
    """Whatever its configuration says for containers, the host's meter is not reachable from outside."""
    config = json.loads(
        bound('{"token": "secret-token", "host": "0.0.0.0", "port": 9700}', "127.0.0.1", 4711)
    )
    assert config == {"token": "secret-token", "host": "127.0.0.1", "port": 4711}
    with pytest.raises(ConfigError, match="LAB_METER_CONFIG is not a JSON object"):
        bound("[]", "127.0.0.1", 1)
