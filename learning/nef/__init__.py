"""The Neural Engineering Framework: networks whose decoders are solved for, without training."""
