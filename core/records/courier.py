"""Has what runs spooled sent to MLflow by a process of its own (``core.records.delivery``).

Neither MLflow's import nor its client ever stands beside a frame. The process
begins with the first run that is sent and ends with the program; what is left is
sent by the next one.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from core.child import child_environment
from core.errors import RecordError
from core.records.spool import parcels
from core.settings import Settings

LAST_RETRY_S: Final = 30.0
"""Longest pause before a server that is away, or a process that died, is tried again, s."""

LOG: Final = Path("mlflow") / "delivery.log"
LOG_BYTES: Final = 1 << 20
"""A log of this size is set aside; the one set aside before goes."""


class Courier:
    """Keeps one delivering process alive for this program; all runs share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._begun_s = float("-inf")

    def ensure(self, settings: Settings) -> None:
        """Start the process where it is not running; returns at once."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return
            # One that dies at once must not be started a thousand times.
            if time.monotonic() - self._begun_s < LAST_RETRY_S:
                return
            self._begun_s = time.monotonic()
            environment = child_environment() | {
                "RECORDS_DIR": str(settings.records_dir.resolve()),
                "MLFLOW_TRACKING_URI": settings.mlflow_tracking_uri,
            }
            try:
                # Its standard input closes with this program, however that ends.
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "core", "records", "deliver", "--follow"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    # What it has to complain of, it logs itself: see ``keep_log``.
                    stderr=subprocess.DEVNULL,
                    env=environment,
                    # What stops this program at a terminal lets it finish.
                    start_new_session=True,
                )
            except OSError as error:
                raise RecordError(f"MLflow: the delivery cannot be started ({error})") from error


courier: Final = Courier()


def resume(settings: Settings) -> None:
    """Have sent what an earlier program left; returns at once."""
    if parcels(settings.records_dir):
        courier.ensure(settings)


def keep_log(records_dir: Path) -> logging.Handler:
    """Log to a file of bounded size from now on; for the delivering process."""
    path = records_dir / LOG
    # A log that cannot be written is no reason not to deliver.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # This program's own words: libraries tell of each of their tries.
    own = logging.getLogger("core")
    own.addHandler(handler)
    own.setLevel(logging.WARNING)
    return handler
