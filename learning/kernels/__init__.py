"""Generated kernels that run whole trials forward and backward."""
