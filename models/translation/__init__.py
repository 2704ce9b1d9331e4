"""From Brian2 text to the step program from which twin and kernels are made."""
