"""Calls between processes: callers, services and transports."""
