"""What is asked of a validated network beyond its score: choices, mode space, traces, spiking."""

from dataclasses import dataclass, field, fields, replace
from functools import partial

import numpy as np
from jaxtyping import Bool, Float
from spikemodes.analysis.manifold.end_states import condition_means
from spikemodes.analysis.plausibility.distributions import Distributions, distributions
from spikemodes.analysis.plausibility.repeats import Repeats
from spikemodes.analysis.plausibility.table import Comparison
from spikemodes.analysis.reverse_correlation import PsychophysicalKernel
from spikemodes.models.brian.rate_simulation import simulate_rates
from spikemodes.models.brian.simulation import simulate
from spikemodes.models.conditions.circuit import Circuit
from spikemodes.models.files import AnyPath
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import Network, TraceReadout
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.networks.storage import AnyNetwork
from spikemodes.models.recording import Recording
from spikemodes.models.trials import Trials

from ..config.spec import Spec
from ..cores import aside
from ..display.progress import Display
from ..tasks.registry import PsychometricTask, StretchedTask
from .array_groups import read_groups, write_groups
from .circumstances import Circumstances
from .directory import RunDirectory
from .integration import GradedAnswers, graded_answers, integration, longer
from .membrane import threshold_level, traced_states
from .plausibility import compared, energy, record_frozen, summarised, write_table
from .streams import validation_trials

FORMAT = 1
"""Of the file that `Findings` writes."""

_TRACED = 4  # neurons
_PROBED = 200  # trials at most


@dataclass(frozen=True, eq=False)
class Findings:
    """Arrays from which the report is drawn, beside the recording; empty where they do not apply.

    Parameters
    ----------
    psychometric
        In D trials of graded evidence: the network's ``choice``, and the strength of each kind of
        evidence by name (D each).
    kernels
        Psychophysical kernels of the same trials: ``times`` (K), and of each kind of evidence its
        weights, ``attended`` with ``attended low`` and ``attended high``, say (K each).
    kappa_out, kappa_in
        Mean trajectory in the coordinates xi_outᵀ R and xi_inᵀ R by condition (T × P each).
    traces
        Of a few ``neurons`` (K) in the first trial: ``spikes`` (T × K), and the ``threshold``: at
        which value the first of `states` spikes, if the threshold is linear in it (T × K).
    states
        Of the same neurons: the variables on which their spikes depend, and the current I of a
        neuron that has one (T × K each), in SI units.
    spiking
        The fields of `Distributions`.
    """

    psychometric: dict[str, Float[np.ndarray, " D"]]
    kappa_out: dict[str, Float[np.ndarray, "T P"]]
    kappa_in: dict[str, Float[np.ndarray, "T P"]]
    traces: dict[str, np.ndarray]
    states: dict[str, np.ndarray]
    spiking: dict[str, np.ndarray]
    kernels: dict[str, Float[np.ndarray, " K"]] = field(default_factory=dict)

    def save(self, path: AnyPath) -> None:
        """Write to a compressed ``.npz`` file, whole or not at all."""
        write_groups(path, vars(self), written_as=FORMAT)

    @staticmethod
    def load(path: AnyPath) -> "Findings":
        """Read what `save` wrote.

        Raises `ValueError` or `FileNotFoundError` naming the file: it is missing, damaged or in a
        newer format.
        """
        groups = read_groups(path, known=FORMAT)
        return Findings(**{part.name: groups.get(part.name, {}) for part in fields(Findings)})


