"""Networks are opened quietly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_reading_a_face_leaves_nothing_in_the_temporary_folder(tmp_path: Path) -> None:
    """The library that runs networks keeps an identity for telemetry there, unless told not to."""
    script = (
        "import numpy as np; from core import EmotionClassifier; "
        "print(EmotionClassifier().classify([np.full((48, 48), 90, np.uint8)]).shape)"
    )
    environment = {
        name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"
    } | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.strip() == "(1, 7)"
    assert list(tmp_path.iterdir()) == []
