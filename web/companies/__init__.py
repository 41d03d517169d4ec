"""The company hub: what belongs to one company rather than to one person."""
