"""The columns of metrics.csv and emotions.csv: what each holds, its unit and its range."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from core.types import EMOTIONS


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        As in the header; ends in its unit where it has one.
    unit : str
        "" for text and for pure numbers.
    meaning : str
        What it holds, with its range.
    is_text : bool
        Whether it is text.
    """

    name: str
    unit: str
    meaning: str
    is_text: bool = False


_RUN: Final = Column("run_id", "", "the run that the row belongs to", is_text=True)
_INDEX: Final = Column("index", "frames", "position of the frame in the source, from 0")
_TIME: Final = Column("time_s", "s", "media time: what a player shows; live, since the start")
_WALL: Final = Column(
    "wall_time_utc", "UTC, ISO 8601", "when the frame was read on this machine", is_text=True
)

METRICS: Final = (
    _RUN,
    _INDEX,
    _TIME,
    Column("status", "", "ok, no_face, dropped or unreadable", is_text=True),
    Column("blur_score", "", "0 sharp to 1 most blurred"),
    Column("brightness", "8-bit luma", "mean luma, 0 black to 255 white"),
    Column("noise_level", "", "0 clean to 1 most noisy"),
    Column("change", "", "mean absolute luma difference to the frame before, 0 to 1"),
    Column("is_frozen", "", "1 while the picture stands still, else 0"),
    Column("quality_score", "", "0 unusable to 1 best"),
    Column("faces", "faces", "faces found"),
    Column("fps", "frames/s", "frames analysed a second over the last 30"),
    Column("latency_ms", "ms", "from frame in hand to report in hand"),
    Column("cpu_percent", "%", "load of the whole machine, 0 to 100"),
    Column("memory_percent", "%", "memory of the whole machine in use, 0 to 100"),
    Column("rss_mb", "MiB", "resident memory of the program"),
    Column("ocr_text", "", "text read in the picture", is_text=True),
    Column("ocr_confidence", "", "least confidence of its lines, 0 to 1"),
    Column(
        "ocr_boxes_px",
        "px",
        "x y width height of each line of text, lines parted by ;",
        is_text=True,
    ),
    Column("risk_now", "", "probability that the picture is failing, 0 to 1"),
    Column("risk_within_30_s", "", "probability that it fails in the next 30 s, 0 to 1"),
    Column("incidents", "", "kinds of the incidents that hold, parted by spaces", is_text=True),
    _WALL,
)

EMOTIONS_TABLE: Final = (
    _RUN,
    _INDEX,
    _TIME,
    Column("face_id", "", "number of the face, the same from frame to frame"),
    Column("emotion", "", "the most probable of the seven", is_text=True),
    Column("confidence", "", "its probability, 0 to 1"),
    Column("trust", "", "share of people who would name the same, 0 to 1"),
    *(Column(name, "", f"probability of {name}, 0 to 1") for name in EMOTIONS),
    _WALL,
)

METRIC_COLUMNS: Final = tuple(column.name for column in METRICS)
EMOTION_COLUMNS: Final = tuple(column.name for column in EMOTIONS_TABLE)
TEXT_COLUMNS: Final = frozenset(
    column.name for column in (*METRICS, *EMOTIONS_TABLE) if column.is_text
)


def data_dictionary() -> dict[str, list[dict[str, Any]]]:
    """What columns.json holds: every column of both tables in order."""
    return {
        "metrics.csv": [asdict(column) for column in METRICS],
        "emotions.csv": [asdict(column) for column in EMOTIONS_TABLE],
    }
