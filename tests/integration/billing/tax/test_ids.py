"""A company's VAT ID and the rule that applies to it, with the register and without."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import delete, select
from structlog.testing import capture_logs

from services.billing.models.tax import TaxId
from services.billing.settings import BillingSettings
from services.billing.tax import ids as tax_ids
from services.billing.tax.calculation import CONFIRMED_FOR
from services.billing.tax.id_checks import (
    LEASE,
    PASSED_OVER_FOR,
    REASK_INVALID_AFTER,
    REASK_VALID_AFTER,
)
from services.billing.tax.vies import Answer
from shared.contracts import billing, identity
from shared.contracts.billing.tax import TaxIdMatch, TaxIdState
from shared.contracts.identity.memberships import Role
from shared.db.database import Database
from shared.db.events import Envelope
from shared.db.tables import outbox
from shared.errors import Conflict, ContractError, Forbidden, InvalidInput
from shared.language.tax_words import words
from shared.rpc.jobs import JobThreads
from tests.fixtures.billing.office import START, Office
from tests.fixtures.vies import ViesStandIn, vies_stand_in

NUMBER = "PL5260001246"
NAME = "BOREALIS LABS SP. Z O.O."
ADDRESS = "UL. DŁUGA 1 00-001 WARSZAWA"
WITHIN_S = 20


@pytest.fixture
def vies() -> Iterator[ViesStandIn]:
    with vies_stand_in() as stand_in:
        stand_in.register(NUMBER, NAME, ADDRESS)
        yield stand_in


@pytest.fixture
def office(billing_database: Database, vies: ViesStandIn) -> Office:
    """It asks the stand-in; its company is a Polish business.

    No other one's VAT ID is left to be asked about.
    """
    with billing_database.system() as session:
        session.execute(delete(TaxId))
    office = Office(billing_database, settings=BillingSettings(vies_url=vies.url))
    _move(office)
    return office


def _move(
    office: Office,
    version: int = 1,
    *,
    name: str = "Borealis Labs sp. z o.o.",
    country: str = "PL",
    postal_code: str = "00-001",
    city: str = "Warszawa",
    is_business: bool = True,
) -> None:
    """Tell of the company as it is in its ``version``."""
    event = identity.companies.COMPANY_CHANGED
    body = identity.companies.Company(
        id=office.company_id,
        name=name,
        address=identity.companies.Address(
            street="ul. Długa 1",
            postal_code=postal_code,
            city=city,
            country=country,
        ),
        time_zone="Europe/Warsaw",
        is_business=is_business,
    )
    office.deliver(
        Envelope(
            id=uuid4(),
            source=event.source,
            name=event.name,
            company_id=office.company_id,
            version=version,
            at=START,
            request_id="test",
            body=body,
        )
    )


def _set(office: Office, number: str = NUMBER) -> billing.tax.TaxProfile:
    request = billing.tax.SetTaxId(number=number)
    return office.call(billing.tax.SET_TAX_ID, request, office.member(Role.BILLING))


def _confirm(office: Office) -> None:
    request = billing.tax.ConfirmTaxId(
        company_id=office.company_id, reason="Register extract"
    )
    office.call(billing.tax.CONFIRM_TAX_ID, request, office.operator())


def _profile(office: Office) -> billing.tax.TaxProfile:
    token = office.member(Role.VIEWER)
    return office.call(billing.tax.GET_TAX_PROFILE, billing.tax.GetTaxProfile(), token)


def _tax_id(office: Office) -> billing.tax.TaxId:
    tax_id = _profile(office).tax_id
    assert tax_id is not None
    return tax_id


def _rule(office: Office) -> str:
    decision = _profile(office).decision
    assert decision is not None
    return decision.reason.code


def _events(office: Office) -> list[billing.tax.TaxProfile]:
    """What was told of the company's tax profile, in order."""
    query = (
        select(outbox.c.envelope)
        .where(outbox.c.event_name == billing.tax.TAX_PROFILE_CHANGED.name)
        .order_by(outbox.c.position)
    )
    with office.database.system() as session:
        told = [row for (row,) in session.execute(query)]
    mine = [row for row in told if row["company_id"] == str(office.company_id)]
    assert [row["version"] for row in mine] == list(range(1, len(mine) + 1))
    return [row["body"] for row in mine]


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def test_a_valid_vat_id_moves_the_tax_to_the_customer(
    office: Office, vies: ViesStandIn
) -> None:
    assert _rule(office) == "vat_id_missing"

    pending = _set(office, " pl 526-000-12-46 ")
    assert pending.tax_id
    assert (pending.tax_id.number, pending.tax_id.state.value) == (NUMBER, "unchecked")
    assert _rule(office) == "vat_id_unconfirmed"

    office.run_job("check_tax_ids")
    found = _tax_id(office)
    assert found.state is TaxIdState.VALID
    assert found.match is TaxIdMatch.MATCHES
    assert (found.name, found.address) == (NAME, ADDRESS)
    assert (found.proof, found.checked_at) == ("WAPIAAAAYeTtg4AS", START)
    decision = _profile(office).decision
    assert decision
    assert words(decision.reason) == (
        "Reverse charge — VAT ID PL5260001246 validated on 1 Mar 2026"
    )
    assert len(_events(office)) == 2
    assert len(vies.questions) == 1


