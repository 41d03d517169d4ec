"""What the steps of verification are asked and told, and what companies reach."""

from shared.contracts.identity.verification import documents, emails, levels, phones

METHODS = (*emails.METHODS, *phones.METHODS, *documents.METHODS)
EVENTS = (*levels.EVENTS,)
