"""Which weights the program knows, where they lie, and whether they are what they should be.

``models/manifest.json`` names each file with its size and SHA-256. Nothing is
opened before both were checked, and nothing is ever unpickled: every file is
ONNX. Weights of our own lie beside the manifest, fetched ones in
``Settings.models_dir``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from core.errors import ModelError
from core.settings import Settings

MANIFEST: Final = Path(__file__).with_name("manifest.json")

_CHUNK_BYTES: Final = 1 << 20
_TEXTS: Final = ("file", "sha256", "licence", "source", "url", "input", "output")
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*\.onnx")
_SHA256: Final = re.compile(r"[0-9a-f]{64}|")

_verified: set[tuple[str, int, int, str]] = set()
_verified_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the manifest.

    Parameters
    ----------
    name : str
        What ``resolve`` and the command line call it.
    file : str
        Name of the ONNX file, without a folder.
    size_bytes : int
        Its size.
    sha256 : str
        64 hexadecimal digits; empty until the file is sealed.
    licence : str
        Terms of the weights.
    source : str
        Where they come from.
    url : str
        Where they are fetched from; empty for those that ship with the program.
    input, output : str
        Names, shapes, types and ranges.
    measured : mapping of str to float
        Accuracy and cost by what was measured.
    """

    name: str
    file: str
    size_bytes: int
    sha256: str
    licence: str
    source: str
    url: str
    input: str
    output: str
    measured: Mapping[str, float]

    @property
    def is_fetched(self) -> bool:
        """Whether a person must fetch it; the others ship with the program."""
        return bool(self.url)

    @property
    def mend(self) -> str:
        """What to do where the file is missing or damaged."""
        if self.is_fetched:
            return f"run: python -m models fetch {self.name}"
        return f"install the program again, or train it and run: python -m models seal {self.name}"


class Registry:
    """The models of one manifest.

    Parameters
    ----------
    manifest : Path
        A JSON file; weights that ship lie in its folder.

    Raises
    ------
    ModelError
        Where the manifest cannot be read or an entry is not complete.
    """

    def __init__(self, manifest: Path = MANIFEST) -> None:
        self._manifest = manifest
        self._models = {
            name: _model(name, entry) for name, entry in _read_manifest(manifest).items()
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all models, in the order of the manifest."""
        return tuple(self._models)

    def model(self, name: str) -> Model:
        """Look up one model.

        Raises
        ------
        ModelError
            Where the name is not in the manifest.
        """
        if name not in self._models:
            raise ModelError(f"model {name!r} is not known; choose one of {', '.join(self.names)}")
        return self._models[name]

    def path(self, name: str, settings: Settings) -> Path:
        """Where the file of a model lies, or will lie once fetched."""
        model = self.model(name)
        folder = settings.models_dir if model.is_fetched else self._manifest.parent
        return folder / model.file

    def resolve(self, name: str, settings: Settings) -> Path:
        """Give the path of a model's file, checked against its size and SHA-256.

        A file that was checked is hashed again only after it has changed on disk.

        Parameters
        ----------
        name : str
            One of ``names``.
        settings : Settings
            ``models_dir`` is where fetched models lie.

        Returns
        -------
        Path
            An existing file with exactly the bytes that the manifest names.

        Raises
        ------
        ModelError
            Where the name is not known, or the file is missing or damaged.
        """
        path = self.path(name, settings)
        check(self.model(name), path)
        return path

    def seal(self, name: str, measured: Mapping[str, float] | None = None) -> Model:
        """Write size and SHA-256 of a shipped model's file into the manifest.

        Parameters
        ----------
        name : str
            A model that ships with the program.
        measured : mapping of str to float, optional
            Takes the place of the entry's figures.

        Returns
        -------
        Model
            The entry as it is now.

        Raises
        ------
        ModelError
            Where the model is a fetched one, whose digest is its authors', or
            its file is missing.
        """
        model = self.model(name)
        if model.is_fetched:
            raise ModelError(f"model {name!r} is fetched, its digest is fixed; seal only our own")
        entries = _read_manifest(self._manifest)
        entries[name].update(describe(self._manifest.parent / model.file))
        if measured is not None:
            entries[name]["measured"] = dict(measured)
        sealed = _model(name, entries[name])
        partial = self._manifest.with_name(f"{self._manifest.name}.{os.getpid()}.part")
        partial.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", "utf-8")
        partial.replace(self._manifest)
        self._models[name] = sealed
        return sealed


def resolve(name: str, settings: Settings) -> Path:
    """Give the checked path of a model of the program's own manifest; see ``Registry.resolve``."""
    return _registry(MANIFEST.stat().st_mtime_ns).resolve(name, settings)


@lru_cache(maxsize=1)
def _registry(_changed_ns: int) -> Registry:
    return Registry()


def describe(path: Path) -> dict[str, int | str]:
    """Size and SHA-256 of a file, as the manifest writes them.

    Raises
    ------
    ModelError
        Where the file cannot be read.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror}; check the file") from error
    return {"size_bytes": size, "sha256": digest.hexdigest()}


def check(model: Model, path: Path) -> None:
    """Make sure that a file is what the manifest says of it.

    Parameters
    ----------
    model : Model
        What it should be.
    path : Path
        Where it lies.

    Raises
    ------
    ModelError
        Where it is missing, was never sealed, or differs in size or SHA-256.
    """
    if not model.sha256:
        raise ModelError(
            f"model {model.name!r} has no digest yet; run: python -m models seal {model.name}"
        )
    try:
        status = path.stat()
    except OSError as error:
        raise ModelError(f"model {model.name!r} is not here ({path.name}); {model.mend}") from error
    if status.st_size != model.size_bytes:
        raise ModelError(
            f"model {model.name!r} is damaged: {path.name} has {status.st_size:,} of "
            f"{model.size_bytes:,} bytes; {model.mend}"
        )
    key = (str(path), status.st_mtime_ns, status.st_size, model.sha256)
    with _verified_lock:
        if key in _verified:
            return
    if describe(path)["sha256"] != model.sha256:
        raise ModelError(
            f"model {model.name!r} is damaged: the SHA-256 of {path.name} is not the one in the "
            f"manifest; {model.mend}"
        )
    with _verified_lock:
        _verified.add(key)


def _read_manifest(path: Path) -> dict[str, dict[str, Any]]:
    try:
        entries = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path.name} cannot be read; install the program again") from error
    if not isinstance(entries, dict) or not all(isinstance(e, dict) for e in entries.values()):
        raise ModelError(f"{path.name} holds no models by name; install the program again")
    return entries


def _model(name: str, entry: Mapping[str, Any]) -> Model:
    texts = {key: entry.get(key) for key in _TEXTS}
    size, measured = entry.get("size_bytes"), entry.get("measured", {})
    wrong = [key for key, value in texts.items() if not isinstance(value, str)]
    if not isinstance(size, int) or size < 0:
        wrong.append("size_bytes")
    if not isinstance(measured, dict):
        wrong.append("measured")
    # A name with a folder in it could point anywhere on the disk.
    if not wrong and not _FILE_NAME.fullmatch(str(texts["file"])):
        wrong.append("file")
    if not wrong and not _SHA256.fullmatch(str(texts["sha256"])):
        wrong.append("sha256")
    if wrong:
        raise ModelError(f"manifest entry {name!r}: {', '.join(wrong)} missing or wrong; mend it")
    return Model(name=name, size_bytes=int(size or 0), measured=measured, **texts)  # type: ignore[arg-type]
