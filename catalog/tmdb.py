"""A client for TMDB's API, version 3, that waits when it is told to."""

from __future__ import annotations

import email.utils
import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests

from core.errors import CatalogError

API_URL: Final = "https://api.themoviedb.org/3"
IMAGE_URL: Final = "https://image.tmdb.org/t/p"
POSTER_SIZE: Final = "w342"
APPENDED: Final = "videos,reviews,images,watch/providers,external_ids"

_LONGEST_WAIT_S: Final = 120.0
_TIMEOUT_S: Final = 30.0
_RETRIES: Final = 8


class FilmMissingError(Exception):
    """TMDB has no such film or poster; the film is set aside, the build goes on."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where TMDB is and how to enter.

    Parameters
    ----------
    token : str
        API read access token, sent as Bearer.
    key : str
        API key, taken where there is no token.
    api_url, image_url : str
    requests_per_s : float
        At most so many, over all threads; TMDB allows about 40.
    """

    token: str = ""
    key: str = ""
    api_url: str = API_URL
    image_url: str = IMAGE_URL
    requests_per_s: float = 30.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Access:
        """Read TMDB_READ_ACCESS_TOKEN or TMDB_API_KEY, and TMDB_API_URL, TMDB_IMAGE_URL.

        Raises
        ------
        CatalogError
            Where there is neither token nor key.
        """
        env = os.environ if environment is None else environment
        token, key = env.get("TMDB_READ_ACCESS_TOKEN", ""), env.get("TMDB_API_KEY", "")
        if not token and not key:
            raise CatalogError(
                "TMDB needs a key: set TMDB_READ_ACCESS_TOKEN (or TMDB_API_KEY), "
                "free at themoviedb.org/settings/api"
            )
        api = env.get("TMDB_API_URL") or API_URL
        return cls(
            token, key, api.rstrip("/"), (env.get("TMDB_IMAGE_URL") or IMAGE_URL).rstrip("/")
        )


class Tmdb:
    """Requests to TMDB; usable from several threads.

    Parameters
    ----------
    access : Access
    wait : callable
        Called with seconds; tests put their own here.
    """

    def __init__(self, access: Access, wait: Callable[[float], None] = time.sleep) -> None:
        self._access = access
        self._wait = wait
        self._local = threading.local()
        self._turn = threading.Lock()
        self._next_s = 0.0

    def discover(self, page: int, query: Mapping[str, str]) -> dict[str, Any]:
        """One page of films, most popular first, with Korean titles."""
        parameters = {"language": "ko-KR", "sort_by": "popularity.desc", "page": str(page), **query}
        return self._json("/discover/movie", parameters)

    def details(self, film: int) -> dict[str, Any]:
        """All that TMDB knows of a film, in English."""
        parameters = {
            "language": "en-US",
            "append_to_response": APPENDED,
            "include_image_language": "en,ko,null",
            "include_video_language": "en,ko",
        }
        return self._json(f"/movie/{film}", parameters)

    def poster(self, path: str) -> bytes:
        """The poster file at w342."""
        return self._get(
            f"{self._access.image_url}/{POSTER_SIZE}{path}", {}, entering=False
        ).content

    def _json(self, path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        response = self._get(f"{self._access.api_url}{path}", parameters, entering=True)
        try:
            content = response.json()
        except requests.JSONDecodeError as error:
            raise FilmMissingError(f"answer for {path} is not JSON") from error
        if not isinstance(content, dict):
            raise FilmMissingError(f"answer for {path} is not an object")
        return content

    def _get(self, url: str, parameters: Mapping[str, str], *, entering: bool) -> requests.Response:
        """Ask until there is an answer; only errors that a second try may mend are tried again."""
        headers, sent = {"Accept": "application/json"} if entering else {}, dict(parameters)
        if entering and self._access.token:
            headers["Authorization"] = f"Bearer {self._access.token}"
        elif entering:
            sent["api_key"] = self._access.key
        fault = ""
        for attempt in range(_RETRIES):
            self._take_turn()
            try:
                response = self._session().get(
                    url, params=sent, headers=headers, timeout=_TIMEOUT_S
                )
            except (
                requests.ConnectionError,
                requests.Timeout,
                requests.exceptions.ChunkedEncodingError,
            ) as error:
                fault = error.__class__.__name__
                self._wait(_backoff_s(attempt))
                continue
            except requests.RequestException as error:
                # Such as an address that is none: no second try mends that.
                raise CatalogError(
                    f"TMDB cannot be asked ({error.__class__.__name__}); "
                    "check TMDB_API_URL and TMDB_IMAGE_URL"
                ) from error
            if response.status_code == requests.codes.ok:
                return response
            if response.status_code == requests.codes.unauthorized:
                raise CatalogError(
                    "TMDB refused the key (401); check TMDB_READ_ACCESS_TOKEN or TMDB_API_KEY"
                )
            if response.status_code != requests.codes.too_many and response.status_code < 500:
                raise FilmMissingError(f"TMDB answered {response.status_code}")
            fault = f"status {response.status_code}"
            asked = _retry_after_s(response.headers.get("Retry-After"))
            self._wait(_backoff_s(attempt) if asked is None else asked)
        # Not the address itself: with a key it would be shown.
        raise CatalogError(
            f"TMDB does not answer ({fault} {_RETRIES} times); "
            "run the same command again later, finished pages are kept"
        )

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        return session

    def _take_turn(self) -> None:
        with self._turn:
            now = time.monotonic()
            mine = max(now, self._next_s)
            self._next_s = mine + 1 / self._access.requests_per_s
        if mine > now:
            time.sleep(mine - now)


def _backoff_s(attempt: int) -> float:
    """Doubling, with chance so that many clients do not come back together."""
    return min(_LONGEST_WAIT_S, 0.5 * 2.0**attempt) * (0.5 + random.random() / 2)


def _retry_after_s(value: str | None) -> float | None:
    """Seconds of a Retry-After header, which is a number or a date; None where it is neither."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError:
            return None
    return min(_LONGEST_WAIT_S, seconds) if seconds >= 0 else 0.0
