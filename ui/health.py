"""``/health`` for whoever restarts the program, ``/metrics`` for whoever watches it."""

from __future__ import annotations

import hmac
import shutil
import tempfile
from collections.abc import Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.version import __version__
from ui.admission import Admission
from ui.socket import is_admitted

HEALTH_PATH: Final = "/health"
METRICS_PATH: Final = "/metrics"
LOW_DISK_MB: Final = 200
"""Below it the program is not well: results can no longer be written, MB."""

# From one fast machine alone to a crowd on a slow one, s.
_BUCKETS_S: Final = (0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 1.0, 2.0, 5.0)


class Metrics:
    """Counts what the live analyses answer; read by Prometheus.

    Parameters
    ----------
    admission : Admission
        Tells of each reply, and how many are served and wait at the moment of reading.
    """

    def __init__(self, admission: Admission) -> None:
        self.registry = CollectorRegistry()
        admission.on_reply = self.saw
        ProcessCollector(registry=self.registry)
        sessions = Gauge(
            "framemood_sessions", "Live analyses that hold a place", registry=self.registry
        )
        sessions.set_function(lambda: len(admission.sessions))
        waiting = Gauge("framemood_waiting", "Visitors in line for a place", registry=self.registry)
        waiting.set_function(lambda: admission.waiting)
        self._frames = Counter(
            "framemood_frames", "Live frames answered", ["status"], registry=self.registry
        )
        self._errors = Counter(
            "framemood_errors", "Live messages refused", ["code"], registry=self.registry
        )
        self._incidents = Counter(
            "framemood_incidents", "Incidents that began", ["kind"], registry=self.registry
        )
        # By lane, so that one that lasts counts once; forgotten with it.
        self._open: WeakKeyDictionary[object, set[tuple[str, float]]] = WeakKeyDictionary()
        self._latency = Histogram(
            "framemood_frame_seconds",
            "From a live frame's arrival to its report",
            buckets=_BUCKETS_S,
            registry=self.registry,
        )

    def saw(self, reply: Mapping[str, Any], lane: object) -> None:
        """Count one reply of the live protocol, given in a lane."""
        match reply.get("type"):
            case "report":
                self._frames.labels(str(reply["status"])).inc()
                if reply["status"] == "dropped":
                    # Nobody looked at it: what was wrong before goes on.
                    return
                now = {(each["kind"], each["onset_s"]) for each in reply.get("incidents") or ()}
                for kind, _ in now - self._open.get(lane, set()):
                    self._incidents.labels(kind).inc()
                self._open[lane] = now
                system = reply.get("system")
                if system and system["latency_ms"] is not None:
                    wait_ms = reply.get("wait_ms") or 0.0
                    self._latency.observe((system["latency_ms"] + wait_ms) / 1000)
            case "error":
                self._errors.labels(str(reply["code"])).inc()

    def text(self) -> bytes:
        """All figures in Prometheus' text form."""
        return generate_latest(self.registry)


def health_routes(admission: Admission, metrics: Metrics) -> list[Route]:
    """Routes of ``/health`` and ``/metrics``.

    Anyone may ask whether the program is well; how it is doing is told to those
    with the token, or who may see the page where it is not public.
    """
    settings = admission.sessions.settings

    async def may_see(request: Request) -> bool:
        if settings.metrics_token:
            given = request.headers.get("authorization", "")
            expected = f"Bearer {settings.metrics_token}"
            return hmac.compare_digest(given.encode(), expected.encode())
        return not settings.public and await is_admitted(request)

    async def health(request: Request) -> Response:
        report = state(admission)
        status = 503 if report["status"] == "failing" else 200
        if not await may_see(request):
            report = {"status": report["status"]}
        return JSONResponse(report, status_code=status, headers={"Cache-Control": "no-store"})

    async def figures(request: Request) -> Response:
        # 404 rather than 403: a stranger need not know that there is something.
        if not await may_see(request):
            return PlainTextResponse("Not found", status_code=404)
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return [Route(HEALTH_PATH, health), Route(METRICS_PATH, figures)]


def state(admission: Admission) -> dict[str, Any]:
    """Tell how the program is; ``status`` is "ok", "starting" or "failing"."""
    sessions = admission.sessions
    disk_free_mb = shutil.disk_usage(tempfile.gettempdir()).free / 1e6
    if sessions.problem or disk_free_mb < LOW_DISK_MB:
        status = "failing"
    else:
        status = "ok" if sessions.is_loaded else "starting"
    return {
        "status": status,
        "version": __version__,
        "models_loaded": sessions.is_loaded,
        "problem": sessions.problem,
        "workers": sessions.settings.worker_count,
        "sessions": len(sessions),
        "places": admission.places,
        "waiting": admission.waiting,
        "disk_free_mb": round(disk_free_mb),
    }
