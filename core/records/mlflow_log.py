"""MLflow's own client, the only place that imports it: two seconds, never on a frame's path.

Everything here may be called again after it failed half way and comes to the
same: a run is found again by a tag, a value that arrived is not sent twice.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit

from core.records.spool import Point

Part = TypeVar("Part")

EXPERIMENT: Final = "Framemood"
RUN_TAG: Final = "framemood.run_id"
MOST_METRICS: Final = 1000
MOST_PARAMS: Final = 100
"""What MLflow takes in one batch."""

_LONGEST_PARAM: Final = 500
_PERMANENT: Final = frozenset({"INVALID_PARAMETER_VALUE", "BAD_REQUEST"})
# A server that hangs is tried again by us, in order, not by a client deep inside a call.
_PATIENCE: Final = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}


class MlflowAwayError(Exception):
    """The server cannot be reached or does not answer as it should; try again later."""


class MlflowRefusedError(Exception):
    """The server will never take what it was sent."""


class RunGoneError(Exception):
    """The server does not know the run any more."""


class MlflowLog:
    """Runs on one tracking server, or in one SQLite file.

    Parameters
    ----------
    uri : str
        Tracking URI; "" is a SQLite file below ``records_dir``.
    records_dir : Path
        Made where it is missing.
    """

    def __init__(self, uri: str, records_dir: Path) -> None:
        for name, value in _PATIENCE.items():
            os.environ.setdefault(name, value)
        import mlflow  # noqa: PLC0415
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        self._error: type[Exception] = MlflowException
        self._home = (records_dir / "mlflow").resolve()
        self._home.mkdir(parents=True, exist_ok=True)
        self._is_local = not uri
        self._uri = uri or f"sqlite:///{self._home / 'mlflow.db'}"
        self._client: Any = None
        self._mlflow = mlflow
        self._experiment_id = ""

    def open(
        self,
        run_id: str,
        name: str,
        start_ms: int,
        params: Mapping[str, str],
        tags: Mapping[str, str],
    ) -> str:
        """Find or begin the run of that tag; MLflow's id of it."""
        with self._told():
            experiment = self._experiment()
            found = self._connected().search_runs(
                [experiment], filter_string=f"tags.`{RUN_TAG}` = '{run_id}'", max_results=1
            )
            if found:
                mlflow_id = str(found[0].info.run_id)
            else:
                made = self._connected().create_run(
                    experiment,
                    start_time=start_ms,
                    tags={**tags, RUN_TAG: run_id},
                    run_name=name,
                )
                mlflow_id = str(made.info.run_id)
            entities = self._mlflow.entities
            kept = [
                entities.Param(key, value[:_LONGEST_PARAM]) for key, value in sorted(params.items())
            ]
            for part in _parts(kept, MOST_PARAMS):
                self._connected().log_batch(mlflow_id, params=part)
            return mlflow_id

    def missing(self, mlflow_id: str, points: Sequence[Point]) -> list[Point]:
        """Those of the points that the run does not hold yet."""
        with self._told():
            held = {
                key: {
                    (metric.timestamp, metric.step)
                    for metric in self._connected().get_metric_history(mlflow_id, key)
                }
                for key in {point[0] for point in points}
            }
        return [point for point in points if (point[2], point[3]) not in held[point[0]]]

    def log(self, mlflow_id: str, points: Sequence[Point]) -> None:
        """Send values."""
        entities = self._mlflow.entities
        with self._told():
            for part in _parts(points, MOST_METRICS):
                metrics = [entities.Metric(*point) for point in part]
                self._connected().log_batch(mlflow_id, metrics=metrics)

    def send_files(self, mlflow_id: str, files: Iterable[Path], texts: Mapping[str, str]) -> None:
        """Send files as they are, and texts under their names."""
        with self._told():
            for file in files:
                self._connected().log_artifact(mlflow_id, str(file))
            for name, content in texts.items():
                self._connected().log_text(mlflow_id, content, name)

    def end(self, mlflow_id: str, status: str, end_ms: int) -> None:
        """Close the run."""
        with self._told():
            self._connected().set_terminated(mlflow_id, status, end_ms)

    def url(self, mlflow_id: str) -> str | None:
        """Page of a run; None for a SQLite file, which has none until ``mlflow ui`` serves it."""
        parts = urlsplit(self._uri)
        if parts.scheme not in ("http", "https"):
            return None
        # A password in the address is for this program, not for the page that links there.
        host = parts.netloc.rpartition("@")[2]
        base = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
        return f"{base}/#/experiments/{self._experiment_id}/runs/{mlflow_id}"

    def _connected(self) -> Any:
        if self._client is None:
            self._client = self._mlflow.MlflowClient(tracking_uri=self._uri)
        return self._client

    def _experiment(self) -> str:
        if not self._experiment_id:
            client = self._connected()
            found = client.get_experiment_by_name(EXPERIMENT)
            if found is None:
                place = (self._home / "artifacts").as_uri() if self._is_local else None
                try:
                    self._experiment_id = str(client.create_experiment(EXPERIMENT, place))
                except self._error:
                    # Two programs begin at once: one of them makes it.
                    found = client.get_experiment_by_name(EXPERIMENT)
                    if found is None:
                        raise
            if found is not None:
                self._experiment_id = str(found.experiment_id)
        return self._experiment_id

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Sort what MLflow and its transport raise into the three errors above."""
        try:
            yield
        except Exception as error:
            code = str(getattr(error, "error_code", ""))
            if isinstance(error, self._error) and code == "RESOURCE_DOES_NOT_EXIST":
                raise RunGoneError(_line(error)) from error
            if isinstance(error, self._error) and code in _PERMANENT:
                raise MlflowRefusedError(_line(error)) from error
            raise MlflowAwayError(_line(error)) from error


def _parts(values: Sequence[Part], size: int) -> Iterable[Sequence[Part]]:
    return (values[begin : begin + size] for begin in range(0, len(values), size))


def _line(error: Exception) -> str:
    # An address may hold a password, and this is shown and logged.
    return re.sub(r"(?<=://)[^/\s@]+@", "***@", " ".join(str(error).split()))[:200]
