"""Lines of the adjoint that go through trials and steps.

Trial by trial, all that a trial needs stays in cache. Where gradients come back through few
synapses of many neurons, eight trials go through a step together: one load of a synapse does for
all of them, which are the lanes of vector instructions.
"""

from .frame_lines import indented

_EACH = "for b_ in range(block_ * n_trials_ // blocks_, (block_ + 1) * n_trials_ // blocks_):"
ALONE = {
    "trials_back": indented(
        4,
        [
            _EACH,
            "    n_channels_ = list_channels(inputs_, b_, seen_, channels_)",
            "    sample_ = 0",
            "    clear(g_drives_, 0)",
            "    for step_ in range(n_steps_ - 1, -1, -1):",
            "        k_ = np.int32(start_ + step_)",
            "        back_ = n_steps_ - 1 - step_",
            "        quarter_ = step_ % 4",
        ],
    ),
    "trial_left": "",
}
"""Trial by trial."""

_CARRIED = ("channels_", "g_drives_", "inputs4_", "g_recurrents_", "fed4_")


def together(put: list[str], spread: list[str], *, draws: bool) -> dict[str, str]:
    """Step by step, eight trials together, and then the next eight.

    Parameters
    ----------
    put
        Lines for each trial that put its adjoints into lanes.
    spread
        Lines for eight trials, after that.
    draws
        Whether random numbers are drawn again.
    """
    carried = (*_CARRIED, "draws_") if draws else _CARRIED
    lines = [
        "first_trial_ = block_ * n_trials_ // blocks_",
        "in_block_ = (block_ + 1) * n_trials_ // blocks_ - first_trial_",
        *(f"all_{n} = np.zeros((LANES,) + {n}.shape, {n}.dtype)" for n in carried),
        "n_all_ = np.zeros((2, LANES), np.int64)  # channels and samples",
        "eights_ = (in_block_ + LANES - 1) // LANES",
        "for at_step_ in range(eights_ * n_steps_):  # one loop: what follows is indented for one",
        "    eight_, back_ = at_step_ // n_steps_, at_step_ % n_steps_",
        "    first_of_ = first_trial_ + eight_ * LANES",
        "    in_eight_ = min(LANES, first_trial_ + in_block_ - first_of_)",
        "    if back_ == 0:",
        "        for lane_ in range(in_eight_):",
        "            n_all_[0, lane_] = list_channels(",
        "                inputs_, first_of_ + lane_, seen_, all_channels_[lane_]",
        "            )",
        "            n_all_[1, lane_] = 0",
        "            clear(all_g_drives_[lane_], 0)",
        "    step_ = n_steps_ - 1 - back_",
        "    k_ = np.int32(start_ + step_)",
        "    quarter_ = step_ % 4",
        "    for lane_ in range(in_eight_):",
        "        b_ = first_of_ + lane_",
        *(f"        {line}" for line in put),
        *(f"    {line}" for line in spread),
        "    for lane_ in range(in_eight_):",
        "        b_ = first_of_ + lane_",
        "        n_channels_, sample_ = n_all_[0, lane_], n_all_[1, lane_]",
        *(f"        {name} = all_{name}[lane_]" for name in carried),
    ]
    return {
        "trials_back": indented(4, lines),
        "trial_left": f"\n{indented(12, ['n_all_[1, lane_] = sample_'])}",
    }
