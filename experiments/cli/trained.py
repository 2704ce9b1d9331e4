"""The commands that put a trained network to further tests, which its report then shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..pipeline.directory import RunDirectory
from .console import FAILED, bad_input, say, stderr, working
from .runs import AsJson, RunPath, open_run, recording_of
from .workers import Processes, Scheduler, reached, require_one_place

if TYPE_CHECKING:
    from ..config.spec import Spec
    from ..display.progress import Display


def stress(
    run_dir: RunPath,
    conditions: Annotated[
        str, typer.Option(metavar="NAME,...", help="Conditions to test [all]; A+B: together.")
    ] = "",
    levels: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=LEVEL,...", help="Levels of a condition; repeatable."),
    ] = None,
    trials: Annotated[int, typer.Option(metavar="N", min=1, help="Trials at each level.")] = 200,
    draws: Annotated[
        int, typer.Option(metavar="N", min=1, help="Draws of each level, where anything is drawn.")
    ] = 5,
    modes: Annotated[
        int, typer.Option(metavar="N", min=0, help="Modes to ablate at each level, at most.")
    ] = 8,
    scheduler: Scheduler = None,
    workers: Processes = None,
    as_json: AsJson = False,
) -> None:
    """Put a trained network under conditions, level by level: biology, damage, noise, numerics."""
    console, display = stderr()
    with bad_input(console):
        require_one_place(scheduler, workers)
        directory, spec = open_run(console, run_dir)
        from spikemodes.models.networks.storage import load_spiking_network

        from ..pipeline.circumstances import Circumstances
        from ..stress.battery import choose, parse_levels
        from ..stress.fitting import fitting

        names = [name.strip() for name in conditions.split(",") if name.strip()]
        sweeps = choose(names, dict(map(parse_levels, levels or [])))
        network = load_spiking_network(directory.network)
        fit = fitting(network, sweeps, Circumstances.of(spec)).require_some()
    with (
        reached(console, scheduler, workers, len(fit.cells(draws))) as found,
        working(console, directory, "stress"),
    ):
        from ..stress import run as stress_run

        failed = stress_run.carry_out(
            directory, spec, network, fit, trials, modes, draws, display, found
        )
    with working(console, directory, "stress"):
        _report_again(directory, spec, display)
    if as_json:
        typer.echo(directory.read_summary().text())
    else:
        say(Console(), f"table: {directory.stress}")
    if failed:
        say(console, f"error: {len(failed)} cells failed, first {failed[0]}")
        raise typer.Exit(FAILED)


def perturb(
    run_dir: RunPath,
    cells: Annotated[
        str, typer.Option(metavar="CELLS", help="0,3,5, or top:K or bottom:K by their effect.")
    ] = "top:20",
    epoch: Annotated[
        str, typer.Option(metavar="NAME", help="Part of the trial in which cells are driven.")
    ] = "stimulus",
    amplitude: Annotated[
        str, typer.Option(metavar="A,...", help="Drives, in units of W_in x [of the inputs' size].")
    ] = "",
    kick: Annotated[
        int | None, typer.Option(metavar="MODE", min=1, help="Mode to kick, from 1 [all].")
    ] = None,
    trials: Annotated[int, typer.Option(metavar="N", min=2, help="Trials.")] = 400,
    sets: Annotated[
        int, typer.Option(metavar="N", min=4, help="Sets of cells whose effect is foretold.")
    ] = 24,
    as_json: AsJson = False,
) -> None:
    """Drive and silence cells in an epoch, kick modes, and check what the gradient foretells."""
    console, display = stderr()
    with bad_input(console):
        directory, spec = open_run(console, run_dir)
        from spikemodes.models.networks.storage import load_spiking_network

        from ..perturb.plan import Plan, parse_amplitudes, parse_cells

        mode = None if kick is None else kick - 1
        doses = parse_amplitudes(amplitude)
        plan = Plan(parse_cells(cells), epoch, doses, mode, trials, sets)
        network = load_spiking_network(directory.network)
        plan.require(network, spec.build_task())
    with working(console, directory, "perturb"):
        from ..perturb import run as perturb_run

        perturb_run.carry_out(directory, spec, network, plan, display)
        _report_again(directory, spec, display)
    if as_json:
        typer.echo(directory.read_summary().text())
    else:
        say(Console(), f"table: {directory.perturb}")


def populations(
    run_dir: RunPath,
    times: Annotated[
        str, typer.Option(metavar="K,...", help="Sizes, in sizes of the network.")
    ] = "1,10,100",
    trials: Annotated[int, typer.Option(metavar="N", min=1, help="Trials of each network.")] = 50,
    draws: Annotated[int, typer.Option(metavar="N", min=1, help="Networks of each size.")] = 3,
    classes: Annotated[
        str, typer.Option(metavar="K,...", help="Classes of cells to draw from [as found].")
    ] = "",
) -> None:
    """Draw larger networks from the classes of cells of a trained one, and run them in Brian2."""
    console, display = stderr()
    with bad_input(console):
        directory, spec = open_run(console, run_dir)
        from spikemodes.models.networks.storage import load_spiking_network

        from ..populations.sizes import Sizes, parse_classes, parse_times

        network = load_spiking_network(directory.network)
        among, each = parse_times(times), parse_classes(classes)
        sizes = Sizes(directory, spec, network, among, draws, trials, each)
    with working(console, directory, "populations"):
        sizes.carry_out(display)
        _report_again(directory, spec, display)
    say(Console(), f"table: {directory.populations}")


def _report_again(directory: RunDirectory, spec: Spec, display: Display) -> None:
    """Write the report of a run that is analysed; nothing for another."""
    from spikemodes.models.networks.storage import load_network

    from ..pipeline.analyse import Findings
    from ..report import run as reporting

    if directory.recording.exists() and directory.analysis.exists():
        network, found = load_network(directory.network), Findings.load(directory.analysis)
        reporting.report(directory, spec, network, recording_of(directory), found, display)
