"""Two owners hand a service over, in their browsers."""

import re

from tests.fixtures.billing.subscriber import Subscriber
from tests.fixtures.installations import Installation, post, sign_in

GIVER, RECEIVER = "ada@example.com", "bob@example.com"
HANDOVER = re.compile(r"/companies/[0-9a-f-]{36}/handovers/[0-9a-f-]{36}")
TRANSACTION = re.compile(r"/companies/[0-9a-f-]{36}/transactions/[0-9a-f-]{36}")


def test_a_service_is_offered_and_accepted(site: Installation) -> None:
    ours = Subscriber(site, GIVER)
    ours.pay_in("100")
    service = ours.order()
    ours.charge()
    theirs = Subscriber(site, RECEIVER, has_wallet=False)
    giver, receiver = sign_in(site.app(), GIVER), sign_in(site.app(), RECEIVER)
    its_page = f"/services/{service}"
    offer_page = f"/companies/{ours.company_id}{its_page}/hand-over"
    assert offer_page in giver.get(its_page).text
    assert post(giver, offer_page, other="nobody's").status_code == 404
    offered = post(giver, offer_page, other=str(theirs.company_id))
    assert offered.status_code == 303
    assert "Withdraw the offer" in giver.get(offer_page).text

    site.services.deliver_events()
    (address,) = set(HANDOVER.findall(receiver.get("/account/notices").text))
    assert "Your company needs a wallet" in receiver.get(address).text
    post(receiver, f"{address}/accept")
    wallets = f"/companies/{theirs.company_id}/wallets"
    assert post(receiver, wallets, currency="EUR", form_key="k").status_code == 303
    assert "You can't accept yet" not in receiver.get(address).text
    assert post(receiver, f"{address}/accept").status_code == 303
    assert "Accepted" in receiver.get(address).text
    site.services.deliver_events()

    assert "handed the service over to you" in receiver.get(address).text
    assert "Handed over from another company" in receiver.get(its_page).text
    assert giver.get(its_page).status_code == 404
    assert "now belongs to" in giver.get("/account/notices").text
    listed = giver.get(f"/companies/{ours.company_id}/transactions").text
    charge = re.findall(
        rf"/companies/{ours.company_id}/transactions/[0-9a-f-]+", listed
    )
    assert any("you handed over" in giver.get(each).text for each in charge)
