"""Signing in: log-ins, the throttle, sessions and signed principals."""
