"""What identity offers: people, companies, memberships, sessions."""

from shared.contract import ServiceContract
from shared.contracts.identity import (
    activity,
    companies,
    email_changes,
    factors,
    login_links,
    memberships,
    notices,
    passkeys,
    passwords,
    people,
    second_step,
    sessions,
    signing_in,
    verification,
)
from shared.contracts.identity.accounts import closing, leaving, operating, signing_up
from shared.contracts.identity.members import (
    contacts,
    invitations,
    ownership,
    roles,
    security,
)
from shared.contracts.identity.name import NAME

CONTRACT = ServiceContract(
    name=NAME,
    methods=(
        *signing_in.METHODS,
        *second_step.METHODS,
        *factors.METHODS,
        *passkeys.METHODS,
        *login_links.METHODS,
        *signing_up.METHODS,
        *closing.METHODS,
        *leaving.METHODS,
        *operating.METHODS,
        *sessions.METHODS,
        *people.METHODS,
        *passwords.METHODS,
        *email_changes.METHODS,
        *companies.METHODS,
        *memberships.METHODS,
        *roles.METHODS,
        *security.METHODS,
        *ownership.METHODS,
        *invitations.METHODS,
        *contacts.METHODS,
        *activity.METHODS,
        *notices.METHODS,
        *verification.METHODS,
    ),
    events=(
        *companies.EVENTS,
        *memberships.EVENTS,
        *signing_in.EVENTS,
        *factors.EVENTS,
        *notices.EVENTS,
        *verification.EVENTS,
    ),
)
