"""Run the client area in one process, as a stack, or set up containers."""
