"""The report's section on the activity of the neurons."""

from functools import partial

import numpy as np
from jaxtyping import Int
from spikemodes.analysis.figures.activity import RATE_SIGMA, draw_raster
from spikemodes.analysis.firing import neuron_rates, smoothed_rate

from ..display.page import Figure, Section, Table
from ..pipeline.membrane import membrane_figure
from . import glossary
from .reported import Reported
from .sentences import of_raster


def activity(found: Reported) -> Section | None:
    """Draw spikes, and what decides on them in a few neurons."""
    circuit, recording, findings = found.circuit, found.recording, found.findings
    if circuit is None:
        return None
    shape = {"n_neurons": recording.n_neurons, "n_steps": recording.n_steps}
    dt = float(recording.dt)
    rates = neuron_rates(recording.spikes, **shape, n_trials=recording.n_trials, dt=dt)
    raster = partial(
        draw_raster,
        spikes=recording.spikes,
        trial=0,
        **shape,
        dt=dt,
        epochs=found.epochs,
        order=np.argsort(rates),
    )
    first = recording.spikes[recording.spikes[:, 1] == 0]
    population = smoothed_rate(first, **shape, n_trials=1, dt=dt, sigma=RATE_SIGMA)
    figures = [
        Figure(
            "raster",
            "Spikes of the first trial, neurons sorted by rate, and the population rate.",
            raster,
            finding=of_raster(first[:, 0], first[:, 2], recording.n_neurons, population, dt),
            numbers=partial(_spikes, first, dt),
        )
    ]
    silent = int((rates == 0).sum())
    text = (
        f"Neurons fire at {np.median(rates):.1f} Hz in the median, at {rates.max():.1f} Hz at"
        f" most; {silent} of {len(rates)} never do in these trials."
    )
    neuron, program = circuit.network.neuron, circuit.neuron_program
    if findings.states:
        seen = findings.states, findings.traces
        figures.append(membrane_figure(neuron, program, *seen, dt, found.epochs))
    elif not program.watched:
        text += (
            f" No variable of the neuron decides on its spikes ({neuron.threshold}): there are no"
            " membrane traces."
        )
    return Section(title="Activity", text=text, figures=tuple(figures), glossary=glossary.ACTIVITY)


def _spikes(spikes: Int[np.ndarray, "S 3"], dt: float) -> Table:
    """Write the spikes that the raster shows."""
    rows = tuple((round(1e3 * dt * (step + 1), 6), int(neuron)) for step, _, neuron in spikes)
    return Table("Spikes of the first trial", ("time [ms]", "neuron"), rows)
