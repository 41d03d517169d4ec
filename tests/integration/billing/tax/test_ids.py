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
from tests.fixtures.billing.harness import START, BillingHarness
from tests.fixtures.vies import FakeVies, fake_vies

NUMBER = "PL5260001246"
NAME = "BOREALIS LABS SP. Z O.O."
ADDRESS = "UL. DŁUGA 1 00-001 WARSZAWA"
WITHIN_S = 20


@pytest.fixture
def vies() -> Iterator[FakeVies]:
    with fake_vies() as fake_services:
        fake_services.register(NUMBER, NAME, ADDRESS)
        yield fake_services


@pytest.fixture
def harness(billing_database: Database, vies: FakeVies) -> BillingHarness:
    """It asks the stand-in; its company is a Polish business.

    No other one's VAT ID is left to be asked about.
    """
    with billing_database.system() as session:
        session.execute(delete(TaxId))
    harness = BillingHarness(
        billing_database, settings=BillingSettings(vies_url=vies.url)
    )
    _move(harness)
    return harness


def _move(
    harness: BillingHarness,
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
        id=harness.company_id,
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
    harness.deliver(
        Envelope(
            id=uuid4(),
            source=event.source,
            name=event.name,
            company_id=harness.company_id,
            version=version,
            at=START,
            request_id="test",
            body=body,
        )
    )


def _set(harness: BillingHarness, number: str = NUMBER) -> billing.tax.TaxProfile:
    request = billing.tax.SetTaxId(number=number)
    return harness.call(billing.tax.SET_TAX_ID, request, harness.member(Role.BILLING))


def _confirm(harness: BillingHarness) -> None:
    request = billing.tax.ConfirmTaxId(
        company_id=harness.company_id, reason="Register extract"
    )
    harness.call(billing.tax.CONFIRM_TAX_ID, request, harness.operator())


def _profile(harness: BillingHarness) -> billing.tax.TaxProfile:
    token = harness.member(Role.VIEWER)
    return harness.call(billing.tax.GET_TAX_PROFILE, billing.tax.GetTaxProfile(), token)


def _tax_id(harness: BillingHarness) -> billing.tax.TaxId:
    tax_id = _profile(harness).tax_id
    assert tax_id is not None
    return tax_id


def _rule(harness: BillingHarness) -> str:
    decision = _profile(harness).decision
    assert decision is not None
    return decision.reason.code


def _events(harness: BillingHarness) -> list[billing.tax.TaxProfile]:
    """What was told of the company's tax profile, in order."""
    query = (
        select(outbox.c.envelope)
        .where(outbox.c.event_name == billing.tax.TAX_PROFILE_CHANGED.name)
        .order_by(outbox.c.position)
    )
    with harness.database.system() as session:
        told = [row for (row,) in session.execute(query)]
    mine = [row for row in told if row["company_id"] == str(harness.company_id)]
    assert [row["version"] for row in mine] == list(range(1, len(mine) + 1))
    return [row["body"] for row in mine]


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def test_a_valid_vat_id_moves_the_tax_to_the_customer(
    harness: BillingHarness, vies: FakeVies
) -> None:
    assert _rule(harness) == "vat_id_missing"

    pending = _set(harness, " pl 526-000-12-46 ")
    assert pending.tax_id
    assert (pending.tax_id.number, pending.tax_id.state.value) == (NUMBER, "unchecked")
    assert _rule(harness) == "vat_id_unconfirmed"

    harness.run_job("check_tax_ids")
    found = _tax_id(harness)
    assert found.state is TaxIdState.VALID
    assert found.match is TaxIdMatch.MATCHES
    assert (found.name, found.address) == (NAME, ADDRESS)
    assert (found.proof, found.checked_at) == ("WAPIAAAAYeTtg4AS", START)
    decision = _profile(harness).decision
    assert decision
    assert words(decision.reason) == (
        "Reverse charge — VAT ID PL5260001246 validated on 1 Mar 2026"
    )
    assert len(_events(harness)) == 2
    assert len(vies.questions) == 1


def test_a_number_without_its_prefix_gets_it(harness: BillingHarness) -> None:
    profile = _set(harness, "5260001246")
    assert profile.tax_id
    assert profile.tax_id.number == NUMBER


@pytest.mark.parametrize("number", ["GR094259216", "el 094 259 216", "094259216"])
def test_greece_is_el_in_a_vat_id_however_it_is_typed(
    harness: BillingHarness, number: str
) -> None:
    _move(harness, 2, country="GR", postal_code="10557", city="Athens")
    profile = _set(harness, number)
    assert profile.tax_id
    assert profile.tax_id.number == "EL094259216"


def test_an_invalid_vat_id_is_taxed_as_private_and_asked_about_again(
    harness: BillingHarness, vies: FakeVies
) -> None:
    vies.registered.clear()
    _set(harness)
    harness.run_job("check_tax_ids")
    assert _tax_id(harness).state is TaxIdState.INVALID
    assert _rule(harness) == "vat_id_invalid"

    vies.register(NUMBER, NAME, ADDRESS)
    harness.pass_time(tax_ids.ASKED_AT_MOST_EVERY)
    _set(harness)
    harness.run_job("check_tax_ids")
    assert _rule(harness) == "reverse_charge"


def test_while_the_register_is_out_of_reach_vat_is_charged_until_it_is_back(
    harness: BillingHarness, vies: FakeVies
) -> None:
    vies.fault = "MS_UNAVAILABLE"
    _set(harness)
    harness.run_job("check_tax_ids")
    assert _tax_id(harness).state is TaxIdState.UNREACHABLE
    assert _tax_id(harness).failure == "ms_unavailable"
    assert _rule(harness) == "vat_id_unreachable"

    harness.run_job("check_tax_ids")
    assert len(vies.questions) == 1  # not at once again

    harness.pass_time(timedelta(minutes=1))
    harness.run_job("check_tax_ids")
    harness.pass_time(timedelta(minutes=4))
    harness.run_job("check_tax_ids")
    assert len(vies.questions) == 2  # and less often each time

    vies.fault = ""
    harness.pass_time(timedelta(minutes=1))
    harness.run_job("check_tax_ids")
    assert (_tax_id(harness).state, _tax_id(harness).failure) == (TaxIdState.VALID, "")
    assert _rule(harness) == "reverse_charge"


def test_an_answer_counts_through_an_outage_but_not_for_ever(
    harness: BillingHarness, vies: FakeVies
) -> None:
    _set(harness)
    harness.run_job("check_tax_ids")
    vies.fault = "hang"
    vies.ended.set()
    harness.pass_time(REASK_VALID_AFTER)
    harness.run_job("check_tax_ids")
    assert len(vies.questions) == 2
    assert _tax_id(harness).state is TaxIdState.VALID
    assert _rule(harness) == "reverse_charge"

    harness.pass_time(CONFIRMED_FOR - REASK_VALID_AFTER + timedelta(days=1))
    assert _rule(harness) == "vat_id_unconfirmed"
    harness.run_job("check_tax_ids")
    assert _rule(harness) == "vat_id_unreachable"


def test_another_name_or_address_is_asked_about_again(
    harness: BillingHarness, vies: FakeVies
) -> None:
    _set(harness)
    harness.run_job("check_tax_ids")
    harness.pass_time(tax_ids.ASKED_AT_MOST_EVERY)
    _move(harness, 2, name="Somebody Else S.A.")
    assert _rule(harness) == "vat_id_unconfirmed"

    harness.run_job("check_tax_ids")
    assert _tax_id(harness).match is TaxIdMatch.DIFFERS
    assert _rule(harness) == "vat_id_differs"


def test_the_same_company_again_asks_no_register(
    harness: BillingHarness, vies: FakeVies
) -> None:
    _set(harness)
    harness.run_job("check_tax_ids")
    told = len(_events(harness))
    _move(harness, 1)
    _move(harness, 2)
    harness.run_job("check_tax_ids")
    assert len(vies.questions) == 1
    assert len(_events(harness)) == told


def test_moving_to_another_country_leaves_the_vat_id_behind(
    harness: BillingHarness,
) -> None:
    _set(harness)
    harness.run_job("check_tax_ids")
    _move(harness, 2, country="CZ", postal_code="11000", city="Praha")
    assert _rule(harness) == "vat_id_other_country"


def _differing(harness: BillingHarness) -> list[billing.tax.DifferingTaxId]:
    request = billing.tax.ListDifferingTaxIds()
    listed = harness.call(
        billing.tax.LIST_DIFFERING_TAX_IDS, request, harness.operator()
    ).tax_ids
    return [each for each in listed if each.company_id == harness.company_id]


def test_an_operator_confirms_a_name_that_differs(
    harness: BillingHarness, vies: FakeVies
) -> None:
    vies.register(NUMBER, "BOREALIS HOLDING S.A.", ADDRESS)
    _set(harness)
    with pytest.raises(Conflict, match="tax_id_not_valid"):
        _confirm(harness)
    assert _differing(harness) == []
    with capture_logs() as logs:
        harness.run_job("check_tax_ids")
    assert [e["event"] for e in logs if "differs" in e["event"]] == ["vat_id_differs"]
    assert _rule(harness) == "vat_id_differs"
    (differing,) = _differing(harness)
    assert differing.registered == f"BOREALIS HOLDING S.A., {ADDRESS}"
    assert differing.own == "Borealis Labs sp. z o.o., ul. Długa 1, 00-001 Warszawa"

    _confirm(harness)
    assert _differing(harness) == []
    assert _rule(harness) == "reverse_charge"
    assert _tax_id(harness).confirmed_by == "Alice Example"


def test_a_confirmation_lasts_while_the_register_says_the_same(
    harness: BillingHarness, vies: FakeVies
) -> None:
    vies.register(NUMBER, "BOREALIS HOLDING S.A.", ADDRESS)
    _set(harness)
    harness.run_job("check_tax_ids")
    _confirm(harness)

    harness.pass_time(REASK_VALID_AFTER)
    harness.run_job("check_tax_ids")
    assert len(vies.questions) == 2
    assert _rule(harness) == "reverse_charge"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("SOMEBODY ELSE S.A.", ADDRESS),
        ("BOREALIS HOLDING S.A.", "UL. KRÓTKA 2 30-001 KRAKÓW"),
    ],
)
def test_a_confirmation_ends_with_the_name_and_address_it_was_about(
    harness: BillingHarness, vies: FakeVies, name: str, address: str
) -> None:
    vies.register(NUMBER, "BOREALIS HOLDING S.A.", ADDRESS)
    _set(harness)
    harness.run_job("check_tax_ids")
    _confirm(harness)

    vies.register(NUMBER, name, address)
    harness.pass_time(REASK_VALID_AFTER)
    harness.run_job("check_tax_ids")
    assert _tax_id(harness).confirmed_by == ""
    assert _rule(harness) == "vat_id_differs"


