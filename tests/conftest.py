"""Fixtures that several test modules share."""

import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

with warnings.catch_warnings():
    # Brian2 2.9, the newest for this Python, calls pyparsing by names that are deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    from brian2 import ms

from spikemodes.models.lif import LIF
from spikemodes.models.modes import Modes
from spikemodes.models.network import ModeNetwork, PeakReadout, Readout, TraceReadout
from spikemodes.models.neuron import NeuronModel
from spikemodes.models.synaptic_filter import DoubleExponential, SynapticFilter
from spikemodes.models.trials import Trials

settings.register_profile("spikemodes", deadline=None, derandomize=True, database=None)
settings.load_profile("spikemodes")


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Compiled code of the whole session, and of its subprocesses, in one directory."""
    with pytest.MonkeyPatch.context() as patch:
        if "SPIKEMODES_CACHE" not in os.environ:
            patch.setenv("SPIKEMODES_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield Path(os.environ["SPIKEMODES_CACHE"])


@dataclass(frozen=True)
class Published:
    """Published weights, the trials they ran, and the activity computed independently."""

    network: ModeNetwork
    trials: Trials
    spikes: np.ndarray
    outputs: np.ndarray


@pytest.fixture(scope="session")
def reference_folder() -> Path:
    """The folder of published weights; tests are skipped without it."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "reference"
    folder = Path(os.environ.get("SPIKEMODES_REFERENCE") or beside)
    if not folder.is_dir():
        pytest.skip("published weights are not here; set SPIKEMODES_REFERENCE to their folder")
    return folder


@pytest.fixture(scope="session")
def selective_integration(reference_folder: Path) -> Published:
    """Published selective integration, N = 100, P = 3."""
    with np.load(reference_folder / "selective_integration_N100_P3.npz") as file:
        return _published(dict(file), TraceReadout(), file["inputs"])


@pytest.fixture(scope="session")
def digits(reference_folder: Path) -> Published:
    """Published digits, N = 100, P = 3, read out at the peak."""
    with np.load(reference_folder / "digits_N100_P3.npz") as file:
        n_inputs = int(file["n_inputs"])
        inputs = np.unpackbits(file["inputs"], axis=-1)[..., :n_inputs].astype(np.float32)
        return _published(dict(file), PeakReadout(), inputs)


def _published(data: dict[str, np.ndarray], readout: Readout, inputs: np.ndarray) -> Published:
    network = ModeNetwork(
        neuron=LIF(),
        filter=DoubleExponential(),
        W_in=data["W_in"],
        W_out=data["W_out"],
        dt=2 * ms,
        readout=readout,
        modes=Modes(data["xi_in"], data["scores"], data["xi_out"]),
    )
    spikes = np.unpackbits(data["spikes"], axis=-1)[..., : int(data["n_neurons"])].astype(bool)
    return Published(network, Trials(inputs, 2 * ms), spikes, data["outputs"])


DrawNetwork = Callable[..., ModeNetwork]


@pytest.fixture(scope="session")
def draw_network() -> DrawNetwork:
    """Draw a small random network, its weights large enough that it fires and interacts."""

    def draw(
        neuron: NeuronModel | None = None,
        filter: SynapticFilter | None = None,
        *,
        n_neurons: int = 8,
        n_modes: int = 2,
        full: bool = False,
        readout: Readout | None = None,
        seed: int = 0,
    ) -> ModeNetwork:
        rng = np.random.default_rng(seed)
        scores = rng.normal(size=(n_modes, n_modes) if full else n_modes)
        xi_in, xi_out = rng.normal(size=(2, n_neurons, n_modes))
        return ModeNetwork(
            neuron=neuron or LIF(),
            filter=filter or DoubleExponential(),
            W_in=rng.normal(size=(n_neurons, 3)),
            W_out=rng.normal(size=(2, n_neurons)),
            dt=2 * ms,
            readout=readout or TraceReadout(),
            modes=Modes(xi_in, scores, xi_out),
        )

    return draw


DrawTrials = Callable[..., Trials]


@pytest.fixture(scope="session")
def draw_trials() -> DrawTrials:
    """Draw trials of noise for the networks of `draw_network`."""

    def draw(n_steps: int = 60, n_trials: int = 3, *, seed: int = 1, strength: float = 1.0):
        rng = np.random.default_rng(seed)
        inputs = strength * rng.normal(0.3, 1.0, size=(n_steps, n_trials, 3))
        return Trials(inputs, 2 * ms)

    return draw
