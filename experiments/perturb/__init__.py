"""`spikemodes perturb`: cells driven and silenced in an epoch, modes kicked, effects predicted."""
