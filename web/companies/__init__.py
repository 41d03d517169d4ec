"""The company hub: its tabs, creating, leaving and closing a company."""
