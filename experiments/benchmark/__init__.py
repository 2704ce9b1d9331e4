"""`spikemodes benchmark`: speed and memory beside peers."""
