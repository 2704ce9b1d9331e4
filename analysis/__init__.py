"""Analysis of modes, activity and behaviour: arrays in, arrays out."""
