"""What the steps of verification are asked and told, and what companies reach."""

from shared.contracts.identity.verification import levels, phones

METHODS = (*phones.METHODS,)
EVENTS = (*levels.EVENTS,)
