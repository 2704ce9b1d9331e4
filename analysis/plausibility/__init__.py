"""Is it like cortex? Frozen trials measured, ranges of one named area, and controls beside."""
