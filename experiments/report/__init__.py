"""`spikemodes report`: the page of a run."""
