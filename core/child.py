"""Modules of this program run in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]


def child_environment() -> dict[str, str]:
    """The environment of this process, in which a child finds this program from anywhere."""
    paths = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(_ROOT), *paths])}


def ask_child(
    module: str, question: str, longest_s: float, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Put a question to a module in a process that may die of it, and wait for the answer.

    The module's ``main`` takes the question from stdin, limits itself and answers on stdout.

    Parameters
    ----------
    module : str
        Its full name.
    question : str
        Handed over on stdin: every user of the machine sees arguments.
    longest_s : float
        It is ended after this, s.
    environment : mapping of str to str, optional
        All that it sees; that of this process by default.

    Raises
    ------
    subprocess.TimeoutExpired
        Where it was ended.
    """
    return subprocess.run(  # noqa: S603 (a module of this program itself)
        [sys.executable, "-m", module],
        input=question,
        env=environment,
        cwd=_ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=longest_s,
        check=False,
    )


def limit_itself(memory_bytes: int, cpu_s: int, *, writes: bool) -> None:
    """Set limits to this process, where the system has them; for a child only.

    Parameters
    ----------
    memory_bytes : int
        Address space.
    cpu_s : int
        Processor time, s.
    writes : bool
        Whether it may write files.
    """
    try:
        import resource  # noqa: PLC0415 (not on Windows)
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not writes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
