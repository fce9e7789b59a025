"""Models in files: which entries of ollama.models are paths, and whether their files are whole."""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lab.engines.modelserver.gguf import BadGguf, read_gguf
from lab.errors import ConfigError

OWN: Final = "lab/"  # all models that the lab makes on a server are below this name
CONFIG: Final = "configs/lab.yaml"
_OF_A_HUB: Final = re.compile(r"^(hf\.co|huggingface\.co)/", re.IGNORECASE)
_BESIDE: Final = frozenset({".json", ".txt", ".model"})
_CHUNK: Final = 1 << 20
Hashed = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class FileModel:
    """A model in files: where it lies, its files by the names they are sent under, and its architecture."""

    key: str
    path: Path
    files: Mapping[str, Path]
    architecture: str
    context: int | None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self.files.values())


def path_of(text: str, root: Path) -> Path | None:
    """The path that an entry names, below `root` if it is relative; None if it is a model's name.

    A path ends in .gguf, or begins with `/`, `./`, `../` or `~`, or is a folder with safetensors.
    """
    if _OF_A_HUB.match(text):
        return None
    path = Path(
        os.path.normpath(root / Path(text).expanduser())
    )  # a link's own name says more than its target's
    plain = text.lower().endswith(".gguf") or text.startswith(("/", "./", "../", "~"))
    return path if plain or any(_weights(path)) else None


def read_files(key: str, text: str, root: Path) -> FileModel | None:
    """The model that the entry `text` of `key` names by a path, its files found whole; None for a name.

    ConfigError names the key, the file and what is wrong with it.
    """
    path = path_of(text, root)
    if path is None:
        return None
    try:
        if path.is_dir():
            return _safetensors(key, path)
        gguf = read_gguf(path)
    except (BadGguf, _Bad) as exc:
        raise _wrong(key, path, str(exc)) from exc
    except OSError as exc:
        raise _wrong(key, path, (exc.strerror or str(exc)).lower()) from exc
    if (parts := gguf.value("split.count")) and parts > 1:
        raise _wrong(key, path, f"it is one of {parts} parts (llama-gguf-split --merge makes one of them)")
    if not gguf.architecture:
        raise _wrong(key, path, "it names no architecture")
    return FileModel(key, path, {path.name: path}, gguf.architecture, gguf.context)


def digests(model: FileModel, hashed: Hashed = lambda _: None) -> dict[str, str]:
    """The SHA-256 of each file, as `sha256:…`; `hashed` is told of bytes as they are read."""
    return {name: f"sha256:{_digest(path, hashed)}" for name, path in model.files.items()}


def own_name(model: FileModel, found: Mapping[str, str]) -> str:
    """The name that a model of files is served by: `lab/`, its stem, and 8 digits of its digest."""
    stem = model.path.stem if model.path.is_file() else model.path.name
    clean = re.sub(r"[^a-z0-9._-]+", "-", stem.lower()).strip("-._")[:60] or "model"
    # Names count too: what is in a folder decides what is made of it.
    whole = hashlib.sha256(json.dumps(sorted(found.items())).encode()).hexdigest()
    content = next(iter(found.values())).removeprefix("sha256:") if len(found) == 1 else whole
    return f"{OWN}{clean}-{content[:8]}"


def is_own(name: str) -> bool:
    """Whether a model bears a name that the lab gives; others below `lab/` are somebody else's."""
    return re.fullmatch(rf"{OWN}.+-[0-9a-f]{{8}}(:latest)?", name) is not None


class _Bad(ValueError):
    """A folder is no model, or not a whole one."""


def _wrong(key: str, path: Path, what: str) -> ConfigError:
    return ConfigError(
        f"{CONFIG}: {key}: {path}: {what}",
        next_step="name a whole GGUF file, a folder of safetensors with a config.json, or a model's name",
    )


def _digest(path: Path, hashed: Hashed) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            hashed(len(chunk))
    return digest.hexdigest()


def _weights(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("*.safetensors")) if folder.is_dir() else ()


def _safetensors(key: str, folder: Path) -> FileModel:
    weights = list(_weights(folder))
    if not weights:
        ggufs = sorted(path.name for path in folder.glob("*.gguf"))
        hint = f"; it has {ggufs[0]}: name that file" if ggufs else ""
        raise _Bad(f"the folder has no *.safetensors{hint}")
    config = _object(folder / "config.json")
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        named = sorted({str(name) for name in dict(_object(index).get("weight_map") or {}).values()})
        if missing := [name for name in named if not (folder / name).is_file()]:
            raise _Bad(f"{index.name} names {missing[0]}, which is not there")
        weights = [folder / name for name in named] or weights
    for path in weights:
        _whole(path)
    beside = [path for path in folder.iterdir() if path.suffix in _BESIDE and path.is_file()]
    # Layers behind the model, such as the pooling of an embedding, have folders of their own: 1_Pooling.
    layers = [path for path in folder.glob("[0-9]*_*/config.json") if path.is_file()]
    files = {path.relative_to(folder).as_posix(): path for path in sorted([*beside, *layers, *weights])}
    listed = config.get("architectures")
    architecture = listed[0] if isinstance(listed, list) and listed else config.get("model_type")
    context = config.get("max_position_embeddings")
    return FileModel(
        key, folder, files, str(architecture or ""), context if isinstance(context, int) else None
    )


def _object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError as exc:
        raise _Bad(f"the folder has no {path.name}") from exc
    except ValueError as exc:
        raise _Bad(f"{path.name} is no JSON") from exc
    if not isinstance(found, dict):
        raise _Bad(f"{path.name} is no JSON object")
    return found


def _whole(path: Path) -> None:
    """Hold what the header of a safetensors file says against its size: length, JSON with offsets, data."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= size - 8:
            raise _Bad(f"{path.name} is no safetensors file, or cut off within its header")
        try:
            header = json.loads(file.read(length))
            tensors = [value for name, value in header.items() if name != "__metadata__"]
            end = 8 + length + max((int(tensor["data_offsets"][1]) for tensor in tensors), default=0)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as exc:
            raise _Bad(f"{path.name} is no safetensors file: its header is no JSON with offsets") from exc
    if end > size:
        raise _Bad(f"{path.name} is cut off: its tensors end at byte {end:,}, the file at {size:,}")