def test_a_number_without_its_prefix_gets_it(office: Office) -> None:
    profile = _set(office, "5260001246")
    assert profile.tax_id
    assert profile.tax_id.number == NUMBER


@pytest.mark.parametrize("number", ["GR094259216", "el 094 259 216", "094259216"])
def test_greece_is_el_in_a_vat_id_however_it_is_typed(
    office: Office, number: str
) -> None:
    _move(office, 2, country="GR", postal_code="10557", city="Athens")
    profile = _set(office, number)
    assert profile.tax_id
    assert profile.tax_id.number == "EL094259216"


def test_an_invalid_vat_id_is_taxed_as_private_and_asked_about_again(
    office: Office, vies: ViesStandIn
) -> None:
    vies.registered.clear()
    _set(office)
    office.run_job("check_tax_ids")
    assert _tax_id(office).state is TaxIdState.INVALID
    assert _rule(office) == "vat_id_invalid"

    vies.register(NUMBER, NAME, ADDRESS)
    office.pass_time(tax_ids.ASKED_AT_MOST_EVERY)
    _set(office)
    office.run_job("check_tax_ids")
    assert _rule(office) == "reverse_charge"


def test_while_the_register_is_out_of_reach_vat_is_charged_until_it_is_back(
    office: Office, vies: ViesStandIn
) -> None:
    vies.fault = "MS_UNAVAILABLE"
    _set(office)
    office.run_job("check_tax_ids")
    assert _tax_id(office).state is TaxIdState.UNREACHABLE
    assert _tax_id(office).failure == "ms_unavailable"
    assert _rule(office) == "vat_id_unreachable"

    office.run_job("check_tax_ids")
    assert len(vies.questions) == 1  # not at once again

    office.pass_time(timedelta(minutes=1))
    office.run_job("check_tax_ids")
    office.pass_time(timedelta(minutes=4))
    office.run_job("check_tax_ids")
    assert len(vies.questions) == 2  # and less often each time

    vies.fault = ""
    office.pass_time(timedelta(minutes=1))
    office.run_job("check_tax_ids")
    assert (_tax_id(office).state, _tax_id(office).failure) == (TaxIdState.VALID, "")
    assert _rule(office) == "reverse_charge"


def test_an_answer_counts_through_an_outage_but_not_for_ever(
    office: Office, vies: ViesStandIn
) -> None:
    _set(office)
    office.run_job("check_tax_ids")
    vies.fault = "hang"
    vies.ended.set()
    office.pass_time(REASK_VALID_AFTER)
    office.run_job("check_tax_ids")
    assert len(vies.questions) == 2
    assert _tax_id(office).state is TaxIdState.VALID
    assert _rule(office) == "reverse_charge"

    office.pass_time(CONFIRMED_FOR - REASK_VALID_AFTER + timedelta(days=1))
    assert _rule(office) == "vat_id_unconfirmed"
    office.run_job("check_tax_ids")
    assert _rule(office) == "vat_id_unreachable"


