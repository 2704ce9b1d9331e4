"""`spikemodes stress`: a network under the conditions of biology."""
