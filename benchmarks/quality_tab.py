"""The Quality tab over a day: how long 24 h of 1 Hz records take to open, against its limit.

    python -m benchmarks.quality_tab [--browser] [--json FILE]

Reads, sums up and thins a made-up record of 86,400 rows with faces and text as the tab does;
with ``--browser`` also opens it in Chromium (``CHROMIUM`` names another than
/usr/bin/chromium), from the choice of the run to all charts drawn.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.films import least
from core.records.columns import EMOTION_COLUMNS, METRIC_COLUMNS
from core.records.store import RUN_FILE, RUNS, RunInfo
from core.settings import Settings
from core.types import EMOTIONS
from ui.quality_data import run_json
from ui.quality_rows import read_run

ROWS = 86_400
LIMIT_S = 2.0
RUN_ID = "20260301-000000-day"
KINDS = ("freeze", "defocused", "noise_burst", "black")
RUNS_TIMED = 3


def write_day(records_dir: Path, rows: int = ROWS) -> Path:
    """Write a recorded run of a day at 1 Hz: a day and a night, a face now and then, text."""
    rng = np.random.default_rng(0)
    hour = np.arange(rows) / 3600.0
    light = np.clip(0.5 + 0.45 * np.cos((hour - 13.0) / 24.0 * 2 * np.pi), 0.05, 1.0)
    quality = np.clip(0.35 + 0.5 * light + 0.05 * rng.standard_normal(rows), 0.0, 1.0)
    noise = np.clip(0.5 - 0.45 * light + 0.02 * rng.standard_normal(rows), 0.0, 1.0)
    text = np.clip(quality + 0.1 * rng.standard_normal(rows), 0.0, 1.0)
    began = datetime(2026, 3, 1, tzinfo=UTC)
    directory = records_dir / RUNS / RUN_ID
    directory.mkdir(parents=True)
    with (directory / "metrics.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, METRIC_COLUMNS, restval="")
        out.writeheader()
        for row in range(rows):
            out.writerow(
                {
                    "run_id": RUN_ID,
                    "index": row,
                    "time_s": float(row),
                    "status": "ok",
                    "blur_score": round(0.9 - 0.8 * quality[row], 5),
                    "brightness": round(220 * light[row], 3),
                    "noise_level": round(noise[row], 5),
                    "change": 0.01,
                    "is_frozen": 0,
                    "quality_score": round(quality[row], 5),
                    "faces": row % 3 == 0,
                    "fps": round(24 + rng.standard_normal(), 2),
                    "latency_ms": 12.5,
                    "cpu_percent": 31.0,
                    "memory_percent": 40.0,
                    "rss_mb": 612.0,
                    "ocr_text": "GATE 4 12:00:00",
                    "ocr_confidence": round(text[row], 4),
                    "ocr_boxes_px": "10 20 300 40",
                    "risk_now": round(1 - quality[row], 4),
                    "risk_within_30_s": round(1 - quality[row] ** 2, 4),
                    "wall_time_utc": (began + timedelta(seconds=row)).isoformat(),
                }
            )
    with (directory / "emotions.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, EMOTION_COLUMNS, restval="")
        out.writeheader()
        for row in range(0, rows, 3):
            out.writerow(
                {
                    "run_id": RUN_ID,
                    "index": row,
                    "time_s": float(row),
                    "face_id": 1,
                    "emotion": "neutral",
                    "confidence": 0.7,
                    "trust": round(float(np.clip(quality[row] - 0.1, 0, 1)), 4),
                    **dict.fromkeys(EMOTIONS, round(1 / 7, 6)),
                    "wall_time_utc": (began + timedelta(seconds=row)).isoformat(),
                }
            )
    incidents = [
        {"kind": KINDS[number % 4], "onset_s": onset, "end_s": onset + 60.0, "severity": 0.5}
        for number, onset in enumerate(np.linspace(900, rows - 900, 60).round(1).tolist())
    ]
    (directory / "incidents.json").write_text(json.dumps(incidents), "utf-8")
    info = RunInfo(
        RUN_ID, "live", "gate", began.isoformat(), rows, float(rows), 0.6, directory, "done"
    )
    (directory / RUN_FILE).write_text(json.dumps(info.as_dict()), "utf-8")
    return directory


def in_browser(settings: Settings) -> float:
    """From choosing the run to all its charts drawn in Chromium, s; the least of several."""
    from playwright.sync_api import sync_playwright

    from ui.page import build

    blocks, options = build(settings)
    _, address, _ = blocks.launch(
        server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, **options
    )
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        for _ in range(RUNS_TIMED):
            page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-US")
            page.set_default_timeout(60_000)
            page.goto(address)
            page.locator("#fm-tab-quality-button, [role=tab]").filter(has_text="Quality").click()
            page.locator("#fmq-board .fm-empty").wait_for()
            page.locator("#fmq-runs input").click()
            option = page.get_by_role("option").first
            option.wait_for()
            page.wait_for_timeout(1000)
            start = time.perf_counter()
            option.click()
            page.wait_for_function(
                "document.querySelectorAll('.fmq-plot .main-svg, .fmq-dots .main-svg').length >= 9",
                polling=20,
            )
            times.append(time.perf_counter() - start)
            page.close()
        browser.close()
    blocks.close()
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--browser", action="store_true", help="also open it in Chromium")
    parser.add_argument("--json", type=Path, help="write the figures to a file, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(Settings(), records_dir=Path(folder), port=0)
        directory = write_day(Path(folder))
        rows = read_run(directory, settings)
        shown = run_json(rows, settings.quality_threshold)
        found = {
            "read": least(lambda: read_run(directory, settings), RUNS_TIMED),
            "sum up and thin": least(
                lambda: run_json(rows, settings.quality_threshold), RUNS_TIMED
            ),
            "write as JSON": least(lambda: json.dumps(shown), RUNS_TIMED),
        }
        found["server, in all"] = sum(found.values())
        if options.browser:
            found["choice to charts in Chromium"] = in_browser(settings)
    print(f"{ROWS:,} rows; {len(json.dumps(shown)) / 1e3:.0f} kB to the browser")
    print(f"| step | s | of the limit of {LIMIT_S:.0f} s |\n| --- | --- | --- |")
    for name, seconds in found.items():
        print(f"| {name} | {seconds:.3f} | {seconds / LIMIT_S:.2f} |")
    if options.json:
        options.json.write_text(json.dumps({**found, "limit_s": LIMIT_S}, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
