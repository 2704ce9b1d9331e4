"""Studies: many cells, on which workers they run, and the table of what they found."""
