"""A customer: looks at the dashboard, and says what should be left in the wallet."""

from decimal import Decimal
from uuid import UUID

from shared.contract import Method, RequestT, ResponseT
from shared.contracts import billing, inventory
from shared.contracts.identity.memberships import Role
from shared.money import Money
from tests.simulation.world import CURRENCIES, World


class Customer:
    def __init__(self, world: World, name: str, company_id: UUID) -> None:
        self.name = name
        self._world = world
        self._company_id = company_id

    def act(self) -> None:
        acts = [self._look_at_funds, self._look_at_services, self._set_buffer]
        self._world.random.choice(acts)()

    def _look_at_funds(self) -> None:
        board = self._call(billing.dashboard.DASHBOARD, billing.dashboard.Dashboard())
        for wallet in board.wallets if board else []:
            newest = [posting.balance for posting in wallet.recent[:1]]
            assert newest in ([], [wallet.balance]), "the strip and the list differ"

    def _look_at_services(self) -> None:
        self._call(inventory.reading.DASHBOARD, inventory.reading.Dashboard())

    def _set_buffer(self) -> None:
        amount = Decimal(self._world.random.randint(0, 500))
        request = billing.wallets.SetComfortBuffer(
            buffer=Money(amount, self._world.random.choice(CURRENCIES)),
            horizon_days=self._world.random.randint(1, 60),
        )
        self._call(billing.wallets.SET_COMFORT_BUFFER, request)

    def _call(
        self, method: Method[RequestT, ResponseT], request: RequestT
    ) -> ResponseT | None:
        company_id = self._company_id
        owner_id = self._world.owner_id
        owner = self._world.principals.user(Role.OWNER, company_id, owner_id)
        return self._world.call(self.name, method, request, owner, company_id)
