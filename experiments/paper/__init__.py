"""`spikemodes paper`: the paper's findings again."""
