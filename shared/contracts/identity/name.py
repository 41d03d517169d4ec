"""The service's name, for the modules of its contract."""

NAME = "identity"
