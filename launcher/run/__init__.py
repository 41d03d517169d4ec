"""The ways to run: embedded, as a stack, and the set-up of containers."""
