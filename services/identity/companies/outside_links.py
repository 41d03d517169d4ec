"""Links to people who may have no account, and who tries to guess one."""

from dataclasses import dataclass
from datetime import timedelta

from services.identity.limits import Limit, Limits
from services.identity.mailed_links import MailedLinks
from services.identity.models.mailed_links import LinkKind
from services.identity.sessions.addresses import normalise_address, site_of
from shared.db.database import Database
from shared.errors import NotFound
from shared.rpc.call import Call

PER_ADDRESS = Limit(
    "guessed link from address", "too_many_links", 300, timedelta(minutes=15)
)
"""Wrong links only. High, because an office shares one address, and a link that a mail
program has cut in two is opened more than once."""


@dataclass(frozen=True)
class OutsideLinks:
    database: Database
    links: MailedLinks
    limits: Limits

    def admit(self, call: Call, kind: LinkKind, token: str, address: str) -> None:
        """Count a token that we have not made, for the address that it comes from.

        Raises:
            NotFound: ``link_unknown``.
            Throttled: ``too_many_links`` with ``retry_after_s``.
        """
        if self.links.is_genuine(kind, token):
            return
        site = site_of(normalise_address(address))
        with self.database.system() as db:
            self.limits.take(db, PER_ADDRESS, site, call.now)
        raise NotFound("link_unknown")
