"""`spikemodes compare`: learning methods side by side."""
