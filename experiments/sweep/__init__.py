"""`spikemodes sweep`: a grid of runs."""
