"""Runs that a visitor brings along: a metrics.csv, or the folder of a run as a zip."""

from __future__ import annotations

import lzma
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from core.errors import FramemoodError, RecordError
from core.records.store import read_metrics

FILES: Final = (
    "metrics.csv",
    "emotions.csv",
    "incidents.json",
    "summary.json",
    "report.html",
    "annotated.mp4",
)
"""What is taken out of a zip, and what may be taken home; everything else stays."""

SUFFIXES: Final = (".csv", ".zip")

_CHUNK: Final = 1 << 20
_NEEDED: Final = ("quality_score", "fps", "ocr_confidence")


class DropError(FramemoodError):
    """What a visitor brought is no run.

    Parameters
    ----------
    key : str
        Of the page's text that says so, without "quality.error_".
    name : str
        Of the file.
    """

    def __init__(self, key: str, name: str) -> None:
        super().__init__(f"{name}: {key}")
        self.key, self.name = key, name


def unpack(path: Path, name: str, into: Path, most_mb: int) -> None:
    """Put the files of a run that was brought along into a folder of its own.

    Parameters
    ----------
    path : Path
        The upload.
    name : str
        What the visitor calls it.
    into : Path
        An empty directory.
    most_mb : int
        Most that it may unpack to, MB.

    Raises
    ------
    DropError
        Where it is no run: "kind", "damaged", "no_metrics", "too_large",
        "several_runs", "no_rows" or "gone".
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise DropError("kind", name)
    try:
        if suffix == ".csv":
            shutil.copyfile(path, into / "metrics.csv")
        else:
            _unzip(path, name, into, most_mb)
    except FileNotFoundError as error:
        raise DropError("gone", name) from error
    _check(into, name)


def _unzip(path: Path, name: str, into: Path, most_mb: int) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            tables = [each for each in archive.namelist() if _leaf(each) == "metrics.csv"]
            if not tables:
                raise DropError("no_metrics", name)
            # The files beside the table that lies least deep.
            table = min(tables, key=lambda each: (each.count("/"), each))
            folder = table[: -len("metrics.csv")]
            left = most_mb * 1_000_000
            for file in FILES:
                if folder + file not in archive.namelist():
                    continue
                # Counted while it is written: what a zip says of its sizes may be untrue.
                with archive.open(folder + file) as source, (into / file).open("wb") as target:
                    while chunk := source.read(_CHUNK):
                        left -= len(chunk)
                        if left < 0:
                            raise DropError("too_large", name)
                        target.write(chunk)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        # RuntimeError is what zipfile raises for a password, NotImplementedError for a method.
        raise DropError("damaged", name) from error


def _check(directory: Path, name: str) -> None:
    try:
        rows = read_metrics(directory, ("run_id", "time_s", *_NEEDED))
    except RecordError as error:
        raise DropError("no_metrics", name) from error
    if not rows["time_s"].notna().any() or not rows[list(_NEEDED)].notna().any(axis=None):
        raise DropError("no_rows", name)
    if rows["run_id"].nunique() > 1:
        raise DropError("several_runs", name)


def _leaf(name: str) -> str:
    return PurePosixPath(name).name
