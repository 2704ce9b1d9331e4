"""Fixtures that several test modules share."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from brian2 import Quantity, ms, mV, nS, pA, pF
from hypothesis import settings
from numba.core import config
from spikemodes.models import (
    LIF,
    ContinuousLIF,
    DoubleExponential,
    ModeNetwork,
    Modes,
    Network,
    NeuronModel,
    PeakReadout,
    Readout,
    SynapticFilter,
    TraceReadout,
    Trials,
)

settings.register_profile("spikemodes", deadline=None, derandomize=True, database=None)
settings.load_profile("spikemodes")


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Compiled code of the whole session, and of its subprocesses, in one directory."""
    with pytest.MonkeyPatch.context() as patch:
        if "SPIKEMODES_CACHE" not in os.environ:
            patch.setenv("SPIKEMODES_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield Path(os.environ["SPIKEMODES_CACHE"])


@pytest.fixture(scope="module", autouse=True)
def quick_garbage_collection() -> None:
    """Brian2 collects garbage before every run: spare it what all tests share."""
    gc.collect()
    gc.freeze()


@dataclass(frozen=True)
class Published:
    """Published weights, the trials they ran, and the activity computed independently."""

    network: Network
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
    trials = Trials(inputs, 2 * ms, targets=data.get("targets"))
    return Published(network, trials, spikes, data["outputs"])


DrawNetwork = Callable[..., Network]


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
        dt: Quantity = 2 * ms,
        seed: int = 0,
    ) -> Network:
        rng = np.random.default_rng(seed)
        scores = rng.normal(size=(n_modes, n_modes) if full else n_modes)
        xi_in, xi_out = rng.normal(size=(2, n_neurons, n_modes))
        return ModeNetwork(
            neuron=neuron or LIF(),
            filter=filter or DoubleExponential(),
            W_in=rng.normal(size=(n_neurons, 3)),
            W_out=rng.normal(size=(2, n_neurons)),
            dt=dt,
            readout=readout or TraceReadout(),
            modes=Modes(xi_in, scores, xi_out),
        )

    return draw


DrawTrials = Callable[..., Trials]


@pytest.fixture(scope="session")
def draw_trials() -> DrawTrials:
    """Draw trials of noise for the networks of `draw_network`."""

    def draw(
        n_steps: int = 60,
        n_trials: int = 3,
        *,
        dt: Quantity = 2 * ms,
        strength: float = 1.0,
        seed: int = 1,
    ) -> Trials:
        rng = np.random.default_rng(seed)
        return Trials(strength * rng.normal(0.3, 1.0, size=(n_steps, n_trials, 3)), dt)

    return draw


@pytest.fixture(scope="session")
def neurons() -> dict[str, NeuronModel]:
    """Neurons of every kind that a user may write, by name; any of them fits steps of 1 ms."""
    adex = NeuronModel(
        name="AdEx",
        equations="""
            dv/dt = (g_L*(E_L - v) + g_L*D_T*exp((v - V_T)/D_T) - w + current)/C
                    : volt (unless refractory)
            dw/dt = (a*(v - E_L) - w)/tau_w : amp
            current = g_in*(drive + recurrent) : amp
        """,
        parameters={
            "C": 200 * pF, "g_L": 10 * nS, "E_L": -70 * mV, "V_T": -50 * mV, "D_T": 2 * mV,
            "a": 2 * nS, "b": 30 * pA, "tau_w": 100 * ms, "g_in": 250 * pA, "v_cut": -40 * mV,
            "v_reset": -58 * mV, "refractory": 4 * ms,
        },
        method="exponential_euler",
        initial={"v": "E_L"},
        threshold="v > v_cut",
        reset="v = v_reset\nw += b",
        refractory="refractory",
        scale="v_cut - v_reset",
    )  # fmt: skip
    everything = NeuronModel(
        name="everything",
        equations="""
            dv/dt = (-clip(v, -2, 1.5) + tanh(I) + 0.1*sign(u) + rest)/tau : 1 (unless refractory)
            dI/dt = -I/tau_I + (drive + recurrent)/ms : 1
            du/dt = -abs(u)/(2*tau) + 0.05*int(v > 0.5)/ms : 1
            rest = sqrt(0.04 + u**2) - exprel(0.1*u)/10 : 1
        """,
        parameters={"tau": 10 * ms, "tau_I": 5 * ms, "refractory": 3 * ms, "theta": 0.8},
        method="euler",
        initial={"v": "0.5*theta", "u": "-0.2"},
        threshold="v >= theta + 0.1*u",
        reset="v -= theta\nu *= 0.5\nI /= 1.5\nu = u + 0.2*v",
        refractory="refractory",
    )
    return {
        "LIF": LIF(),
        "LIF without refractoriness": LIF(refractory=0 * ms),
        "ContinuousLIF exact": ContinuousLIF(method="exact"),
        "ContinuousLIF euler": ContinuousLIF(method="euler"),
        "ContinuousLIF exponential_euler": ContinuousLIF(method="exponential_euler"),
        "AdEx": adex,
        "AdEx euler": replace(adex, method="euler"),
        "everything": everything,
    }


@pytest.fixture
def kernels(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the generated kernels as plain Python, which takes seconds less than compiling them.

    Parametrise it with "compiled" for the machine code that users run.
    """
    mode = getattr(request, "param", "interpreted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "DISABLE_JIT", mode == "interpreted")
        for name in _kernel_modules():
            patch.delitem(sys.modules, name)
        yield mode
        for name in _kernel_modules():
            del sys.modules[name]


def _kernel_modules() -> list[str]:
    return [name for name in sys.modules if name.startswith("spikemodes_kernel_")]
