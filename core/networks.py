"""ONNX files opened for the whole process: each once, whoever asks for it."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ModelError

if TYPE_CHECKING:
    import onnxruntime

_opening = threading.Lock()


def open_network(path: Path) -> onnxruntime.InferenceSession:
    """Give the session of an ONNX file, opened anew only after the file has changed.

    Parameters
    ----------
    path : Path
        As ``models.registry.resolve`` gives it.

    Raises
    ------
    ModelError
        Where it is no network.
    """
    with _opening:
        return _session(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _session(path: Path, modified_ns: int) -> onnxruntime.InferenceSession:
    # Read as it is imported: otherwise it writes an identity into the temporary folder, for
    # telemetry that nobody was asked about.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime  # noqa: PLC0415 (loads slowly, and only where a network is asked for)

    options = onnxruntime.SessionOptions()
    # Frames run beside each other; threads inside one frame would only spin.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except (
        Exception
    ) as error:  # onnxruntime raises types of its own, all from RuntimeError or Exception
        raise ModelError(
            f"{path.name}: cannot be loaded ({error}); run `python -m models verify`"
        ) from error
