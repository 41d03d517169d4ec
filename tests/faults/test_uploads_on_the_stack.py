"""Documents sent to a real stack: its memory, its other pages, its death in between."""

GROWS_BY_MIB = 32
HEALTH_WITHIN_S = 0.1
PATIENCE_S = 60
MARKER = b"planted marker of a person"
