"""A run on its way to MLflow: journal and delivery, and what is told where they fail."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from core.errors import RecordError
from core.records.courier import courier
from core.records.feed import Feed
from core.records.run import RunSummary
from core.records.tables import Row
from core.settings import Settings

log = logging.getLogger(__name__)


class Sending:
    """Hands a run on to MLflow; whatever fails is told of, and stops nothing.

    Parameters
    ----------
    settings : Settings
        Where the records are, and the server.
    note : callable
        Called with what went wrong, one line.
    begin : callable
        Begins the run's journal; may raise ``RecordError``.
    """

    def __init__(
        self, settings: Settings, note: Callable[[str], None], begin: Callable[[], Feed]
    ) -> None:
        self._settings, self._note = settings, note
        self._feed: Feed | None = None
        try:
            self._feed = begin()
        except RecordError as error:
            note(f"nothing is sent to MLflow: {error}")

    def take(self, rows: Sequence[Row]) -> None:
        """Hand on rows that were written."""
        if self._feed is None:
            return
        try:
            self._feed.take(rows)
            courier.ensure(self._settings)
        except RecordError as error:
            self._note(str(error))

    def finish(self, summary: RunSummary, *, failed: bool) -> None:
        """Hand on what the run came to."""
        if self._feed is None:
            return
        try:
            self._feed.finish(summary, "FAILED" if failed else "FINISHED")
            courier.ensure(self._settings)
        except RecordError as error:
            log.warning("%s", error)
        self._feed.close()
