"""What the whole site has once: its safety, look and health."""
