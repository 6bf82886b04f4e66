"""A small TMDB on this machine: its shapes, and its faults on request."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

from PIL import Image

PER_PAGE = 4
TOKEN = "a-token"


class FakeTmdb:
    """Serves ``pages`` pages of discover, details and posters.

    ``faults`` maps a path to answers given before the right one: a status, or
    "drop" (the connection closes) or "garbage" (an answer that is no JSON).
    ``on_request`` is called with the running number of each request.
    """

    def __init__(self, pages: int = 3) -> None:
        self.pages = pages
        self.faults: dict[str, list[int | str]] = {}
        self.retry_after = "0"
        self.seen: Counter[str] = Counter()
        self.queries: list[dict[str, list[str]]] = []
        self.headers: list[dict[str, str]] = []
        self.on_request: Callable[[int], None] = lambda number: None
        self.missing: set[int] = set()
        self.without_poster: set[int] = set()
        self.broken_posters: set[int] = set()
        self.doubled = True
        self._lock = threading.Lock()
        self._count = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def requests(self) -> int:
        return self._count

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def start_counting(self) -> None:
        with self._lock:
            self._count = 0

    def films_of(self, page: int) -> list[int]:
        films = [100 * page + number for number in range(PER_PAGE)]
        if self.doubled and page > 1:
            # Popularity moved while the pages were read: one film is on two of them.
            films[0] = 100 * (page - 1) + PER_PAGE - 1
        return films

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, bytes, str]:
        if path == "/3/discover/movie":
            page = int(query["page"][0])
            results = [{"id": film, "title": f"영화 {film}"} for film in self.films_of(page)]
            return self._json({"page": page, "results": results, "total_pages": self.pages})
        if found := re.fullmatch(r"/3/movie/(\d+)", path):
            film = int(found[1])
            if film in self.missing:
                return 404, b'{"status_code": 34}', "application/json"
            return self._json(self.details(film))
        if found := re.fullmatch(r"/t/p/w342/(\d+)\.png", path):
            film = int(found[1])
            if film in self.broken_posters:
                return 200, b"<html>not a picture</html>", "image/png"
            return 200, poster(film), "image/png"
        return 404, b"", "text/plain"

    def details(self, film: int) -> dict[str, Any]:
        return {
            "id": film,
            "title": f"Film {film}",
            "original_title": f"영화 {film}",
            "original_language": "ko",
            "release_date": f"{1990 + film % 30}-05-01",
            "genres": [{"id": 18, "name": "Drama"}],
            "vote_average": 7.123,
            "vote_count": 1000 + film,
            "poster_path": None if film in self.without_poster else f"/{film}.png",
            "overview": "words that are not kept",
            "external_ids": {"imdb_id": f"tt{film:07d}"},
            "videos": {
                "results": [
                    {"site": "YouTube", "type": "Teaser", "key": "teaser", "official": True},
                    {"site": "YouTube", "type": "Trailer", "key": "fan", "official": False},
                    {"site": "YouTube", "type": "Trailer", "key": f"t{film}", "official": True},
                ]
            },
            "images": {"backdrops": [{"file_path": f"/{film}-still.jpg"}]},
            "reviews": {"total_results": 2},
            "watch/providers": {
                "results": {
                    "KR": {
                        "link": "https://example.org/w",
                        "flatrate": [{"provider_name": "Watcha"}],
                    }
                }
            },
        }

    @staticmethod
    def _json(content: object) -> tuple[int, bytes, str]:
        return 200, json.dumps(content).encode(), "application/json"

    def _take_fault(self, path: str) -> int | str | None:
        with self._lock:
            waiting = self.faults.get(path)
            return waiting.pop(0) if waiting else None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                with fake._lock:
                    fake._count += 1
                    number = fake._count
                    fake.seen[parts.path] += 1
                    if parts.path == "/3/discover/movie":
                        fake.queries.append(parse_qs(parts.query))
                    fake.headers.append(dict(self.headers))
                fake.on_request(number)
                fault = fake._take_fault(parts.path)
                if fault == "drop":
                    self.close_connection = True
                    return
                status, body, kind = fake.answer(parts.path, parse_qs(parts.query))
                if fault == "garbage":
                    body = b"{not json"
                elif isinstance(fault, int):
                    status, body = fault, b"{}"
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                if status == 429:
                    self.send_header("Retry-After", fake.retry_after)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def poster(film: int) -> bytes:
    """A poster of four flat areas whose colours follow from the film's number."""
    image = Image.new("RGB", (40, 60))
    for place in range(4):
        shade = (37 * film + 61 * place) % 256, (91 * film + 17 * place) % 256, 60 * place
        image.paste(shade, (0, 15 * place, 40, 15 * place + 15 - place))
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
