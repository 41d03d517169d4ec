"""The messages between the services and their callers, a folder per service."""
