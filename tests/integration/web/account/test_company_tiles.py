"""My Account's companies, with the role and what needs attention in each."""

from shared.contracts.billing.wallets import OPEN_WALLET, OpenWallet
from shared.contracts.identity.memberships import ADD_MEMBER, AddMember, Role
from tests.fixtures.installations import Installation, sign_in

ADA, BOB = "ada@example.com", "bob@example.com"


def test_each_company_says_what_needs_attention(site: Installation) -> None:
    first = site.customer(ADA, "First Ltd")
    second = site.customer(BOB, "Second Ltd")
    for company, email, role in (
        (first, BOB, Role.VIEWER),
        (second, ADA, Role.TECHNICAL),
    ):
        user_id = site.user_ids[email]
        member = AddMember(company_id=company, user_id=user_id, role=role)
        site.operator.call(ADD_MEMBER, member)
    site.operator.call(OPEN_WALLET, OpenWallet(company_id=second, currency="EUR"))
    site.services.deliver_events()

    seen_by_ada = sign_in(site.app(), ADA).get("/account").text
    assert f'class="tile-attention" href="/companies/{first}/wallets"' in seen_by_ada
    assert f'class="tile-attention" href="/companies/{first}/members"' in seen_by_ada
    assert seen_by_ada.count("tile-attention") == 2, "the technical role reads neither"

    seen_by_bob = sign_in(site.app(), BOB).get("/account").text
    assert f'class="tile-attention" href="/companies/{first}/wallets"' in seen_by_bob
    assert f'class="tile-attention" href="/companies/{second}/members"' in seen_by_bob
    assert seen_by_bob.count("tile-attention") == 2, "a viewer manages no members"
