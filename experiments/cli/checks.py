"""The command that looks at the neurons of a configuration before anything is trained."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from .console import bad_input, say, stderr
from .runs import AsJson, Config, Seed, Settings, TaskName, configuration

Picture = Annotated[
    Path | None,
    typer.Option(
        "--figure", metavar="FILE", help="Where the f-I curve goes [runs/check-TASK-DATE-TIME.png]."
    ),
]


def check(
    task: TaskName,
    figure: Picture = None,
    seed: Seed = None,
    config: Config = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Measure the neurons without training: rest, rheobase, f-I curve, gain, slope ratio."""
    console, display = stderr()
    with bad_input(console):
        with console.status("loading Brian2"):
            from ..config.keys_of_options import in_keys
            from ..config.spec import parse_spec
            from ..pipeline.directory import default_path
        spec = parse_spec(configuration(task, seed, config, settings or []))
        path = figure or default_path(f"check-{spec.task.name}", datetime.now()).with_suffix(".png")
        if path.exists():
            raise FileExistsError(f"`--figure` must be a new file: {path} exists. Choose another.")
        with console.status("measuring the neurons"):
            from ..pipeline.start import measured_start

            found = measured_start(spec)
        from ..display.pictures import pictures_of
        from ..report.excitability import curve_of, in_words

        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pictures_of([curve_of(found)])[0].png)
    if as_json:
        import json

        from ..pipeline.plain import to_plain

        typer.echo(json.dumps(to_plain(found), indent=1, ensure_ascii=False, allow_nan=False))
    else:
        table = Table("before learning", spec.build_neuron().name)
        for name, value in in_words(found).items():
            table.add_row(name, value)
        Console().print(table)
    for warning in map(in_keys, found.warnings):
        display.say(f"warning: {warning}")
    say(console, f"f-I curve: {path}")
