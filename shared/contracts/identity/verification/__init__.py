"""What the steps of verification are asked and told, and what companies reach."""

from shared.contracts.identity.verification import levels

METHODS = ()
EVENTS = (*levels.EVENTS,)
