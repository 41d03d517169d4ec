"""Calls between processes: callers, the services that answer, what carries both."""
