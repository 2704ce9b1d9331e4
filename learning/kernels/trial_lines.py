"""Lines of the adjoint that go through trials and steps.

Trial by trial, all that a trial needs stays in cache. Where gradients come back through few
synapses of many neurons, the trials of a block go through a step together: one load of a synapse
does for eight of them, which are the lanes of vector instructions.
"""

from .frame_lines import indented

_STEP = [
    "for step_ in range(n_steps_ - 1, -1, -1):",
    "    k_ = np.int32(start_ + step_)",
    "    back_ = n_steps_ - 1 - step_",
    "    quarter_ = step_ % 4",
]
_EACH = "for b_ in range(block_ * n_trials_ // blocks_, (block_ + 1) * n_trials_ // blocks_):"
ALONE = {
    "trials_back": indented(
        4,
        [
            _EACH,
            "    n_channels_ = list_channels(inputs_, b_, seen_, channels_)",
            "    sample_ = 0",
            "    clear(g_drives_, 0)",
            *(f"    {line}" for line in _STEP),
        ],
    ),
    "trial_left": "",
}
"""Trial by trial."""

_CARRIED = ("channels_", "g_drives_", "inputs4_", "g_recurrents_", "fed4_")


def together(put: list[str], spread: list[str], *, draws: bool) -> dict[str, str]:
    """Step by step, trials together.

    Parameters
    ----------
    put
        Lines for each trial that put its adjoints into lanes.
    spread
        Lines for each eight trials, after that.
    draws
        Whether random numbers are drawn again.
    """
    carried = (*_CARRIED, "draws_") if draws else _CARRIED
    lines = [
        "first_trial_ = block_ * n_trials_ // blocks_",
        "in_block_ = (block_ + 1) * n_trials_ // blocks_ - first_trial_",
        *(f"all_{n} = np.zeros((in_block_,) + {n}.shape, {n}.dtype)" for n in carried),
        "n_all_ = np.zeros((2, in_block_), np.int64)  # channels and samples",
        "for t_ in range(in_block_):",
        "    n_all_[0, t_] = list_channels(inputs_, first_trial_ + t_, seen_, all_channels_[t_])",
        *_STEP,
        "    for t_ in range(in_block_):",
        "        b_ = first_trial_ + t_",
        "        eight_, lane_ = t_ // LANES, t_ % LANES",
        *(f"        {line}" for line in put),
        "    for eight_ in range((in_block_ + LANES - 1) // LANES):",
        *(f"        {line}" for line in spread),
        "    for t_ in range(in_block_):",
        "        b_ = first_trial_ + t_",
        "        eight_, lane_ = t_ // LANES, t_ % LANES",
        "        n_channels_, sample_ = n_all_[0, t_], n_all_[1, t_]",
        *(f"        {name} = all_{name}[t_]" for name in carried),
    ]
    return {
        "trials_back": indented(4, lines),
        "trial_left": f"\n{indented(12, ['n_all_[1, t_] = sample_'])}",
    }
