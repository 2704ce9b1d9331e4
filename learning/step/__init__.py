"""One step of the twin: what a backend computes, and the reference in PyTorch."""
