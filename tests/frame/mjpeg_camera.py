"""A network camera made of the standard library: MJPEG over HTTP, to be killed and restarted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

MakeFrame = Callable[[int], NDArray[np.uint8]]


class MjpegCamera:
    """Serves ``make_frame(number)`` at ``fps``; ``kill`` cuts every connection at once."""

    def __init__(self, make_frame: MakeFrame, *, fps: float = 20.0, port: int = 0) -> None:
        camera = self
        self.make_frame, self.fps = make_frame, fps
        self._over = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace;boundary=frame")
                self.end_headers()
                number = 0
                while not camera._over.wait(1 / camera.fps):
                    _, jpeg = cv2.imencode(".jpg", camera.make_frame(number))
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}"
                    try:
                        self.wfile.write(head.encode() + b"\r\n\r\n" + jpeg.tobytes() + b"\r\n")
                    except OSError:
                        return
                    number += 1

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/live"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()

    def kill(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
