"""What MLflow raises is sorted by what helps: wait, leave it out, or send all again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.records.mlflow_log import MlflowAwayError, MlflowLog, MlflowRefusedError, RunGoneError


class Client:
    """An MLflow client that answers what it is told to."""

    def __init__(self, **answers: Callable[..., Any]) -> None:
        self._answers = answers
        self.batches: list[dict[str, Any]] = []
        self.params: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return self._answers[name]

    def log_batch(self, mlflow_id: str, **batch: Any) -> None:
        self.batches.append(batch)


def log_with(tmp_path: Path, uri: str = "http://mlflow:5000", **answers: Any) -> Any:
    log: Any = MlflowLog(uri, tmp_path)
    log._client = Client(**answers)
    return log


def raising(code: str) -> Callable[..., Any]:
    from mlflow.exceptions import MlflowException

    error = MlflowException("said\nin two lines")
    error.error_code = code

    def fail(*words: object, **named: object) -> None:
        raise error

    return fail


def broken(*words: object) -> None:
    raise ConnectionError("refused")


@pytest.mark.parametrize(
    ("fails", "kind"),
    [
        (raising("RESOURCE_DOES_NOT_EXIST"), RunGoneError),
        (raising("INVALID_PARAMETER_VALUE"), MlflowRefusedError),
        (raising("TEMPORARILY_UNAVAILABLE"), MlflowAwayError),
        (broken, MlflowAwayError),
    ],
)
def test_each_error_is_told_as_what_helps_in_one_line(
    tmp_path: Path, fails: Callable[..., Any], kind: type[Exception]
) -> None:
    log = log_with(tmp_path, set_terminated=fails)
    with pytest.raises(kind) as caught:
        log.end("run", "FINISHED", 1)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)


def test_a_run_that_is_there_is_gone_on_with_and_not_made_twice(tmp_path: Path) -> None:
    log = log_with(
        tmp_path,
        get_experiment_by_name=lambda name: SimpleNamespace(experiment_id="7"),
        search_runs=lambda experiments, **how: [SimpleNamespace(info=SimpleNamespace(run_id="r"))],
    )
    assert log.open("mine", "a name", 0, {"a": "x" * 10_000}, {}) == "r"
    (batch,) = log._client.batches
    assert len(batch["params"][0].value) <= 500
    assert log.url("r") == "http://mlflow:5000/#/experiments/7/runs/r"


def test_two_programs_that_begin_at_once_share_the_experiment(tmp_path: Path) -> None:
    known = iter([None, SimpleNamespace(experiment_id="7")])
    log = log_with(
        tmp_path,
        get_experiment_by_name=lambda name: next(known),
        create_experiment=raising("RESOURCE_ALREADY_EXISTS"),
    )
    assert log._experiment() == "7"
    assert log._experiment() == "7"


def test_an_experiment_that_nobody_can_make_is_an_error(tmp_path: Path) -> None:
    log = log_with(
        tmp_path,
        get_experiment_by_name=lambda name: None,
        create_experiment=raising("TEMPORARILY_UNAVAILABLE"),
    )
    with pytest.raises(MlflowAwayError):
        log.open("mine", "a name", 0, {}, {})


@pytest.mark.parametrize(
    ("uri", "url"),
    [
        ("http://ann:secret@mlflow:5000/base/", "http://mlflow:5000/base/#/experiments//runs/r"),
        ("", None),
        ("sqlite:///runs.db", None),
    ],
)
def test_a_run_has_a_page_where_a_server_shows_it_and_no_password_in_it(
    tmp_path: Path, uri: str, url: str | None
) -> None:
    assert log_with(tmp_path, uri).url("r") == url
