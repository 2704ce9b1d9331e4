from .brian.clamping import ClampedModes as ClampedModes
from .brian.rate_simulation import simulate_rates as simulate_rates
from .brian.simulation import (
    Simulation as Simulation,
    compile_simulation as compile_simulation,
    simulate as simulate,
)
from .brian.spiking_inputs import simulate_spiking_inputs as simulate_spiking_inputs
from .networks.background import Background as Background, ConnectionShares as ConnectionShares
from .networks.connectivity import (
    AnyConnectivity as AnyConnectivity,
    Dense as Dense,
    Masked as Masked,
    Sparse as Sparse,
)
from .networks.designed import DesignedModes as DesignedModes
from .networks.modes import Modes as Modes
from .networks.network import (
    DenseNetwork as DenseNetwork,
    ModeNetwork as ModeNetwork,
    Network as Network,
    continuous as continuous,
    to_dense as to_dense,
    under_modes as under_modes,
)
from .networks.pathway import Pathway as Pathway
from .networks.plasticity import ShortTermPlasticity as ShortTermPlasticity
from .networks.population import (
    Population as Population,
    excitatory_and_inhibitory as excitatory_and_inhibitory,
)
from .networks.rate_network import RateNetwork as RateNetwork, RateUnit as RateUnit
from .networks.recurrent import (
    PeakReadout as PeakReadout,
    Readout as Readout,
    TraceReadout as TraceReadout,
)
from .networks.storage import (
    AnyNetwork as AnyNetwork,
    load_network as load_network,
    load_spiking_network as load_spiking_network,
    save_network as save_network,
)
from .networks.transfer import Sigmoid as Sigmoid, Tanh as Tanh
from .neurons.adaptive import AdaptiveLIF as AdaptiveLIF
from .neurons.adex import AdEx as AdEx
from .neurons.biased import BiasedLIF as BiasedLIF
from .neurons.conductance import ConductanceLIF as ConductanceLIF
from .neurons.lif import LIF as LIF, ContinuousLIF as ContinuousLIF
from .neurons.neuron import (
    CONDUCTANCES as CONDUCTANCES,
    CURRENT as CURRENT,
    NeuronModel as NeuronModel,
)
from .neurons.synaptic_filter import (
    ContinuousDoubleExponential as ContinuousDoubleExponential,
    ContinuousSingleExponential as ContinuousSingleExponential,
    DoubleExponential as DoubleExponential,
    SingleExponential as SingleExponential,
    SynapticFilter as SynapticFilter,
)
from .quantities import format_quantity as format_quantity, parse_quantity as parse_quantity
from .recording import Recording as Recording
from .translation.translator import translate_neuron as translate_neuron
from .trials import Trials as Trials
