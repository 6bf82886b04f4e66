"""Start and memory of the app beside a trivial Gradio app, in one run.

    python -m benchmarks.startup [--rounds 3]

Both are started as processes of their own; the clock stops when the first page is
answered. Memory is the resident set after that, its worker processes included.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Final

import psutil

LIMIT_RATIO: Final = 1.5
LIMIT_MB: Final = 450
WAIT_S: Final = 120
_TRIVIAL: Final = """
import sys, gradio as gr
with gr.Blocks() as page:
    gr.Textbox()
page.launch(server_port=int(sys.argv[1]), ssr_mode=False, quiet=True)
"""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start(command: list[str], port: int) -> tuple[float, float]:
    """Seconds to the first page and MB resident afterwards."""
    environment = os.environ | {"GRADIO_ANALYTICS_ENABLED": "False"}
    begun_s = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                    page.read()
                break
            except (urllib.error.URLError, OSError) as error:
                if time.perf_counter() - begun_s > WAIT_S or process.poll() is not None:
                    raise SystemExit(f"{command[1]} did not answer: {error}") from error
                time.sleep(0.02)
        took_s = time.perf_counter() - begun_s
        time.sleep(5)  # models load in the background
        whole = psutil.Process(process.pid)
        resident = sum(each.memory_info().rss for each in (whole, *whole.children(recursive=True)))
    finally:
        process.terminate()
        process.wait(20)
    return took_s, resident / 1e6


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    found: dict[str, list[tuple[float, float]]] = {"trivial Gradio app": [], "framemood": []}
    for _ in range(rounds):
        port = free_port()
        found["trivial Gradio app"].append(start([sys.executable, "-c", _TRIVIAL, str(port)], port))
        port = free_port()
        found["framemood"].append(start([sys.executable, "app.py", "--port", str(port)], port))
    print("| app | first page, s | resident, MB |\n| --- | --- | --- |")
    for name, runs in found.items():
        seconds = statistics.median(took for took, _ in runs)
        print(f"| {name} | {seconds:.2f} | {statistics.median(mb for _, mb in runs):.0f} |")
    ratio = statistics.median(
        ours[0] / theirs[0]
        for ours, theirs in zip(found["framemood"], found["trivial Gradio app"], strict=True)
    )
    memory = max(mb for _, mb in found["framemood"])
    print(f"\nFirst page {ratio:.2f} x the trivial app (limit {LIMIT_RATIO}), ", end="")
    print(f"memory {memory:.0f} MB (limit {LIMIT_MB}).")


if __name__ == "__main__":
    main()
