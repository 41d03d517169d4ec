"""The provider's staff: companies, services and money, several of them at once."""

from decimal import Decimal
from uuid import UUID

from shared.contract import Method, RequestT, ResponseT
from shared.contracts import billing, identity, inventory
from shared.contracts.billing.wallets import AdjustmentKind
from shared.contracts.inventory.services import Period, SuspensionReason
from shared.money import Money
from tests.simulation.world import CURRENCIES, PLANS, World

CONTESTED = 2
"""Operators work on the newest services, so that they meet."""

STATE_CHANGES = (
    inventory.lifecycle.ACTIVATE_SERVICE,
    inventory.lifecycle.RESUME_SERVICE,
    inventory.lifecycle.TERMINATE_SERVICE,
    inventory.lifecycle.CANCEL_SERVICE,
    inventory.lifecycle.WITHDRAW_TERMINATION,
)


class Operator:
    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self._world = world
        self._random = world.random

    def act(self) -> None:
        acts = {
            self._create_service: 4,
            self._activate: 4,
            self._change_state: 6,
            self._suspend: 3,
            self._request_termination: 2,
            self._change_plan: 2,
            self._change_price: 3,
            self._adjust_wallet: 6,
            self._open_wallet: 1,
            self._set_credit_limit: 1,
            self._create_company: 1,
            self._republish: 1,
        }
        self._random.choices(list(acts), list(acts.values()))[0]()

    def _create_service(self) -> None:
        currency = self._random.choice(CURRENCIES)
        request = inventory.lifecycle.CreateService(
            company_id=self._company(),
            # Few enough that two may want the same.
            reference=f"S-{self._random.randrange(40)}",
            name="A Service",
            plan_code=self._random.choice(list(PLANS)),
            currency=currency,
            period=self._random.choice([Period.HOUR, Period.MONTH]),
        )
        created = self._operate(inventory.lifecycle.CREATE_SERVICE, request)
        if created is not None:
            self._world.service_ids.append(created.id)

    def _activate(self) -> None:
        if service_id := self._service():
            request = inventory.lifecycle.ChangeState(service_id=service_id)
            self._operate(inventory.lifecycle.ACTIVATE_SERVICE, request)

    def _change_state(self) -> None:
        if service_id := self._service():
            method = self._random.choice(STATE_CHANGES)
            self._operate(
                method, inventory.lifecycle.ChangeState(service_id=service_id)
            )

    def _suspend(self) -> None:
        if service_id := self._service():
            reason = self._random.choice(list(SuspensionReason))
            request = inventory.lifecycle.Suspend(service_id=service_id, reason=reason)
            self._operate(inventory.lifecycle.SUSPEND_SERVICE, request)

    def _request_termination(self) -> None:
        if service_id := self._service():
            request = inventory.lifecycle.RequestTermination(service_id=service_id)
            self._operate(inventory.lifecycle.REQUEST_TERMINATION, request)

    def _change_plan(self) -> None:
        if service_id := self._service():
            plan = self._random.choice(list(PLANS))
            request = inventory.lifecycle.ChangePlan(
                service_id=service_id, plan_code=plan
            )
            self._operate(inventory.lifecycle.CHANGE_PLAN, request)

    def _change_price(self) -> None:
        if service_id := self._service():
            price = Money(self._amount(), self._random.choice(CURRENCIES))
            request = inventory.lifecycle.ChangePrice(
                service_id=service_id, price=price
            )
            self._operate(inventory.lifecycle.CHANGE_PRICE, request)

    def _adjust_wallet(self) -> None:
        sign = self._random.choice([1, 1, -1])
        request = billing.wallets.AdjustWallet(
            company_id=self._company(),
            amount=Money(sign * self._amount(), self._random.choice(CURRENCIES)),
            kind=self._random.choice(list(AdjustmentKind)),
            reason="as the seed wills",
        )
        self._operate(billing.wallets.ADJUST_WALLET, request)

    def _open_wallet(self) -> None:
        currency = self._random.choice(CURRENCIES)
        request = billing.wallets.OpenWallet(
            company_id=self._company(), currency=currency
        )
        self._operate(billing.wallets.OPEN_WALLET, request)

    def _set_credit_limit(self) -> None:
        limit = Money(self._amount(), self._random.choice(CURRENCIES))
        request = billing.wallets.SetCreditLimit(
            company_id=self._company(), limit=limit
        )
        self._operate(billing.wallets.SET_CREDIT_LIMIT, request)

    def _create_company(self) -> None:
        request = identity.companies.CreateCompany(
            name="Another company",
            address=identity.companies.Address(country="PL"),
            owner_id=self._world.owner_id,
            time_zone=self._random.choice(["Europe/Warsaw", "Asia/Kathmandu"]),
        )
        company = self._operate(identity.companies.CREATE_COMPANY, request)
        if company is not None:
            self._world.companies.append(company.id)

    def _republish(self) -> None:
        if self._random.random() < 0.5:
            services = inventory.upkeep.RepublishServices()
            self._operate(inventory.upkeep.REPUBLISH_SERVICES, services)
        else:
            companies = identity.companies.RepublishCompanies()
            self._operate(identity.companies.REPUBLISH_COMPANIES, companies)

    def _company(self) -> UUID:
        return self._random.choice(self._world.companies)

    def _service(self) -> UUID | None:
        newest = self._world.service_ids[-CONTESTED:]
        return self._random.choice(newest) if newest else None

    def _amount(self) -> Decimal:
        return Decimal(self._random.randint(1, 99_999)) / 100

    def _operate(
        self, method: Method[RequestT, ResponseT], request: RequestT
    ) -> ResponseT | None:
        company_id: UUID | None = getattr(request, "company_id", None)
        operator = self._world.principals.operator()
        return self._world.call(self.name, method, request, operator, company_id)
