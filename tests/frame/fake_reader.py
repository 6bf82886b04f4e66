"""Speaks as the text reader does, without a network: the text is the first pixel's blue.

Blue 255 kills it, 254 makes it print rubbish; at 253 it tells the canvas and says that it was
slow, at 252 that it was fast; ``--cannot`` lets it fail to load.
"""

from __future__ import annotations

import json
import os
import struct
import sys

HEADER = struct.Struct(">III")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    if "--cannot" in sys.argv:
        say(json.dumps({"error": "no weights"}))
        return
    say(json.dumps({"ready": True}))
    while header := sys.stdin.buffer.read(HEADER.size):
        height, width, canvas = HEADER.unpack(header)
        blue = sys.stdin.buffer.read(height * width * 3)[0]
        if blue == 255:
            sys.stderr.write("out of memory\n")
            sys.stderr.flush()
            os._exit(9)
        if blue == 254:
            say("rubbish")
            continue
        if blue in (252, 253):
            line = [f"canvas {canvas}", 0.5, 1.0, 2.0, 3.0, 4.0]
            say(json.dumps({"lines": [line], "took_ms": 5000.0 if blue == 253 else 1.0}))
            continue
        line = [f"n{blue}", 0.5, 1.0, 2.0, 3.0, 4.0]
        say(json.dumps({"lines": [line], "took_ms": 1.0}))


main()
