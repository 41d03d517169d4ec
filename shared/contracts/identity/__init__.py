"""What identity offers: people, companies, memberships, sessions."""

from shared.contract import ServiceContract
from shared.contracts.identity import companies, memberships, people, signing_in
from shared.contracts.identity.name import NAME

CONTRACT = ServiceContract(
    name=NAME,
    methods=(
        *signing_in.METHODS,
        *people.METHODS,
        *companies.METHODS,
        *memberships.METHODS,
    ),
    events=(
        *companies.EVENTS,
        *memberships.EVENTS,
        *signing_in.EVENTS,
    ),
)
