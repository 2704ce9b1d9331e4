"""A server for this machine alone: the page, and what is new of the runs as JSON."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from .board import Board
from .courses import news_of
from .page import POLICY, page, plotly_script, script

LOOPBACK, DEFAULT_PORT = "127.0.0.1", 8765
_NAMES = ("127.0.0.1", "localhost", "[::1]")
_HTML, _SCRIPT, _JSON = (
    f"{kind}; charset=utf-8" for kind in ("text/html", "text/javascript", "application/json")
)


class WatchServer(ThreadingHTTPServer):
    """Serve the runs below some folders; it writes nothing.

    Parameters
    ----------
    folders
        As for `Board`.
    port
        Where it listens on the loopback address; by default `DEFAULT_PORT`, or any that is free.

    Raises
    ------
    NotADirectoryError
        If a folder is none.
    ValueError
        If the port is in use or not allowed.
    """

    daemon_threads = True

    def __init__(self, folders: Sequence[Path], port: int | None = None) -> None:
        self.board = Board(folders)
        self.title = ", ".join(map(str, folders))
        try:
            super().__init__((LOOPBACK, DEFAULT_PORT if port is None else port), _Handler)
        except OSError as error:
            if port is None and error.errno == errno.EADDRINUSE:
                super().__init__((LOOPBACK, 0), _Handler)
                return
            reason = "in use" if error.errno == errno.EADDRINUSE else (error.strerror or "refused")
            raise ValueError(
                f"`--port` must be one that is free: got {port}, which is {reason.lower()}."
                " Give another, or leave it out."
            ) from None

    @property
    def address(self) -> str:
        """What a browser opens."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where a browser has gone before it had its answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30.0  # s after which a connection on which nothing comes is given up
    server: WatchServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        """Answer from this machine's names alone, whatever name was resolved to its address."""
        name, _, port = self.headers.get("Host", "").rpartition(":")
        if name not in _NAMES or port != str(self.server.server_port):
            self._send(HTTPStatus.FORBIDDEN, _JSON, _error("`Host` must be a loopback name."))
            return
        asked = urlsplit(self.path)
        answer = self._answers.get(asked.path)
        if answer is None:
            self._send(HTTPStatus.NOT_FOUND, _JSON, _error("There is no such page."))
            return
        given = {name: values[-1] for name, values in parse_qs(asked.query).items()}
        self._send(*answer(self, given))

    def _page(self, given: dict[str, str]) -> tuple[HTTPStatus, str, bytes]:
        return HTTPStatus.OK, _HTML, page(self.server.title)

    def _script(self, given: dict[str, str]) -> tuple[HTTPStatus, str, bytes]:
        return HTTPStatus.OK, _SCRIPT, script()

    def _plotly(self, given: dict[str, str]) -> tuple[HTTPStatus, str, bytes]:
        return HTTPStatus.OK, _SCRIPT, plotly_script()

    def _runs(self, given: dict[str, str]) -> tuple[HTTPStatus, str, bytes]:
        return HTTPStatus.OK, _JSON, _json(self.server.board.changes(given.get("since", "")))

    def _run(self, given: dict[str, str]) -> tuple[HTTPStatus, str, bytes]:
        try:
            found = self.server.board.run(given.get("name", ""))
        except KeyError:
            return HTTPStatus.NOT_FOUND, _JSON, _error("`name` must be that of a run in the table.")
        return HTTPStatus.OK, _JSON, _json(news_of(found, given))

    _answers: ClassVar[dict[str, Callable[..., tuple[HTTPStatus, str, bytes]]]] = {
        "/": _page,
        "/watch.js": _script,
        "/plotly.js": _plotly,
        "/runs": _runs,
        "/run": _run,
    }

    def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(content))),
            ("Content-Security-Policy", POLICY),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the terminal free: a page asks every second."""


def _json(content: Any) -> bytes:
    return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def _error(reason: str) -> bytes:
    return _json({"error": reason})