def test_another_name_or_address_is_asked_about_again(
    office: Office, vies: ViesStandIn
) -> None:
    _set(office)
    office.run_job("check_tax_ids")
    office.pass_time(tax_ids.ASKED_AT_MOST_EVERY)
    _move(office, 2, name="Somebody Else S.A.")
    assert _rule(office) == "vat_id_unconfirmed"

    office.run_job("check_tax_ids")
    assert _tax_id(office).match is TaxIdMatch.DIFFERS
    assert _rule(office) == "vat_id_differs"


def test_the_same_company_again_asks_no_register(
    office: Office, vies: ViesStandIn
) -> None:
    _set(office)
    office.run_job("check_tax_ids")
    told = len(_events(office))
    _move(office, 1)
    _move(office, 2)
    office.run_job("check_tax_ids")
    assert len(vies.questions) == 1
    assert len(_events(office)) == told


def test_moving_to_another_country_leaves_the_vat_id_behind(office: Office) -> None:
    _set(office)
    office.run_job("check_tax_ids")
    _move(office, 2, country="CZ", postal_code="11000", city="Praha")
    assert _rule(office) == "vat_id_other_country"


def _differing(office: Office) -> list[billing.tax.DifferingTaxId]:
    request = billing.tax.ListDifferingTaxIds()
    listed = office.call(
        billing.tax.LIST_DIFFERING_TAX_IDS, request, office.operator()
    ).tax_ids
    return [each for each in listed if each.company_id == office.company_id]


def test_an_operator_confirms_a_name_that_differs(
    office: Office, vies: ViesStandIn
) -> None:
    vies.register(NUMBER, "BOREALIS HOLDING S.A.", ADDRESS)
    _set(office)
    with pytest.raises(Conflict, match="tax_id_not_valid"):
        _confirm(office)
    assert _differing(office) == []
    with capture_logs() as logs:
        office.run_job("check_tax_ids")
    assert [e["event"] for e in logs if "differs" in e["event"]] == ["vat_id_differs"]
    assert _rule(office) == "vat_id_differs"
    (differing,) = _differing(office)
    assert differing.registered == f"BOREALIS HOLDING S.A., {ADDRESS}"
    assert differing.own == "Borealis Labs sp. z o.o., ul. Długa 1, 00-001 Warszawa"

    _confirm(office)
    assert _differing(office) == []
    assert _rule(office) == "reverse_charge"
    assert _tax_id(office).confirmed_by == "Alice Example"


def test_a_confirmation_lasts_while_the_register_says_the_same(
    office: Office, vies: ViesStandIn
) -> None:
    vies.register(NUMBER, "BOREALIS HOLDING S.A.", ADDRESS)
    _set(office)
    office.run_job("check_tax_ids")
    _confirm(office)

    office.pass_time(REASK_VALID_AFTER)
    office.run_job("check_tax_ids")
    assert len(vies.questions) == 2
    assert _rule(office) == "reverse_charge"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("SOMEBODY ELSE S.A.", ADDRESS),
        ("BOREALIS HOLDING S.A.", "UL. KRÓTKA 2 30-001 KRAKÓW"),
    ],
)
def test_a_confirmation_ends_with_the_name_and_address_it_was_about(
    office: Office, vies: ViesStandIn, name: str, address: str
) -> None:
    vies.register(NUMBER, "BOREALIS HOLDING S.A.", ADDRESS)
    _set(office)
    office.run_job("check_tax_ids")
    _confirm(office)

    vies.register(NUMBER, name, address)
    office.pass_time(REASK_VALID_AFTER)
    office.run_job("check_tax_ids")
    assert _tax_id(office).confirmed_by == ""
    assert _rule(office) == "vat_id_differs"


