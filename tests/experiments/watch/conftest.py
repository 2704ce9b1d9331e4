"""A server of runs that tests write."""

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from spikemodes.experiments import RunDirectory
from spikemodes.experiments.watch.server import WatchServer


class Served:
    """A folder of runs and the server that watches it."""

    def __init__(self, folder: Path, server: WatchServer) -> None:
        self.folder, self.server = folder, server

    def ask(self, target: str, **headers: str) -> tuple[int, str]:
        """Ask for something, as it stands, and give status and answer."""
        connection = HTTPConnection("127.0.0.1", self.server.server_port, timeout=30)
        try:
            connection.request("GET", target, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def json(self, target: str, **given: str) -> Any:
        """Ask for JSON."""
        status, text = self.ask(f"{target}?{urlencode(given)}")
        assert status == 200, text
        return json.loads(text)

    def rows(self) -> dict[str, Any]:
        """Ask for all rows of the table, by the name of the run."""
        return {row["name"]: row for row in self.json("/runs")["rows"]}

    def new_run(self, name: str, **config: Any) -> RunDirectory:
        """Make a run with a short configuration."""
        config = {"task": {"name": "pattern"}, "train": {"method": "bptt"}, "seed": 3} | config
        return RunDirectory.create(self.folder / name, config)


@pytest.fixture
def served(tmp_path, monkeypatch) -> Iterator[Served]:
    """Serve a new folder, looking for changes whenever it is asked."""
    monkeypatch.setattr("spikemodes.experiments.watch.board._FRESH", 0.0)
    monkeypatch.setattr("spikemodes.experiments.watch.board._SHARE", np.inf)
    folder = tmp_path / "runs"
    folder.mkdir()
    with WatchServer([folder], port=0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Served(folder, server)
        server.shutdown()
        thread.join()
