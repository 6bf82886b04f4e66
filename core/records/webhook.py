"""Incidents posted to an address as JSON, from a thread, so that no camera waits for it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from core.closing import Closing
from core.errors import SettingsError

log = logging.getLogger(__name__)

MOST_WAITING: Final = 200
TRIES: Final = 5
FIRST_RETRY_S: Final = 1.0
LEFT_S: Final = 5.0
"""How long the end of a watch waits for what was not delivered yet, s."""

_TIMEOUTS_S: Final = (5.0, 10.0)
_LASTING: Final = frozenset({408, 425, 429})
"""Refusals (4xx) that another try may overcome."""


class Webhook(Closing):
    """Posts JSON to one address in order; a context manager.

    A post that fails is tried again with growing pauses; where more wait than the
    queue holds, new ones are left out. Either is said in the log.

    Parameters
    ----------
    url : str
        http or https.
    retry_s : float
        Pause before the second try, s; doubled each time.

    Raises
    ------
    SettingsError
        Where the address is none.
    """

    def __init__(self, url: str, *, retry_s: float = FIRST_RETRY_S) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SettingsError(
                f"webhook {url[:80]!r} is no address; give one like https://host/path"
            )
        self._url, self._name, self._retry_s = url, parts.hostname, retry_s
        self._queue: queue.Queue[Mapping[str, Any] | None] = queue.Queue(MOST_WAITING)
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._deliver, name="webhook", daemon=True)
        self._thread.start()

    def send(self, value: Mapping[str, Any]) -> None:
        """Post a JSON object soon; returns at once."""
        try:
            self._queue.put_nowait(value)
        except queue.Full:
            log.warning("webhook %s: too many wait, one was left out", self._name)

    def close(self) -> None:
        """Deliver what waits, for a few seconds at most."""
        self._hurry.set()
        try:
            self._queue.put(None, timeout=LEFT_S)
        except queue.Full:
            log.warning("webhook %s: given up with posts that still wait", self._name)
        self._thread.join(LEFT_S)

    def _deliver(self) -> None:
        with requests.Session() as session:
            while (value := self._queue.get()) is not None:
                self._post(session, value)

    def _post(self, session: requests.Session, value: Mapping[str, Any]) -> None:
        pause_s, problem = self._retry_s, ""
        for attempt in range(TRIES):
            if attempt:
                # At the end of a watch there is no time for long pauses.
                self._hurry.wait(pause_s)
                pause_s *= 2
            try:
                answer = session.post(self._url, json=value, timeout=_TIMEOUTS_S)
            except requests.RequestException as error:
                problem = type(error).__name__
                continue
            if answer.ok:
                return
            problem = f"it answered {answer.status_code}"
            if answer.status_code < 500 and answer.status_code not in _LASTING:
                break
        log.warning("webhook %s: not delivered: %s", self._name, problem)
