"""The service list and the page of one service."""
