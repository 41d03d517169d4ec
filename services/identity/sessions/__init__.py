"""Sessions: browsers that are signed in, their devices, and signed principals."""
