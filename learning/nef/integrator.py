"""A gated integrator of spiking cells, made after the principles of the framework."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import ModeNetwork

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

    network: ModeNetwork
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


def integrator(
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

    Inputs that gate are 1 or 0, one of them being on at any time: they carry the cells' biases,
    so that cells need no constant drive beside.

    Source: Eliasmith & Anderson, Neural Engineering (2003): chs. 2 and 4 (decoders), 8 (dynamics).
    """
    curve, (g, z, y) = bench.f_i_curve(), _kinds(populations)
    n, gating = len(g) + len(z) + len(y), list(evidence.gates.values())
    W_in, xi_in, xi_out = np.zeros((n, n_inputs)), np.zeros((n, 3)), np.zeros((n, 3))
    W_out = np.zeros((n, 1))

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

    z_points = np.linspace(-_STATE_RADIUS, _STATE_RADIUS, _POINTS)
    driven = np.hstack([W_in, xi_in])
    along_state = np.zeros((_POINTS, n_inputs + 3))
    along_state[:, n_inputs + STATE], along_state[:, gating[0]] = z_points, 1
    along_evidence = np.zeros((len(gating), _POINTS, n_inputs + 3))
    u_points = np.linspace(-radius, radius, _POINTS)
    for points, (shown, opens) in zip(along_evidence, evidence.gates.items(), strict=True):
        points[:, shown], points[:, opens] = u_points, 1
    of_state, of_answer = (bench.tuning(driven[cells], along_state) for cells in (z, y))
    of_gates = bench.tuning(driven[g], np.concatenate(along_evidence))
    u = np.tile(u_points, len(gating))

    wanted = {
        "state": (of_state, z_points),
        "evidence": (of_gates, u),
        "presence": (of_gates, np.minimum(np.abs(u) / (_PRESENT * evidence.strength), 1)),
        "answer": (of_answer, np.tanh(z_points / _STEEP)),
    }
    solved = {name: decoders(tuning, value, noise) for name, (tuning, value) in wanted.items()}
    delay = _delay(bench, driven[z], solved["state"], along_state)
    xi_out[z, STATE], xi_out[g, PRESENCE] = solved["state"], solved["presence"]
    xi_out[g, EVIDENCE] = delay / evidence.whole * solved["evidence"]
    W_out[y, 0] = solved["answer"]
    network = ModeNetwork(
        modes=Modes(xi_in, np.ones(3), xi_out),
        neuron=bench.neuron,
        filter=bench.filter,
        W_in=W_in,
        W_out=W_out.T,
        dt=bench.dt,
    )
    errors = {
        name: float(np.sqrt(np.mean((tuning @ solved[name] - value) ** 2)))
        for name, (tuning, value) in wanted.items()
    }
    return Integrator(network, delay, errors, sum(len(one) for one in solved.values()))


def _kinds(populations: Populations) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return populations.gates, populations.state, populations.answer


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
