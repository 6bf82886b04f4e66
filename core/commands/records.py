"""``records list|deliver``: what was recorded, and what MLflow has yet to be told."""

from __future__ import annotations

import logging
import sys
import threading
from argparse import ArgumentParser, Namespace, _SubParsersAction
from typing import TYPE_CHECKING

from core.commands.output import BAD_INPUT, DONE, add_json, complain, say, say_json, table
from core.records.courier import keep_log
from core.records.store import list_runs
from core.settings import Settings

if TYPE_CHECKING:
    from core.records.delivery import Delivery

log = logging.getLogger(__name__)


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "records", help="list recorded runs, or send to MLflow what still waits"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="list the runs in RECORDS_DIR, the newest first")
    listed.set_defaults(run=run_list)
    deliver = actions.add_parser(
        "deliver", help="send to MLflow what could not be sent before, in order"
    )
    deliver.add_argument(
        "--follow",
        action="store_true",
        help="go on until standard input is closed, as a recording program does",
    )
    deliver.set_defaults(run=run_deliver)
    for action in (listed, deliver):
        add_json(action)


def run_list(arguments: Namespace) -> int:
    """Print a line a run."""
    settings = Settings.from_environment()
    runs = list_runs(settings.records_dir)
    if arguments.json:
        say_json(
            [{**run.as_dict(), "path": str(run.path), "mlflow_url": run.mlflow_url} for run in runs]
        )
        return DONE
    if not runs:
        complain(
            f"{settings.records_dir}: no run is recorded there; "
            "use analyze --record, or Record on the Live tab"
        )
        return DONE
    table(
        ("run", "kind", "source", "frames", "length", "quality", "state"),
        [
            (
                run.run_id,
                run.kind,
                run.source,
                str(run.frames),
                f"{run.duration_s:.1f} s",
                "-" if run.mean_quality is None else f"{run.mean_quality:.2f}",
                run.state,
            )
            for run in runs
        ],
    )
    return DONE


def run_deliver(arguments: Namespace) -> int:
    """Send what waits, once or for as long as somebody records."""
    settings = Settings.from_environment()
    found = _follow(settings) if arguments.follow else _deliver(settings)
    if arguments.json:
        say_json({"finished": found.finished, "waiting": found.waiting, "problem": found.problem})
    else:
        say(f"{found.finished} runs delivered, {found.waiting} wait")
    if found.problem:
        complain(
            f"MLflow does not answer ({found.problem}); start it or set MLFLOW_TRACKING_URI, "
            "then deliver again: nothing is lost"
        )
        return BAD_INPUT
    return DONE


def _deliver(settings: Settings) -> Delivery:
    # Late: it is MLflow's side of the program.
    from core.records.delivery import Deliverer  # noqa: PLC0415

    return Deliverer(settings).deliver()


def _follow(settings: Settings) -> Delivery:
    closed = threading.Event()
    threading.Thread(target=_await_end, args=(closed,), daemon=True).start()
    handler = keep_log(settings.records_dir)
    try:
        from core.records.delivery import follow  # noqa: PLC0415

        return follow(settings, lambda: not closed.is_set())
    except Exception:
        # Nobody sees what a process in the background prints.
        log.exception("the delivery ended")
        raise
    finally:
        logging.getLogger("core").removeHandler(handler)
        handler.close()


def _await_end(closed: threading.Event) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    closed.set()
