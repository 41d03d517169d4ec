"""For those who work on the interface; served in development only."""
