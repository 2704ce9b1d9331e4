"""`spikemodes similarity`: whether networks that learned one task found the same solution."""
