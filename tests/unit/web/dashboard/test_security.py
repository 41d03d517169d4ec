"""What the security block names, and in which order."""

from dataclasses import replace
from uuid import UUID

import pytest
from flask import Flask, render_template
from msgspec.structs import replace as changed

from shared.contracts.identity.factors import FEW_RECOVERY_CODES
from shared.contracts.identity.people import VerificationStep
from shared.contracts.identity.signing_in import Protection
from web.dashboard.security import SecurityView
from web.page.blocks import BlockView

COMPANY = UUID(int=1)
ALONE = Protection(
    verified=list(VerificationStep),
    to_verify=[],
    recovery_codes_left=10,
    members=1,
    unprotected=[],
)
WELL = SecurityView(is_on=True, may_verify=True, is_verified=True, protection=ALONE)
TO_VERIFY = replace(
    WELL,
    is_verified=False,
    protection=changed(ALONE, to_verify=[VerificationStep.PHONE]),
)
TEAM = changed(ALONE, members=3, unprotected=["Viktor"])


def shown(app: Flask, view: SecurityView) -> str:
    block = BlockView("security", COMPANY, "fresh", view)
    with app.test_request_context("/"):
        return render_template("blocks/security.html", view=block)


@pytest.mark.parametrize(
    ("view", "missing"),
    [
        (WELL, []),
        (replace(WELL, is_on=False), ["two_factor"]),
        (
            replace(
                WELL, protection=changed(ALONE, recovery_codes_left=FEW_RECOVERY_CODES)
            ),
            ["recovery_codes"],
        ),
        (TO_VERIFY, ["verification"]),
        # The limits follow the owners' verification, not theirs.
        (replace(TO_VERIFY, may_verify=False), []),
        (replace(WELL, protection=TEAM), ["members"]),
        # Colleagues are in the same line.
        (replace(WELL, is_on=False, protection=TEAM), ["two_factor"]),
        (
            replace(WELL, is_verified=False, protection=TEAM),
            ["verification", "members"],
        ),
    ],
)
def test_what_is_missing_is_named_and_the_best_step_has_the_button(
    pieces_app: Flask, view: SecurityView, missing: list[str]
) -> None:
    html = shown(pieces_app, view)

    assert view.missing == missing
    assert ("all-well" in html) is (not missing)
    assert ('class="card-foot"' in html) is bool(missing)


def test_it_leads_to_the_exact_step(pieces_app: Flask) -> None:
    html = shown(pieces_app, TO_VERIFY)

    assert "/account/verification#phone" in html
    assert "account is verified" not in shown(
        pieces_app, replace(TO_VERIFY, may_verify=False)
    )


@pytest.mark.parametrize(
    ("is_on", "unprotected", "members", "said"),
    [
        (False, [], 1, "A password alone"),
        (False, ["Viktor"], 3, "1 of 3"),
        (False, ["Viktor"], 3, "Off for you and Viktor"),
        (True, ["Viktor"], 3, "2 of 3"),
        (True, ["Viktor"], 3, "Off for Viktor"),
        (True, ["A", "B"], 5, "Off for A and B"),
        (False, ["A", "B"], 5, "Off for you, A and B"),
        (True, ["A", "B", "C", "D"], 5, "Off for A, B and 2 more"),
        (False, ["A", "B", "C"], 5, "Off for you, A, B and 1 more"),
    ],
)
def test_colleagues_without_a_second_factor_are_named(
    pieces_app: Flask, *, is_on: bool, unprotected: list[str], members: int, said: str
) -> None:
    people = changed(ALONE, members=members, unprotected=unprotected)
    view = replace(WELL, is_on=is_on, protection=people)

    assert said in shown(pieces_app, view)
