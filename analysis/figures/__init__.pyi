from .activity import Trace as Trace, draw_neurons as draw_neurons, draw_raster as draw_raster
from .behaviour import (
    draw_kernels as draw_kernels,
    draw_outputs as draw_outputs,
    draw_psychometric as draw_psychometric,
    draw_training_curve as draw_training_curve,
)
from .benchmark import (
    Timings as Timings,
    draw_recurrence as draw_recurrence,
    draw_sizes as draw_sizes,
)
from .causality import (
    draw_causal_ranks as draw_causal_ranks,
    draw_lost_performance as draw_lost_performance,
    draw_mode_sets as draw_mode_sets,
)
from .classification import (
    draw_class_accuracy as draw_class_accuracy,
    draw_confusion as draw_confusion,
    draw_examples as draw_examples,
)
from .comparison import (
    Contender as Contender,
    draw_comparison as draw_comparison,
    draw_courses as draw_courses,
)
from .excitability import draw_f_i_curve as draw_f_i_curve
from .flow import Flow as Flow, draw_flow as draw_flow, draw_response as draw_response
from .generation import (
    draw_output as draw_output,
    draw_return_map as draw_return_map,
    draw_spectrum as draw_spectrum,
)
from .interventions import (
    draw_doses as draw_doses,
    draw_foretold as draw_foretold,
    draw_returns as draw_returns,
    draw_silenced as draw_silenced,
)
from .latent import draw_branches as draw_branches, draw_cycle as draw_cycle
from .likeness import draw_distances as draw_distances, draw_maps as draw_maps
from .manifold import (
    draw_alignments as draw_alignments,
    draw_dimensions as draw_dimensions,
    draw_overlaps as draw_overlaps,
)
from .modes import (
    draw_importance as draw_importance,
    draw_mode_space as draw_mode_space,
    draw_rank_curves as draw_rank_curves,
    draw_weights as draw_weights,
)
from .paper import draw_against_modes as draw_against_modes, draw_losses as draw_losses
from .populations import (
    draw_cells as draw_cells,
    draw_resampled as draw_resampled,
    draw_stability as draw_stability,
)
from .spiking import draw_spike_statistics as draw_spike_statistics
from .stress import (
    Curve as Curve,
    draw_condition as draw_condition,
    draw_overview as draw_overview,
)
from .theme import DARK as DARK, LIGHT as LIGHT, Epoch as Epoch, Theme as Theme
from .trajectories import (
    draw_decoding as draw_decoding,
    draw_end_states as draw_end_states,
    draw_tangling as draw_tangling,
)
