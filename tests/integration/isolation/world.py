"""Two companies that must never see each other, and everybody who might try.

Every text that belongs to a company bears its word, so that it can be looked for in
whatever others are answered.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import jwt
from sqlalchemy import Engine, text

from services.identity.people.verification import PERSONAL_STEPS
from shared.contract import Effect, Method, RequestT, ResponseT
from shared.contracts import billing, identity, inventory
from shared.contracts.billing import (
    AdjustmentKind,
    charging,
    refund_requests,
    top_ups,
)
from shared.contracts.billing.documents import (
    LIST_DOCUMENTS,
    DocumentKind,
    ListDocuments,
)
from shared.contracts.billing.top_ups import GatewayName
from shared.contracts.identity import Role, VerificationState
from shared.contracts.inventory import Period
from shared.money import Money, currency_of
from shared.principal import LIFETIME, load_private_key
from shared.rpc.client import CallContext, call
from tests.fixtures.installations import PASSWORD, Installation

OUR_WORD = "ourquokka"
THEIR_WORD = "theirmarmot"

MEMBERS = tuple(role.value for role in Role)
STRANGER = "stranger"
"""The owner of the other company, who names the first company's ids."""
NOBODY = "nobody"
EXPIRED = "expired"
"""Our owner, whose principal has run out and whose session has ended."""
OPERATOR = "operator"
ON_BEHALF = "on behalf"
"""An operator who acts for our company."""
Contents = Mapping[str, tuple[int, int]]

CUSTOMERS = (*MEMBERS, STRANGER, NOBODY, EXPIRED)


def money(amount: str, currency: str = "EUR") -> Money:
    return Money(amount, currency_of(currency))


@dataclass(frozen=True)
class Side:
    """One of the two companies, its members by role, and a service it keeps."""

    word: str
    company_id: UUID
    emails: Mapping[str, str]
    service_id: UUID