def test_a_confirmation_ends_when_the_register_knows_the_number_no_more(
    office: Office, vies: ViesStandIn
) -> None:
    vies.register(NUMBER, "BOREALIS HOLDING S.A.", ADDRESS)
    _set(office)
    office.run_job("check_tax_ids")
    _confirm(office)

    vies.registered.clear()
    office.pass_time(REASK_VALID_AFTER)
    office.run_job("check_tax_ids")
    vies.register(NUMBER, "BOREALIS HOLDING S.A.", ADDRESS)
    office.pass_time(REASK_INVALID_AFTER)
    office.run_job("check_tax_ids")
    assert _rule(office) == "vat_id_differs"


def test_an_answer_to_an_old_question_is_dropped(
    office: Office, vies: ViesStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(office)
    answer = vies.reply

    def change_meanwhile(question: dict[str, str]) -> tuple[int, bytes]:
        monkeypatch.setattr(vies, "reply", answer)
        _set(office, "PL1070000069")
        return answer(question)

    monkeypatch.setattr(vies, "reply", change_meanwhile)
    office.run_job("check_tax_ids")
    assert _tax_id(office).state is TaxIdState.UNCHECKED

    office.pass_time(tax_ids.ASKED_AT_MOST_EVERY)
    office.run_job("check_tax_ids")
    assert _tax_id(office).number == "PL1070000069"
    assert _tax_id(office).state is TaxIdState.INVALID
    assert len(vies.questions) == 2


def test_however_often_it_is_set_the_register_is_asked_once_a_minute(
    office: Office, vies: ViesStandIn
) -> None:
    for _ in range(3):
        for number in ("PL1070000069", "", "PL5252344078"):
            _set(office, number)
            office.run_job("check_tax_ids")
    assert len(vies.questions) == 1

    office.pass_time(tax_ids.ASKED_AT_MOST_EVERY)
    office.run_job("check_tax_ids")
    assert [each["vatNumber"] for each in vies.questions] == [
        "1070000069",
        "5252344078",
    ]


@pytest.mark.parametrize(
    "fault", ["IP_BLOCKED", "VAT_BLOCKED", "INVALID_REQUESTER_INFO"]
)
def test_a_register_that_answers_us_nothing_is_asked_nothing_more_this_time(
    office: Office, vies: ViesStandIn, fault: str
) -> None:
    other = replace(office, company_id=uuid4())
    for each in (office, other):
        _move(each)
        _set(each)
    vies.fault = fault
    office.run_job("check_tax_ids")
    assert len(vies.questions) == 1

    vies.fault = ""
    office.pass_time(PASSED_OVER_FOR)
    office.run_job("check_tax_ids")
    states = {_tax_id(each).state for each in (office, other)}
    assert states == {TaxIdState.UNREACHABLE, TaxIdState.VALID}


def test_two_instances_ask_once(office: Office, vies: ViesStandIn) -> None:
    other = Office(
        office.database,
        clock=office.clock,
        company_id=office.company_id,
        settings=office.settings,
    )
    _set(office)
    jobs = [
        threading.Thread(target=each.run_job, args=["check_tax_ids"])
        for each in (office, other)
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert len(vies.questions) == 1


class _Crash:
    def ask(self, vat_id: str, requester: str) -> Answer:
        raise SystemExit(vat_id, requester)


def test_a_question_that_was_lost_is_asked_again(
    office: Office, vies: ViesStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash between question and answer."""
    _set(office)

    monkeypatch.setattr(office.service, "_register", _Crash())
    with pytest.raises(SystemExit):
        office.run_job("check_tax_ids")
    monkeypatch.undo()
    office.pass_time(LEASE)
    office.run_job("check_tax_ids")
    assert _tax_id(office).state is TaxIdState.VALID


def test_setting_one_wakes_the_job(office: Office) -> None:
    jobs = JobThreads(office.service.jobs(), office.service.runtime)
    jobs.start()
    try:
        _set(office)
        _until(lambda: _tax_id(office).state is TaxIdState.VALID)
    finally:
        jobs.stop()


def test_without_a_register_it_says_so_and_charges_vat(
    billing_database: Database,
) -> None:
    office = Office(billing_database)
    _move(office)
    _set(office)
    office.run_job("check_tax_ids")
    assert _tax_id(office).failure == "not_configured"
    assert _rule(office) == "vat_id_unreachable"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("PL5260001247", "bad_tax_id"),
        ("12", "bad_tax_id"),
        ("٥٢٦٠٠٠١٢٤٦", "bad_tax_id"),
        ("PL526\x000001246", "bad_tax_id"),
        ("9" * 10_000, "bad_tax_id"),
        ("' OR 1=1 --", "bad_tax_id"),
        ("DE136695976", "tax_id_other_country"),
        ("CZ25123891", "tax_id_other_country"),
    ],
)
def test_a_vat_id_that_is_not_valid_in_the_country_is_refused(
    office: Office, number: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        _set(office, number)
    assert refusal.value.code == code
    assert refusal.value.parameters == {"country": "PL"}
    assert _profile(office).tax_id is None


@pytest.mark.parametrize(
    ("country", "postal_code", "is_business"),
    [
        ("US", "", True),
        ("GB", "BT1 5GS", True),
        ("ES", "35001", True),
        ("PL", "", False),
    ],
)
def test_where_it_would_change_nothing_none_is_kept(
    office: Office, country: str, postal_code: str, *, is_business: bool
) -> None:
    _move(office, 2, country=country, postal_code=postal_code, is_business=is_business)
    assert not _profile(office).takes_tax_id
    with pytest.raises(Conflict, match="no_tax_id_there"):
        _set(office)


def test_a_vat_id_can_be_removed(office: Office) -> None:
    _set(office)
    office.run_job("check_tax_ids")
    assert _set(office, "").tax_id is None
    assert _rule(office) == "vat_id_missing"
    assert _events(office)[-1]["tax_id"] is None  # type: ignore[index]


def test_without_an_address_there_is_no_rule(billing_database: Database) -> None:
    office = Office(billing_database)
    profile = _profile(office)
    assert (profile.decision, profile.problem) == (None, "no_billing_address")
    with pytest.raises(Conflict, match="no_billing_address"):
        _set(office)


def test_a_national_number_is_refused_with_how_a_vat_id_looks(office: Office) -> None:
    with pytest.raises(InvalidInput) as refusal:
        _set(office, "192598184")  # REGON
    assert refusal.value.code == "national_tax_number"
    assert refusal.value.parameters == {"country": "PL", "example": "PL1234567890"}


def test_another_company_neither_reads_nor_sets_it(office: Office) -> None:
    _set(office)
    stranger = office.member(company_id=uuid4())
    read = office.call(
        billing.tax.GET_TAX_PROFILE, billing.tax.GetTaxProfile(), stranger
    )
    assert read.tax_id is None
    with pytest.raises(ContractError):
        office.call(
            billing.tax.SET_TAX_ID, billing.tax.SetTaxId(number=NUMBER), stranger
        )
    assert _tax_id(office).number == NUMBER


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICAL])
def test_who_may_not_manage_billing_sets_none(office: Office, role: Role) -> None:
    with pytest.raises(Forbidden):
        office.call(
            billing.tax.SET_TAX_ID,
            billing.tax.SetTaxId(number=NUMBER),
            office.member(role),
        )


def test_the_day_of_a_rate_is_the_companys_own(office: Office) -> None:
    """Half past eleven in the evening in London is the next day in Warsaw."""
    request = billing.tax.AddTaxRate(
        country="PL", rate_percent=Decimal(24), valid_from=date(2027, 1, 1)
    )
    office.call(billing.tax.ADD_TAX_RATE, request, office.operator())
    for moment, percent in (
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), 23),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), 24),
    ):
        office.clock.move_to(moment)
        decision = _profile(office).decision
        assert decision
        assert decision.rate_percent == percent
