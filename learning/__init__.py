"""Learning of modes and scores in a PyTorch twin of the Brian2 model."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