@dataclass(repr=False)
class World:
    site: Installation
    engines: Mapping[str, Engine]
    ours: Side = field(init=False)
    theirs: Side = field(init=False)
    principals: dict[str, str | None] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _queries: dict[str, str] = field(default_factory=dict)
    _entries: dict[str, UUID] = field(default_factory=dict)
    _documents: dict[str, UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        catalog = inventory.ApplyImport(import_id=self.stage_catalog())
        self.operate(inventory.APPLY_CATALOG, catalog)
        self.ours = self._settle(OUR_WORD, tuple(Role))
        self.theirs = self._settle(THEIR_WORD, [Role.OWNER])
        self.site.services.deliver_events()
        self.principals[EXPIRED] = self.log_in("owner").principal
        self.site.clock.move(LIFETIME + timedelta(seconds=1))
        for person in (*MEMBERS, STRANGER):
            self.principals[person] = self.log_in(person).principal
        self.principals[NOBODY] = None
        self.principals[OPERATOR] = self._mint(None)
        self.principals[ON_BEHALF] = self._mint(self.ours.company_id)

    def operate(
        self, method: Method[RequestT, ResponseT], request: RequestT
    ) -> ResponseT:
        return self.site.operator.call(method, request)

    def call(
        self, person: str, method: Method[RequestT, ResponseT], request: RequestT
    ) -> ResponseT:
        """Call as one of the people; raises what the service refuses with."""
        context = CallContext(
            request_id="isolation",
            principal=self.principals.get(person),
            idempotency_key=str(uuid4()) if method.effect is Effect.CHANGE else None,
            timeout_s=30,
        )
        return call(self.site.client, method, request, context)

    def email_of(self, person: str) -> str:
        if person == STRANGER:
            return self.theirs.emails["owner"]
        return self.ours.emails.get(person, "no-such-person@example.com")

    def word_of(self, person: str) -> str:
        return THEIR_WORD if person == STRANGER else OUR_WORD

    def log_in(self, person: str) -> identity.Session:
        request = identity.LogIn(
            email=self.email_of(person), password=PASSWORD, address="192.0.2.1"
        )
        return self.call(NOBODY, identity.LOG_IN, request)

    def token_of(self, person: str) -> str:
        """A session of theirs, made just now; a made-up one for who can't have any."""
        if person in {NOBODY, OPERATOR, ON_BEHALF}:
            return "no-such-session"
        if person != EXPIRED:
            return self.log_in(person).token
        token = self.log_in("owner").token
        self.call(NOBODY, identity.LOG_OUT, identity.LogOut(token=token))
        return token

    def assertion_of(self, person: str) -> str:
        """What proves an operator; others have only a wrong key to sign with."""
        is_operator = person in {OPERATOR, ON_BEHALF}
        name = "operator.key" if is_operator else "principal.key"
        now = int(self.site.clock.now().timestamp())
        claims = {"name": person, "iat": now, "exp": now + 60}
        key = load_private_key(self.site.var / "keys" / name)
        return jwt.encode(claims, key, algorithm="EdDSA")

    def contents(self, service: str, naming: object = "") -> Contents:
        """Each table's number of rows, and a sum over all that they say.

        Only of rows that have ``naming`` in them, where it is given.
        """
        with self.engines[service].connect() as connection:
            if service not in self._queries:
                names = connection.scalars(text(_TABLES))
                each = (_CONTENTS.format(name=name) for name in names)
                self._queries[service] = " UNION ALL ".join(each)
            query = self._queries[service]
            rows = connection.execute(text(query), {"naming": f"%{naming}%"}).all()
        return {name: (rows_in, int(said)) for name, rows_in, said in rows}

    @contextmanager
    def without(self, service: str) -> Iterator[None]:
        """A service can't be reached for the length of the block."""
        self.site.client.down.add(service)
        try:
            yield
        finally:
            self.site.client.down.remove(service)

    def new_word(self) -> str:
        return f"{OUR_WORD}{next(self._numbers)}"

    def new_user(self, email: str = "", word: str = OUR_WORD) -> UUID:
        """A verified one: all that the others pay in a day takes no room of theirs."""
        email = email or f"{self.new_word()}@example.com"
        request = identity.CreateUser(
            email=email, name=f"A {word}", password=PASSWORD, email_verified=True
        )
        user_id = self.operate(identity.CREATE_USER, request).id
        for step in PERSONAL_STEPS:
            passed = identity.SetVerification(
                user_id=user_id, step=step, state=VerificationState.VERIFIED
            )
            self.operate(identity.SET_VERIFICATION, passed)
        return user_id

    def new_service(self, company_id: UUID | None = None, word: str = OUR_WORD) -> UUID:
        """A pending service, of our company unless another one is named."""
        request = inventory.CreateService(
            company_id=company_id or self.ours.company_id,
            reference=f"{word}-{next(self._numbers)}",
            name=f"Service {word}",
            plan_code=plan_of(word),
            currency="EUR",
            period=Period.MONTH,
        )
        return self.operate(inventory.CREATE_SERVICE, request).id

    def quote(self) -> top_ups.TopUpQuote:
        """What a top-up of ours by 20.00 EUR costs."""
        ask = top_ups.QuoteTopUp(net=money("20"))
        return self.call(ON_BEHALF, top_ups.QUOTE_TOP_UP, ask)

    def new_top_up(self) -> UUID:
        """A top-up of ours that is to be paid by bank."""
        quote = self.quote()
        begin = top_ups.BeginTopUp(
            net=quote.net, digest=quote.digest, gateway=GatewayName.BANK_TRANSFER
        )
        return self.call(ON_BEHALF, top_ups.BEGIN_TOP_UP, begin).id

    def new_duplicate(self) -> UUID:
        """The second payment of a top-up of ours that was paid twice."""
        top_up_id = self.new_top_up()
        ask = top_ups.GetTopUp(top_up_id=top_up_id)
        top_up = self.call(ON_BEHALF, top_ups.GET_TOP_UP, ask)
        credits_ = [
            top_ups.BankCredit(
                transaction=f"{number} {top_up_id}",
                amount=top_up.gross,
                text=top_up.reference,
            )
            for number in range(2)
        ]
        book = top_ups.BookBankPayments(credits=credits_)
        self.operate(top_ups.BOOK_BANK_PAYMENTS, book)
        paid = self.call(ON_BEHALF, top_ups.GET_TOP_UP, ask).payments
        return next(each.id for each in paid if each.duplicate_top_up_id == top_up_id)

    def new_refund_request(self) -> UUID:
        """A payment of ours that was asked back."""
        payment_id = self.new_duplicate()
        ask = refund_requests.AskForRefund(payment_id=payment_id)
        self.call("owner", refund_requests.ASK_FOR_REFUND, ask)
        return payment_id

    def entry_of(self, side: Side) -> UUID:
        """The entry of the ledger that a service of the side's was charged by."""
        if side.word not in self._entries:
            service = self.new_service(side.company_id, side.word)
            self.change(inventory.ACTIVATE_SERVICE, service, side.word)
            self.site.services.deliver_events()
            self.operate(charging.CHARGE_DUE, charging.ChargeDue())
            person = "owner" if side is self.ours else STRANGER
            ask = charging.ListCharges(service_id=service)
            found = self.call(person, charging.LIST_CHARGES, ask).charges[0].entry_id
            assert found is not None
            self._entries[side.word] = found
        return self._entries[side.word]

    def document_of(self, side: Side) -> UUID:
        """An invoice of the side's, for money that came by bank."""
        if side.word not in self._documents:
            person = "owner" if side is self.ours else STRANGER
            ask = top_ups.QuoteTopUp(net=money("10"))
            quote = self.call(person, top_ups.QUOTE_TOP_UP, ask)
            begin = top_ups.BeginTopUp(
                net=quote.net, digest=quote.digest, gateway=GatewayName.BANK_TRANSFER
            )
            top_up = self.call(person, top_ups.BEGIN_TOP_UP, begin)
            credit = top_ups.BankCredit(
                transaction=side.word, amount=quote.gross, text=top_up.reference
            )
            book = top_ups.BookBankPayments(credits=[credit])
            self.operate(top_ups.BOOK_BANK_PAYMENTS, book)
            self.site.run_job("issue_documents")
            wanted = ListDocuments(kind=DocumentKind.INVOICE)
            page = self.call(person, LIST_DOCUMENTS, wanted)
            self._documents[side.word] = page.documents[0].id
        return self._documents[side.word]

    def change(
        self,
        method: Method[Any, inventory.Service],
        service_id: UUID,
        word: str = OUR_WORD,
        **arguments: Any,
    ) -> UUID:
        """Do one of the operations to a service; returns its id."""
        why = f"because of {word}"
        request = method.request(service_id=service_id, why=why, **arguments)
        return self.operate(method, request).id

    def stage_catalog(self) -> UUID:
        """A catalogue that is ready to be applied: a family and plan for each word."""
        rows = [catalog_row(OUR_WORD), catalog_row(THEIR_WORD)]
        request = inventory.StageCatalog(import_id=uuid4(), rows=rows)
        self.operate(inventory.STAGE_CATALOG, request)
        return request.import_id

    def _settle(self, word: str, roles: Sequence[Role]) -> Side:
        emails = {role.value: f"{role.value}@{word}.example" for role in roles}
        users = {role: self.new_user(emails[role.value], word) for role in roles}
        company = self.operate(
            identity.CREATE_COMPANY,
            identity.CreateCompany(
                name=f"Company {word}",
                address=identity.Address(
                    street=f"1 {word} street",
                    postal_code=f"{word}-1",
                    city=f"City of {word}",
                    region=f"Region of {word}",
                    country="DE",
                ),
                owner_id=users[Role.OWNER],
            ),
        )
        for role in set(roles) - {Role.OWNER}:
            member = identity.AddMember(
                company_id=company.id, user_id=users[role], role=role
            )
            self.operate(identity.ADD_MEMBER, member)
        self._fill_wallet(company.id, word)
        service_id = self.new_service(company.id, word)
        self.change(inventory.ACTIVATE_SERVICE, service_id, word)
        self.change(inventory.REQUEST_TERMINATION, service_id, word)
        return Side(word, company.id, emails, service_id)

    def _fill_wallet(self, company_id: UUID, word: str) -> None:
        wallet = billing.OpenWallet(company_id=company_id, currency="EUR")
        self.operate(billing.OPEN_WALLET, wallet)
        opening = billing.AdjustWallet(
            company_id=company_id,
            amount=money("25"),
            kind=AdjustmentKind.OPENING_BALANCE,
            reason=f"Brought over for {word}",
        )
        self.operate(billing.ADJUST_WALLET, opening)

    def _mint(self, company_id: UUID | None) -> str:
        request = identity.MintOperatorToken(
            assertion=self.assertion_of(OPERATOR), company_id=company_id
        )
        return self.call(NOBODY, identity.MINT_OPERATOR_TOKEN, request).principal


def plan_of(word: str) -> str:
    return f"{word}-s"


def catalog_row(word: str) -> inventory.CatalogRow:
    """A plan that only one company's services have: its counters bear the word, too."""
    return inventory.CatalogRow(
        line="1",
        family_code=word,
        family_name=f"Family {word}",
        plan_code=plan_of(word),
        plan_name=f"Plan {word}",
        currency="EUR",
        period="month",
        price="5",
    )


_TABLES = """
SELECT quote_ident(relname) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
_CONTENTS = """
SELECT '{name}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)
FROM {name} AS t WHERE t::text LIKE :naming
"""
