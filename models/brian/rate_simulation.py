"""Simulation of rate networks in Brian2: one equation for every step, in its numpy code."""

from collections.abc import Callable

import numpy as np
from brian2 import Clock, Function, Network, NeuronGroup, Quantity, StateMonitor, TimedArray, second

from ..brian_state import brian_runtime
from ..networks.network import PeakReadout
from ..networks.rate_network import RateNetwork
from ..networks.recurrent import require_channels
from ..quantities import whole_steps
from ..recording import Recording, joined
from ..trials import Trials, in_batches
from .objects import AFTER_UPDATE

UNITS = """
    dx/dt = (drive + recurrent - x)/tau_mem : 1
    r : 1
    drive = drive_values(t, i) : 1
    recurrent : 1
    peak : 1
    tau_mem : second (constant)
"""
_KNOWN = "before_thresholds"  # the slot after the one in which the new rates are relayed


def simulate_rates(
    network: RateNetwork, trials: Trials, *, dt: Quantity | None = None, batch: int | None = None
) -> Recording:
    """Run all trials in Brian2, side by side in one network.

    ::

        dx/dt = (W_in u + W f(x) - x)/tau_mem + white noise

    with W f(x) held over each step, so that a step of `network.dt` is that of the twin. Noise is
    drawn anew, so that two runs of a network with noise differ.

    Parameters
    ----------
    network
        What to simulate.
    trials
        Inputs; each is held over `trials.dt`.
    dt
        Simulation step, `trials.dt` by default; must divide it.
    batch
        How many trials run side by side; more run one batch after the other. All by default.

    Returns
    -------
    Recording
        Without spikes; with mode activity and outputs after each step `dt`.

    Raises
    ------
    ValueError
        If trials or step do not fit the network.
    """
    step = trials.dt if dt is None else dt
    whole_steps(trials.dt, step, "trials.dt")
    require_channels(network, trials)
    size = min(batch or trials.n_trials, trials.n_trials)
    parts = [_simulate(network, part, step) for part in in_batches(trials, size)]
    return joined(parts, trials.n_trials)


def _simulate(network: RateNetwork, trials: Trials, dt: Quantity) -> Recording:
    W, n_trials = network.recurrence, trials.n_trials
    modes = network.mode_encoder.T
    to_relay = np.concatenate([modes, network.W_out])
    drive = (trials.inputs.astype(float) @ network.W_in.T).reshape(trials.n_steps, -1)

    def recurrent(rates: np.ndarray) -> np.ndarray:
        return (W @ rates.reshape(n_trials, -1).T).T.ravel()

    def relayed(index: np.ndarray) -> np.ndarray:
        rates = np.asarray(units.r).reshape(n_trials, -1)
        return (rates @ to_relay.T).ravel()[index]

    with brian_runtime():
        clock = Clock(dt=dt)
        units = NeuronGroup(
            n_trials * network.n_neurons,
            UNITS,
            method="exact",
            clock=clock,
            namespace={
                "drive_values": TimedArray(drive, dt=trials.dt),
                "noise": network.unit.noise,
                "recurrent_of": _unchecked(recurrent),
            },
        )
        units.r, units.peak = network.unit.rest, -1
        tau = np.broadcast_to(np.asarray(network.unit.tau_mem), network.n_neurons)
        units.tau_mem = np.tile(tau, n_trials) * second
        noise = "x += noise*sqrt(dt/second)*randn()\n" if network.unit.noise else ""
        units.run_regularly("recurrent = recurrent_of(r)", clock=clock, when="start")
        units.run_regularly(
            f"{noise}r = {network.unit.transfer.text}\npeak = clip(peak, r, 1)",
            clock=clock,
            when=AFTER_UPDATE,
        )
        relay = NeuronGroup(
            n_trials * len(to_relay),
            "total : 1",
            clock=clock,
            namespace={"relayed": _unchecked(relayed)},
        )
        relay.run_regularly("total = relayed(i)", clock=clock, when=AFTER_UPDATE, order=1)
        monitor = StateMonitor(relay, "total", record=True, clock=clock, when=_KNOWN)
        simulation = Network(units, relay, monitor)
        simulation.run(trials.n_steps * trials.dt, namespace={})
        total = np.asarray(monitor.total).T.reshape(-1, n_trials, len(to_relay))
        peaks = np.asarray(units.peak).reshape(n_trials, -1)
    at_peak = isinstance(network.readout, PeakReadout)
    return Recording(
        spikes=np.zeros((0, 3), int),
        n_neurons=network.n_neurons,
        n_trials=n_trials,
        n_steps=len(total),
        dt=dt,
        outputs=peaks @ network.W_out.T if at_peak else total[..., len(modes) :],
        modes=total[..., : len(modes)],
    )


def _unchecked(function: Callable[[np.ndarray], np.ndarray]) -> Function:
    """Make a function of numbers known to Brian2, which else writes its arguments out at each call.

    That is for a message about units, and takes longer than a step.
    """
    known = Function(function, arg_units=[1], return_unit=1)
    known.implementations.add_implementation("numpy", function)
    return known
