"""Carry a training run into MLflow: ``python -m models.training.track --run RUN [--uri URI]``.

The run's folder is the record (``recipe.json``, ``history.jsonl``); this writes it
to a tracking server or a local SQLite file whenever one is at hand, so training
itself needs neither. Doing it again adds a new MLflow run and changes nothing else.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from pathlib import Path

import mlflow
from mlflow.entities import Metric

log = logging.getLogger("framemood.track")
EXPERIMENT = "emotion network"


def track(run: Path, uri: str) -> str:
    """Write one run and return its MLflow id."""
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment(EXPERIMENT)
    epochs = [json.loads(line) for line in (run / "history.jsonl").read_text("utf-8").splitlines()]
    recipe = run / "recipe.json"
    now_ms = int(time.time() * 1000)
    with mlflow.start_run(run_name=run.name) as started:
        if recipe.exists():
            mlflow.log_params(json.loads(recipe.read_text("utf-8")))
        metrics = [
            Metric(name, float(value), now_ms, int(row["epoch"]))
            for row in epochs
            for name, value in row.items()
            if name != "epoch"
        ]
        client = mlflow.MlflowClient()
        for start in range(0, len(metrics), 1000):  # the most one call takes
            client.log_batch(started.info.run_id, metrics[start : start + 1000])
        mlflow.log_artifact(str(run / "history.jsonl"))
        return str(started.info.run_id)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m models.training.track", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of a training run")
    parser.add_argument("--uri", default="sqlite:///mlflow.db", help="where MLflow keeps runs")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    log.info("MLflow run %s", track(arguments.run, arguments.uri))


if __name__ == "__main__":
    main()
