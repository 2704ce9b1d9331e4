"""Inputs as spikes that arrive through synapses, in place of values that are held over a step.

An input of 1 in step k becomes a spike of its channel, emitted by a `SpikeGeneratorGroup` at the
start of that step. It reaches neuron j at once, through a synapse of weight W_in[j, c], so that a
neuron's input is what ``W_in · x[k]`` is for held values, summed up spike by spike.
"""

from dataclasses import replace
from functools import partial

import numpy as np
from brian2 import SpikeGeneratorGroup, Synapses, second

from ..networks.network import Network
from ..recording import Recording, joined
from ..trials import Trials, in_batches
from .objects import WEIGHT, BrianNetwork, in_synapse_order
from .runtime import RuntimeProgram
from .simulation import compile_simulation

AT_ONCE = 20
"""Trials side by side: each has a synapse of its own from every channel to every neuron."""


def simulate_spiking_inputs(
    network: Network, trials: Trials, *, target: str = "cython", batch: int = AT_ONCE
) -> Recording:
    """Run trials whose inputs are 0 or 1 with these as spikes; everything in Brian2 then spikes.

    Parameters
    ----------
    network
        What to simulate.
    trials
        Inputs of 0 and 1 alone.
    target
        ``cython`` or ``numpy``: the number of input spikes differs from batch to batch, and what
        is compiled as a whole has arrays of fixed length.
    batch
        How many trials run side by side.

    Raises
    ------
    ValueError
        If an input is neither 0 nor 1, or as `simulate` does.
    """
    if target not in {"cython", "numpy"}:
        raise ValueError(f"`target` must be cython or numpy for spiking inputs: got {target!r}.")
    if not ((trials.inputs == 0) | (trials.inputs == 1)).all():
        raise ValueError("`trials` must have inputs of 0 and 1, to be spikes: it has others.")
    recordings = []
    for spikes in in_batches(trials, min(batch, trials.n_trials)):
        silent = replace(spikes, inputs=np.zeros(spikes.inputs.shape, bool))
        simulation = compile_simulation(network, silent, target=target)
        program = RuntimeProgram(
            simulation.structure,
            target,
            partial(_add_inputs, network=network, inputs=spikes.inputs),
        )
        recordings.append(replace(simulation, program=program).run(network, silent))
    return joined(recordings, trials.n_trials)


def _add_inputs(brian: BrianNetwork, network: Network, inputs: np.ndarray) -> None:
    """Add generator and synapses; they act between the recurrent input and the neurons' update."""
    s, n_channels = brian.structure, network.n_inputs
    steps, trials, channels = np.nonzero(inputs)
    neurons = brian.objects["neurons"]
    generator = SpikeGeneratorGroup(
        s.n_trials * n_channels,
        trials * n_channels + channels,
        steps * s.dt_sample * second,
        clock=neurons.clock,
        when="start",
        order=-1,
        name="input_spikes",
    )
    synapses = Synapses(
        generator,
        neurons,
        f"{WEIGHT} : 1",
        on_pre=f"recurrent_post += {WEIGHT}",
        clock=neurons.clock,
        name="from_input",
    )
    neurons_of = "(i//n_channels)*n_neurons + k for k in range(n_neurons)"
    synapses.namespace.update(n_channels=n_channels, n_neurons=s.n_neurons)
    synapses.connect(j=neurons_of)
    getattr(synapses, f"{WEIGHT}_")[:] = in_synapse_order(network.W_in, s.n_trials)
    synapses.pre.when, synapses.pre.order = "start", 1  # after the recurrent input of this step
    brian.network.add(generator, synapses)
