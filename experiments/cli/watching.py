"""The command that shows runs in the browser as they go."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .console import bad_input, say


def watch(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Holds runs and sweeps, or will.")
    ],
    port: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=65535, help="Port [8765, or any that is free]."),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Show runs and sweeps on a page of this machine as they go; Ctrl-C ends it."""
    console = Console(stderr=True)
    with bad_input(console):
        with console.status("loading Brian2"):
            from ..watch.server import WatchServer
        server = WatchServer(folders, port)
    say(Console(), f"watching {server.title} at {server.address} (Ctrl-C ends it)")
    if show and not webbrowser.open(server.address):
        say(console, f"no browser was found: open {server.address}")
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say(console, f"no longer watching {server.title}")
