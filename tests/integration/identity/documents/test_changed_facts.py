"""A document verifies what its sender said when it was sent, and nothing later."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import asdict

from shared.contracts.identity.companies import (
    CHANGE_COMPANY,
    GET_COMPANY,
    ChangeCompany,
    GetCompany,
)
from shared.contracts.identity.people import (
    CHANGE_ACCOUNT,
    ChangeAccount,
    VerificationState,
    VerificationStep,
)
from shared.contracts.identity.verification.documents import DocumentState
from shared.errors import Conflict
from tests.fixtures.identity import files
from tests.fixtures.identity.harness import IdentityHarness
from tests.fixtures.identity.sent_documents import Sender, approve
from tests.fixtures.identity.steps import step_of


def _rename_person(sender: Sender, name: str | None) -> None:
    user = sender.session.user
    request = ChangeAccount(
        name=name or user.name, locale="de", time_zone="Europe/Vienna"
    )
    sender.harness.call(CHANGE_ACCOUNT, request, sender.principal)


def _rename_company(sender: Sender, name: str | None) -> None:
    found = sender.harness.call(GET_COMPANY, GetCompany(), sender.principal)
    fields = {
        field: value
        for field, value in asdict(found).items()
        if field in ChangeCompany.__struct_fields__
    }
    changed = {"name": name} if name else {"time_zone": "Europe/Vienna"}
    request = ChangeCompany(**fields | changed)
    sender.harness.call(CHANGE_COMPANY, request, sender.principal)


@pytest.mark.parametrize(
    ("step", "rename", "reason"),
    [
        (VerificationStep.IDENTITY_DOCUMENT, _rename_person, "name_changed"),
        (VerificationStep.COMPANY_DOCUMENT, _rename_company, "company_changed"),
    ],
)
def test_another_name_takes_back_what_waits(
    harness: IdentityHarness,
    tmp_path: Path,
    step: VerificationStep,
    rename: Callable[[Sender, str | None], None],
    reason: str,
) -> None:
    alice = Sender.new(harness, "alice@example.com", tmp_path)
    document = alice.send(files.photo(), step)
    rename(alice, None)
    assert alice.last(step).state is DocumentState.IN_REVIEW

    rename(alice, "Somebody Else")

    with pytest.raises(Conflict) as refused:
        approve(harness, document.id)
    assert refused.value.code == "document_not_in_review"
    row = alice.row(document.id)
    subject = row.subject_id
    now = step_of(harness, subject, step)
    assert (now.state, now.reason_code) == (VerificationState.NOT_STARTED, reason)
    assert row.wrapped_key is None
    assert alice.send(files.photo(), step).state is DocumentState.IN_REVIEW
