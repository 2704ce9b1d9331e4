"""`spikemodes stress`: a network under conditions that change or disturb its circuit."""