def analyse(
    run: RunDirectory, spec: Spec, network: AnyNetwork, recording: Recording, display: Display
) -> Findings:
    """Probe the network in Brian2 and write what it answers."""
    trials = validation_trials(spec).subset(slice(0, _PROBED))
    answers: GradedAnswers | None = None
    level, there = None, Circumstances.of(spec)
    circuit = there.circuit(network) if isinstance(network, Network) else None
    repeats: Repeats | None = None
    spiking: dict[str, np.ndarray] = {}
    with display.stages() as begin:
        if isinstance(network, Network):
            begin("Brian2: frozen trials")
            repeats = record_frozen(spec, network, validation_trials(spec))
        with aside(partial(_measure, spec, circuit, repeats)) as found:
            if isinstance(task := spec.build_task(), PsychometricTask):
                begin("Brian2: psychometric trials")
                answers = graded_answers(task, spec, network)
                stretched = longer(task, spec, network) if isinstance(task, StretchedTask) else None
                run.update_summary(integration=integration(answers, stretched))
            begin("Brian2: mode space and membrane traces")
            probe = _probe(network, trials, recording, there)
            if circuit is not None:
                begin("plausibility")
                level = threshold_level(circuit.neuron_program, probe, trial=0)
                spiking = _plausibility(run, circuit, recording, *found())
    labels = condition_labels(trials)
    by_mode = isinstance(network.recurrence, Modes)
    findings = Findings(
        psychometric=answers.trials if answers else {},
        kernels=_arrays(answers.kernels) if answers else {},
        kappa_out=_means(recording.modes[:, :_PROBED], labels) if by_mode else {},
        kappa_in=_means(probe.outputs, labels) if by_mode else {},
        traces={
            "neurons": probe.state_neurons,
            "spikes": probe.raster[:, 0, probe.state_neurons],
            **({} if level is None else {"threshold": level}),
        },
        states={name: states[:, 0] for name, states in probe.states.items()},
        spiking=spiking,
    )
    findings.save(run.analysis)
    return findings


def _measure(
    spec: Spec, circuit: Circuit | None, repeats: Repeats | None
) -> tuple[Comparison, Distributions] | None:
    """Measure a network that spikes."""
    if circuit is None or repeats is None:
        return None
    return compared(spec, circuit, repeats), distributions(repeats)


def _plausibility(
    run: RunDirectory,
    circuit: Circuit,
    recording: Recording,
    comparison: Comparison,
    spiking: Distributions,
) -> dict[str, np.ndarray]:
    """Write how spikes and weights compare with cortex, and what they cost."""
    write_table(comparison.metrics, run.plausibility)
    table = summarised(comparison)
    run.update_summary(energy=energy(circuit, recording), plausibility=table)
    return dict(vars(spiking))


def condition_labels(trials: Trials) -> np.ndarray:
    """Name each trial by its discrete conditions: ``context 0, choice +1`` (B)."""
    discrete = {k: _texts(v) for k, v in trials.conditions.items() if v.dtype.kind in "iuU"}
    texts = [", ".join(f"{k} {v[i]}" for k, v in discrete.items()) for i in range(trials.n_trials)]
    return np.array(texts)


def _texts(values: np.ndarray) -> list[str]:
    """Write values of a condition, with their sign where there are negative ones."""
    if values.dtype.kind == "U":
        return values.tolist()
    return [f"{value:{'+' if (values < 0).any() else ''}d}" for value in values]


def _probe(
    network: AnyNetwork, trials: Trials, recording: Recording, there: Circumstances
) -> Recording:
    """Repeat the trials with xi_in for a readout, which does not feed back, and record states.

    Brian2's numpy target does this in seconds where C++ would have to be compiled.
    """
    if isinstance(W := network.recurrence, Modes):
        network = replace(network, W_out=W.xi_in.T, readout=TraceReadout())
    if isinstance(network, RateNetwork):
        return simulate_rates(network, trials)
    return simulate(
        network,
        trials,
        **there.options,
        target="numpy",
        record_states=traced_states(there.circuit(network).neuron_program),
        record_neurons=traced_neurons(recording.raster[:, 0]),
    ).at_step(trials.dt)


def traced_neurons(raster: Bool[np.ndarray, "T N"]) -> list[int]:
    """Choose neurons that spike in the trial, from the least to the most active of them."""
    counts = raster.sum(axis=0)
    order = np.argsort(counts, kind="stable")
    shown = min(_TRACED, len(order))
    n_candidates = max(np.count_nonzero(counts), shown)
    candidates = order[len(order) - n_candidates :]
    return candidates[np.linspace(0, n_candidates - 1, shown).astype(int)].tolist()


def _arrays(kernels: dict[str, PsychophysicalKernel]) -> dict[str, np.ndarray]:
    """Give kernels of the same bins as arrays."""
    found: dict[str, np.ndarray] = {}
    for kind, kernel in kernels.items():
        found |= {"times": kernel.times, kind: kernel.weight}
        found |= {f"{kind} low": kernel.low, f"{kind} high": kernel.high}
    return found


def _means(trajectories: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    return {str(label): mean for label, mean in condition_means(trajectories, labels).items()}