def test_a_confirmation_ends_when_the_register_knows_the_number_no_more(
    harness: BillingHarness, vies: FakeVies
) -> None:
    vies.register(NUMBER, "BOREALIS HOLDING S.A.", ADDRESS)
    _set(harness)
    harness.run_job("check_tax_ids")
    _confirm(harness)

    vies.registered.clear()
    harness.pass_time(REASK_VALID_AFTER)
    harness.run_job("check_tax_ids")
    vies.register(NUMBER, "BOREALIS HOLDING S.A.", ADDRESS)
    harness.pass_time(REASK_INVALID_AFTER)
    harness.run_job("check_tax_ids")
    assert _rule(harness) == "vat_id_differs"


def test_an_answer_to_an_old_question_is_dropped(
    harness: BillingHarness, vies: FakeVies, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(harness)
    answer = vies.reply

    def change_meanwhile(question: dict[str, str]) -> tuple[int, bytes]:
        monkeypatch.setattr(vies, "reply", answer)
        _set(harness, "PL1070000069")
        return answer(question)

    monkeypatch.setattr(vies, "reply", change_meanwhile)
    harness.run_job("check_tax_ids")
    assert _tax_id(harness).state is TaxIdState.UNCHECKED

    harness.pass_time(tax_ids.ASKED_AT_MOST_EVERY)
    harness.run_job("check_tax_ids")
    assert _tax_id(harness).number == "PL1070000069"
    assert _tax_id(harness).state is TaxIdState.INVALID
    assert len(vies.questions) == 2


def test_however_often_it_is_set_the_register_is_asked_once_a_minute(
    harness: BillingHarness, vies: FakeVies
) -> None:
    for _ in range(3):
        for number in ("PL1070000069", "", "PL5252344078"):
            _set(harness, number)
            harness.run_job("check_tax_ids")
    assert len(vies.questions) == 1

    harness.pass_time(tax_ids.ASKED_AT_MOST_EVERY)
    harness.run_job("check_tax_ids")
    assert [each["vatNumber"] for each in vies.questions] == [
        "1070000069",
        "5252344078",
    ]


@pytest.mark.parametrize(
    "fault", ["IP_BLOCKED", "VAT_BLOCKED", "INVALID_REQUESTER_INFO"]
)
def test_a_register_that_answers_us_nothing_is_asked_nothing_more_this_time(
    harness: BillingHarness, vies: FakeVies, fault: str
) -> None:
    other = replace(harness, company_id=uuid4())
    for each in (harness, other):
        _move(each)
        _set(each)
    vies.fault = fault
    harness.run_job("check_tax_ids")
    assert len(vies.questions) == 1

    vies.fault = ""
    harness.pass_time(PASSED_OVER_FOR)
    harness.run_job("check_tax_ids")
    states = {_tax_id(each).state for each in (harness, other)}
    assert states == {TaxIdState.UNREACHABLE, TaxIdState.VALID}


def test_two_instances_ask_once(harness: BillingHarness, vies: FakeVies) -> None:
    other = BillingHarness(
        harness.database,
        clock=harness.clock,
        company_id=harness.company_id,
        settings=harness.settings,
    )
    _set(harness)
    jobs = [
        threading.Thread(target=each.run_job, args=["check_tax_ids"])
        for each in (harness, other)
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
    harness: BillingHarness, vies: FakeVies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash between question and answer."""
    _set(harness)

    monkeypatch.setattr(harness.service, "_register", _Crash())
    with pytest.raises(SystemExit):
        harness.run_job("check_tax_ids")
    monkeypatch.undo()
    harness.pass_time(LEASE)
    harness.run_job("check_tax_ids")
    assert _tax_id(harness).state is TaxIdState.VALID


def test_setting_one_wakes_the_job(harness: BillingHarness) -> None:
    jobs = JobThreads(harness.service.jobs(), harness.service.runtime)
    jobs.start()
    try:
        _set(harness)
        _until(lambda: _tax_id(harness).state is TaxIdState.VALID)
    finally:
        jobs.stop()


def test_without_a_register_it_says_so_and_charges_vat(
    billing_database: Database,
) -> None:
    harness = BillingHarness(billing_database)
    _move(harness)
    _set(harness)
    harness.run_job("check_tax_ids")
    assert _tax_id(harness).failure == "not_configured"
    assert _rule(harness) == "vat_id_unreachable"


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
    harness: BillingHarness, number: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        _set(harness, number)
    assert refusal.value.code == code
    assert refusal.value.parameters == {"country": "PL"}
    assert _profile(harness).tax_id is None


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
    harness: BillingHarness, country: str, postal_code: str, *, is_business: bool
) -> None:
    _move(harness, 2, country=country, postal_code=postal_code, is_business=is_business)
    assert not _profile(harness).takes_tax_id
    with pytest.raises(Conflict, match="no_tax_id_there"):
        _set(harness)


def test_a_vat_id_can_be_removed(harness: BillingHarness) -> None:
    _set(harness)
    harness.run_job("check_tax_ids")
    assert _set(harness, "").tax_id is None
    assert _rule(harness) == "vat_id_missing"
    assert _events(harness)[-1]["tax_id"] is None  # type: ignore[index]


def test_without_an_address_there_is_no_rule(billing_database: Database) -> None:
    harness = BillingHarness(billing_database)
    profile = _profile(harness)
    assert (profile.decision, profile.problem) == (None, "no_billing_address")
    with pytest.raises(Conflict, match="no_billing_address"):
        _set(harness)


def test_a_national_number_is_refused_with_how_a_vat_id_looks(
    harness: BillingHarness,
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        _set(harness, "192598184")  # REGON
    assert refusal.value.code == "national_tax_number"
    assert refusal.value.parameters == {"country": "PL", "example": "PL1234567890"}


def test_another_company_neither_reads_nor_sets_it(harness: BillingHarness) -> None:
    _set(harness)
    stranger = harness.member(company_id=uuid4())
    read = harness.call(
        billing.tax.GET_TAX_PROFILE, billing.tax.GetTaxProfile(), stranger
    )
    assert read.tax_id is None
    with pytest.raises(ContractError):
        harness.call(
            billing.tax.SET_TAX_ID, billing.tax.SetTaxId(number=NUMBER), stranger
        )
    assert _tax_id(harness).number == NUMBER


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICAL])
def test_who_may_not_manage_billing_sets_none(
    harness: BillingHarness, role: Role
) -> None:
    with pytest.raises(Forbidden):
        harness.call(
            billing.tax.SET_TAX_ID,
            billing.tax.SetTaxId(number=NUMBER),
            harness.member(role),
        )


def test_the_day_of_a_rate_is_the_companys_own(harness: BillingHarness) -> None:
    """Half past eleven in the evening in London is the next day in Warsaw."""
    request = billing.tax.AddTaxRate(
        country="PL", rate_percent=Decimal(24), valid_from=date(2027, 1, 1)
    )
    harness.call(billing.tax.ADD_TAX_RATE, request, harness.operator())
    for moment, percent in (
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), 23),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), 24),
    ):
        harness.clock.move_to(moment)
        decision = _profile(harness).decision
        assert decision
        assert decision.rate_percent == percent
