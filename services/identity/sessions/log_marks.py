"""How the log names accounts and addresses, so that sign-ins can be investigated."""

from services.identity.hashes import keyed_hash
from services.identity.people.emails import normalise_or_empty
from services.identity.sessions.addresses import normalise_address, site_of
from shared.contracts import identity

_LENGTH = 16


class Marks:
    """Makes the marks; ``key`` never leaves the process, so none can be guessed."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, email: str, address: str) -> identity.signing_in.LogMarks:
        """Mark what somebody typed as their email, and the address they came from."""
        site = site_of(normalise_address(address))
        return identity.signing_in.LogMarks(
            account=self._mark("account", normalise_or_empty(email) or email),
            address=self._mark("address", site),
        )

    def _mark(self, what: str, text: str) -> str:
        if not text:
            return ""
        return keyed_hash(self._key, what, text).hex()[:_LENGTH]
