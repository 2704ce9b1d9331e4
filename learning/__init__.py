"""Learning of modes and scores in a PyTorch twin of the Brian2 model."""
