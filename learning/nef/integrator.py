"""A gated integrator of spiking cells, made after the principles of the framework."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import ModeNetwork, Network

from ..task import GatedEvidence
from .tuning import Bench, Tuning, decoders

STATE, EVIDENCE, PRESENCE = range(3)
"""The modes: the sum so far, what is added to it, and whether anything is shown."""

_STATE_RADIUS, _EVIDENCE_RADIUS = 1.5, 4.0  # in units of a whole sum, and of the usual strength
_PRESENT = 0.8  # of the usual strength: from here on it counts as shown
_STEEP = 0.3  # the answer is tanh(state/_STEEP)
_POINTS = 41
_PART = 0.4  # [s]: of a trial in which a step is measured, the end of what settles


@dataclass(frozen=True, eq=False)
class Integrator:
    """A network that sums gated evidence, and what was found on the way.

    Parameters
    ----------
    network
        The network.
    delay
        Mean time that the state takes to come back through its mode [s].
    errors
        Root mean square of what each decoder misses in its tuning curves, by name.
    n_solved
        How many decoding weights were solved for.
    """

    network: Network
    delay: float
    errors: dict[str, float]
    n_solved: int


@dataclass(frozen=True, eq=False)
class Populations:
    """The cells of each kind: gates of evidence, integrators of the state, and of the answer."""

    gates: Int[np.ndarray, " G"]
    state: Int[np.ndarray, " Z"]
    answer: Int[np.ndarray, " Y"]

    @classmethod
    def of(cls, n: int, gates: float, state: float) -> Populations:
        """Divide N cells by the shares of the first two kinds."""
        return cls(*np.split(np.arange(n), np.cumsum([round(gates * n), round(state * n)])))


def solve_integrator(
    bench: Bench,
    evidence: GatedEvidence,
    n_inputs: int,
    populations: Populations,
    noise: float,
    rng: np.random.Generator,
) -> Integrator:
    """Draw encoders, measure tuning curves, and solve for decoders.

    ::

        gates      fire with ± one channel of evidence, and are silent unless its gate is on
        state      is driven along its encoders by the modes of the state z and of the evidence u
        answer     is driven by z, and silenced by the presence p of evidence

        z decodes from the state's cells as z, and u from the gates' as delay · dz/dt: what comes
        back after `delay` has to be z + delay · dz/dt for dz/dt to be as wanted
        p decodes from the gates' cells, the output, tanh(z/0.3), from the answer's

    Parameters
    ----------
    bench
        The cells.
    evidence
        What is summed. Inputs that gate are 1 or 0, one of them being on at any time: they carry
        the cells' biases, so that cells need no constant drive beside.
    n_inputs
        C.
    populations
        Which cells do what.
    noise
        On the activities, as `decoders` has it.
    rng
        Source of the encoders.

    Raises
    ------
    ValueError
        If the cells never fire.

    Source: Eliasmith & Anderson, Neural Engineering (2003): its principles of representation,
    transformation and dynamics.
    """
    g, z, y = populations.gates, populations.state, populations.answer
    W_in, xi_in = _encoders(bench, evidence, n_inputs, populations, rng)
    driven = np.hstack([W_in, xi_in])
    along_state, z_points = _points_of_state(evidence, n_inputs)
    along_evidence, u_points = _points_of_evidence(evidence, n_inputs)
    of_state, of_answer = (bench.tuning(driven[cells], along_state) for cells in (z, y))
    of_gates = bench.tuning(driven[g], along_evidence)
    presence = np.minimum(np.abs(u_points) / (_PRESENT * evidence.strength), 1)
    wanted = {
        "state": (of_state, z_points),
        "evidence": (of_gates, u_points),
        "presence": (of_gates, presence),
        "answer": (of_answer, np.tanh(z_points / _STEEP)),
    }
    solved = {name: decoders(tuning, value, noise) for name, (tuning, value) in wanted.items()}
    delay = _delay(bench, driven[z], solved["state"], along_state)
    xi_out, W_out = np.zeros_like(xi_in), np.zeros((1, len(xi_in)))
    xi_out[z, STATE], xi_out[g, PRESENCE] = solved["state"], solved["presence"]
    xi_out[g, EVIDENCE] = delay / evidence.whole * solved["evidence"]
    W_out[0, y] = solved["answer"]
    network = ModeNetwork(
        modes=Modes(xi_in, np.ones(xi_in.shape[1]), xi_out),
        neuron=bench.neuron,
        filter=bench.filter,
        W_in=W_in,
        W_out=W_out,
        dt=bench.dt,
    )
    errors = {
        name: float(np.sqrt(np.mean((tuning @ solved[name] - value) ** 2)))
        for name, (tuning, value) in wanted.items()
    }
    return Integrator(network, delay, errors, sum(len(one) for one in solved.values()))


def _encoders(
    bench: Bench,
    evidence: GatedEvidence,
    n_inputs: int,
    populations: Populations,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, "N C"], Float[np.ndarray, "N 3"]]:
    """Draw what drives each cell: its input weights and its xi_in."""
    curve = bench.f_i_curve()
    g, z, y = populations.gates, populations.state, populations.answer
    n, gating = len(g) + len(z) + len(y), list(evidence.gates.values())
    W_in, xi_in = np.zeros((n, n_inputs)), np.zeros((n, 3))
    radius = _EVIDENCE_RADIUS * evidence.strength
    gate = Tuning.drawn(len(g), curve, rng, radius=radius, intercepts=(0.05, 0.4), rates=(40, 80))
    for number, (shown, opens) in enumerate(evidence.gates.items()):
        own = np.arange(len(g)) // 2 % len(evidence.gates) == number
        W_in[g[own], shown] = gate.encoders[own]
        W_in[g[own][:, None], gating] = -radius * gate.gains[own, None]
        W_in[g[own], opens] = gate.biases[own]
    state = Tuning.drawn(
        len(z), curve, rng, radius=_STATE_RADIUS, intercepts=(-0.9, 0.9), rates=(40, 80)
    )
    xi_in[z[:, None], [STATE, EVIDENCE]] = state.encoders[:, None]
    W_in[z[:, None], gating] = state.biases[:, None]
    answer = Tuning.drawn(len(y), curve, rng, radius=0.6, intercepts=(0.15, 0.5), rates=(70, 90))
    xi_in[y, STATE] = answer.encoders
    xi_in[y, PRESENCE] = -(answer.gains * _STATE_RADIUS + answer.biases)
    W_in[y[:, None], gating] = answer.biases[:, None]
    return W_in, xi_in


def _points_of_state(
    evidence: GatedEvidence, n_inputs: int
) -> tuple[Float[np.ndarray, "S D"], Float[np.ndarray, " S"]]:
    """Give inputs and modes (S × (C + 3)) along the state, and the state."""
    state = np.linspace(-_STATE_RADIUS, _STATE_RADIUS, _POINTS)
    points = np.zeros((_POINTS, n_inputs + 3))
    points[:, n_inputs + STATE] = state
    points[:, next(iter(evidence.gates.values()))] = 1
    return points, state


def _points_of_evidence(
    evidence: GatedEvidence, n_inputs: int
) -> tuple[Float[np.ndarray, "S D"], Float[np.ndarray, " S"]]:
    """Give inputs and modes (S × (C + 3)) along each channel of evidence, and the evidence."""
    radius = _EVIDENCE_RADIUS * evidence.strength
    along = np.linspace(-radius, radius, _POINTS)
    points = np.zeros((len(evidence.gates), _POINTS, n_inputs + 3))
    for of_channel, (shown, opens) in zip(points, evidence.gates.items(), strict=True):
        of_channel[:, shown], of_channel[:, opens] = along, 1
    return points.reshape(-1, n_inputs + 3), np.tile(along, len(evidence.gates))


def _delay(
    bench: Bench,
    weights: Float[np.ndarray, "Z C"],
    decoder: Float[np.ndarray, " Z"],
    points: Float[np.ndarray, "S C"],
) -> float:
    """Measure how long a step of the state takes to be decoded, in the mean over steps.

    That is ∫ (1 - how far it has come) dt: for filters in a row, the sum of their time constants.
    """
    part, middle = round(_PART / float(bench.dt)), len(points) // 2
    ends = points[[middle // 4, middle // 2, -middle // 2, -middle // 4]]
    before = np.tile(points[middle], (2 * part, len(ends), 1))
    inputs = np.concatenate([before, np.tile(ends, (3 * part, 1, 1))])
    decoded = bench.outputs(weights, decoder[:, None], inputs)[0][..., 0]
    start, end = decoded[part : 2 * part].mean(axis=0), decoded[-part:].mean(axis=0)
    missing = (end - decoded[2 * part : -part]) / (end - start)
    return float(missing.sum(axis=0).mean() * float(bench.dt))
