"""Whether a company is open to changes."""

from enum import Enum


class Standing(Enum):
    OPEN = "open"
    LOCKED = "locked"
    """By an operator: its people read, and change nothing."""
    CLOSED = "closed"
    """By its owner, for ever: its people read its documents, and change nothing."""
