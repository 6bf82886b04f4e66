"""A first look at a stranger's file, in a process that may die of it.

FFmpeg is a million lines of C that read what anyone may write. Decoding a whole
video apart from the analysis would copy every frame between processes and halve
the throughput; most files made to crash or to fill the memory do so in their
headers or first frames. So those are decoded once in a process with little memory
and time, and only a file that passes is opened here.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Final

from core.child import ask_child, limit_itself
from core.errors import SourceError

LONGEST_S: Final = 60.0
LONGEST_CPU_S: Final = 30
MEMORY_BYTES: Final = 3 * 1024**3
"""Address space, of which loading the libraries takes most; 40 megapixels decode within it."""

FIRST_FRAMES: Final = 30


def probe(path: Path, name: str) -> None:
    """See whether the beginning of a file can be decoded.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What messages call it.

    Raises
    ------
    SourceError
        Where it cannot be read, or reading it takes too much.
    """
    try:
        done = ask_child("core.frame.probe", f"{path.absolute()}\0{name}", LONGEST_S)
    except subprocess.TimeoutExpired as error:
        raise SourceError(
            f"{name}: its beginning cannot be read within {LONGEST_S:.0f} s; "
            "convert it to H.264 in mp4"
        ) from error
    if done.returncode == 0:
        return
    if done.returncode == 1 and done.stdout.strip():
        raise SourceError(done.stdout.strip().splitlines()[0])
    raise SourceError(
        f"{name}: its beginning cannot be decoded, it is damaged or made to do harm; "
        "export it again as H.264 in mp4"
    )


def main() -> int:
    """Decode the first frames of the file that stdin names; the child's side of ``probe``."""
    path, _, name = sys.stdin.read().partition("\0")
    limit_itself(MEMORY_BYTES, LONGEST_CPU_S, writes=False)
    # Late: they have to be loaded within the limits too.
    from core.frame.sources import open_source  # noqa: PLC0415

    try:
        with open_source(Path(path)) as source:
            for _ in islice(source, FIRST_FRAMES):
                pass
    except SourceError as error:
        sys.stdout.write(str(error).replace(path, name))
        return 1
    except MemoryError:
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
