"""Signing in and out, and switching between companies."""
