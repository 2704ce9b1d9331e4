"""`spikemodes populations`: networks of several sizes, drawn from the classes of cells of one."""
