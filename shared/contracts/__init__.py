"""The messages between the services and their callers, one module per service."""
