"""The ceremonies of passkeys, with an authenticator of software."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select, text
from webauthn.helpers import bytes_to_base64url

from services.identity.factors import challenges
from services.identity.factors.own_passkeys import MAX_PER_USER
from services.identity.models.notices import Notice
from services.identity.models.passkeys import PasskeyChallenge
from shared.contracts.identity import passkeys as contract
from shared.contracts.identity.notices import Channel, NoticeKind
from shared.errors import Conflict, ContractError, Forbidden, InvalidInput, NotFound
from shared.principal import PROOF_LIFETIME, Strength
from tests.fixtures.identity.authenticator import NO_AAGUID
from tests.fixtures.identity.harness import PUBLIC_URL, IdentityHarness
from tests.fixtures.identity.passkeys import (
    ALICE,
    BROWSER,
    Person,
    log_in,
    login_options,
)


def refusal(harness: IdentityHarness, credential: str, browser: str = BROWSER) -> str:
    with pytest.raises(InvalidInput) as refused:
        log_in(harness, credential, browser)
    return refused.value.code


def notices(harness: IdentityHarness, kind: NoticeKind) -> list[tuple[Channel, str]]:
    """Over which channels people were told of which passkey."""
    with harness.database.system() as db:
        rows = db.scalars(select(Notice).where(Notice.kind == kind))
        return [(row.channel, row.parameters["passkey"]) for row in rows]


def test_a_passkey_is_added_listed_and_logs_in(harness: IdentityHarness) -> None:
    alice = Person.of(harness)

    added = alice.add()
    harness.clock.move(timedelta(minutes=1))
    session = log_in(harness, alice.authenticator.get(login_options(harness)))

    assert session.user.email == ALICE
    principal = harness.principal_of(session)
    assert principal.strength is Strength.PASSKEY
    assert principal.proved_at
    listed = alice.listed()
    assert listed.relying_party == "clients.example.com"
    used = msgspec.structs.replace(added, last_used_at=harness.clock.now())
    assert listed.passkeys == [used]
    assert (added.name, added.is_synced) == ("Windows Hello", True)
    told = {(channel, "Windows Hello") for channel in Channel}
    assert set(notices(harness, NoticeKind.PASSKEY_ADDED)) == told


def test_the_options_ask_for_a_discoverable_verified_passkey(
    harness: IdentityHarness,
) -> None:
    alice = Person.of(harness)
    alice.add()

    options = json.loads(alice.options())

    selection = options["authenticatorSelection"]
    assert selection["residentKey"] == "required"
    assert selection["userVerification"] == "required"
    assert options["user"]["name"] == ALICE
    (known,) = alice.listed().passkeys
    assert [each["id"] for each in options["excludeCredentials"]] == [
        known.credential_id
    ]
    asked = json.loads(login_options(harness))
    assert asked["userVerification"] == "required"
    assert asked["allowCredentials"] == []


def test_names_are_by_the_product_numbered_and_changed(
    harness: IdentityHarness,
) -> None:
    alice = Person.of(harness)
    names = [alice.add().name, alice.add().name]
    alice.authenticator.aaguid = NO_AAGUID
    unnamed = alice.add()

    assert names == ["Windows Hello", "Windows Hello 2"]
    assert unnamed.name == ""
    rename = contract.RenamePasskey(passkey_id=unnamed.id, name="  My key ")
    assert alice.call(contract.RENAME_PASSKEY, rename).name == "My key"
    for name in ("", "x" * (contract.MAX_NAME_LENGTH + 1), "a\nb"):
        bad = contract.RenamePasskey(passkey_id=unnamed.id, name=name)
        with pytest.raises(InvalidInput, match="bad_passkey_name"):
            alice.call(contract.RENAME_PASSKEY, bad)


def test_a_challenge_is_answered_once_even_by_two_at_once(
    harness: IdentityHarness,
) -> None:
    alice = Person.of(harness)
    alice.add()
    credential = alice.authenticator.get(login_options(harness))

    def attempt(_: int) -> str:
        try:
            return log_in(harness, credential).user.email
        except ContractError as refused:
            return refused.code

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(attempt, range(4)))

    assert answers == [ALICE, *["passkey_challenge_ended"] * 3]
    assert refusal(harness, credential) == "passkey_challenge_ended"


def test_a_challenge_is_used_up_by_a_refused_answer_too(
    harness: IdentityHarness,
) -> None:
    alice = Person.of(harness)
    alice.add()
    options = login_options(harness)
    alice.authenticator.verifies = False
    assert refusal(harness, alice.authenticator.get(options)) == "passkey_refused"

    alice.authenticator.verifies = True
    again = alice.authenticator.get(options)
    assert refusal(harness, again) == "passkey_challenge_ended"


def test_a_challenge_is_for_its_browser_its_time_and_its_purpose(
    harness: IdentityHarness,
) -> None:
    alice = Person.of(harness)
    alice.add()
    get = alice.authenticator.get

    elsewhere = get(login_options(harness))
    assert refusal(harness, elsewhere, "another") == "passkey_challenge_ended"
    late = get(login_options(harness))
    harness.clock.move(challenges.LIFETIME)
    assert refusal(harness, late) == "passkey_challenge_ended"
    made_up = json.loads(login_options(harness)) | {"challenge": "AAAA"}
    assert refusal(harness, get(json.dumps(made_up))) == "passkey_challenge_ended"
    alice.session = harness.resume(alice.session.token)
    session = str(harness.principal_of(alice.session).session_id)
    registering = json.loads(alice.options()) | {"rpId": "clients.example.com"}
    misused = get(json.dumps(registering))
    assert refusal(harness, misused, session) == "passkey_challenge_ended"


def test_a_counter_that_goes_back_is_refused(harness: IdentityHarness) -> None:
    alice = Person.of(harness, counts=True)
    alice.add()
    get = alice.authenticator.get
    log_in(harness, get(login_options(harness), uses=7))

    for uses in (7, 6, 0):
        credential = get(login_options(harness), uses=uses)
        assert refusal(harness, credential) == "passkey_refused", uses
    log_in(harness, get(login_options(harness), uses=8))


def test_without_user_verification_there_is_neither_passkey_nor_login(
    harness: IdentityHarness,
) -> None:
    alice = Person.of(harness, verifies=False)
    with pytest.raises(InvalidInput, match="passkey_refused"):
        alice.add()

    alice.authenticator.verifies = True
    alice.add()
    alice.authenticator.verifies = False
    credential = alice.authenticator.get(login_options(harness))
    assert refusal(harness, credential) == "passkey_refused"


def test_another_origin_or_domain_is_refused(harness: IdentityHarness) -> None:
    alice = Person.of(harness)
    alice.add()
    phished = replace(alice.authenticator, origin=f"{PUBLIC_URL}.evil.example")
    assert refusal(harness, phished.get(login_options(harness))) == "passkey_refused"

    asked = json.loads(login_options(harness)) | {"rpId": "evil.example"}
    credential = alice.authenticator.get(json.dumps(asked))
    assert refusal(harness, credential) == "passkey_refused"


def test_a_passkey_is_its_owners_alone(harness: IdentityHarness) -> None:
    alice, bob = Person.of(harness), Person.of(harness, "bob@example.com")
    mine = alice.add()
    bob.add()

    with pytest.raises(Conflict, match="passkey_exists"):
        steal(bob, alice)
    for method, request in (
        (contract.RENAME_PASSKEY, contract.RenamePasskey(passkey_id=mine.id, name="x")),
        (contract.REMOVE_PASSKEY, contract.RemovePasskey(passkey_id=mine.id)),
    ):
        with pytest.raises(NotFound, match="no_such_passkey"):
            bob.call(method, request)
    assert mine.id in {each.id for each in alice.listed().passkeys}
    # Alice's key that says it were Bob's opens neither's account.
    key = alice.authenticator.keys[-1]
    handle = bob.authenticator.keys[-1].user_handle
    alice.authenticator.keys = [replace(key, user_handle=handle)]
    credential = alice.authenticator.get(login_options(harness))
    assert refusal(harness, credential) == "passkey_refused"


def steal(thief: Person, owner: Person) -> None:
    """Register the owner's newest key once more, for the thief."""
    from_owner = owner.authenticator.create(owner.options())
    owner.call(contract.ADD_PASSKEY, contract.AddPasskey(credential=from_owner))
    challenge = json.loads(thief.options())["challenge"]
    stolen = json.loads(from_owner)
    client = thief.authenticator._client("webauthn.create", challenge)
    stolen["response"]["clientDataJSON"] = bytes_to_base64url(client)
    request = contract.AddPasskey(credential=json.dumps(stolen))
    thief.call(contract.ADD_PASSKEY, request)


def test_a_removed_passkey_opens_nothing_and_its_owner_is_told(
    harness: IdentityHarness,
) -> None:
    alice = Person.of(harness)
    added = alice.add()
    harness.clock_tick()
    alice.call(contract.REMOVE_PASSKEY, contract.RemovePasskey(passkey_id=added.id))

    assert alice.listed().passkeys == []
    credential = alice.authenticator.get(login_options(harness))
    assert refusal(harness, credential) == "passkey_unknown"
    told = {(channel, added.name) for channel in Channel}
    assert set(notices(harness, NoticeKind.PASSKEY_REMOVED)) == told


def test_a_passkey_that_is_sent_twice_is_added_once(harness: IdentityHarness) -> None:
    alice = Person.of(harness)
    credential = alice.authenticator.create(alice.options())
    request = contract.AddPasskey(credential=credential)

    alice.call(contract.ADD_PASSKEY, request)

    with pytest.raises(InvalidInput, match="passkey_challenge_ended"):
        alice.call(contract.ADD_PASSKEY, request)
    assert len(alice.listed().passkeys) == 1


def test_one_can_have_so_many_and_no_more(
    harness: IdentityHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.identity.factors.own_passkeys.MAX_PER_USER", 2)
    assert MAX_PER_USER > 2
    alice = Person.of(harness)
    alice.add()
    waiting = alice.authenticator.create(alice.options())
    alice.add()

    with pytest.raises(Conflict, match="too_many_passkeys"):
        alice.options()
    with pytest.raises(Conflict, match="too_many_passkeys"):
        alice.call(contract.ADD_PASSKEY, contract.AddPasskey(credential=waiting))


def test_adding_and_removing_need_a_proof_of_late(harness: IdentityHarness) -> None:
    alice = Person.of(harness)
    added = alice.add()
    harness.clock.move(PROOF_LIFETIME)
    alice.session = harness.resume(alice.session.token)

    removal = contract.RemovePasskey(passkey_id=added.id)
    for action in (alice.options, lambda: alice.call(contract.REMOVE_PASSKEY, removal)):
        with pytest.raises(Forbidden, match="step_up_required"):
            action()
    assert len(alice.listed().passkeys) == 1


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"id": "\\ud800"}',
        "[" * 20_000,
        "x" * 40_000,
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
        json.dumps(
            {
                "id": "AA",
                "rawId": "AA",
                "type": "public-key",
                "response": {
                    "clientDataJSON": "bnVsbA",
                    "authenticatorData": "AA",
                    "signature": "AA",
                    "attestationObject": "oA",
                },
            }
        ),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(
    harness: IdentityHarness, credential: str
) -> None:
    alice = Person.of(harness)

    assert refusal(harness, credential) == "passkey_refused"
    with pytest.raises(InvalidInput, match="passkey_refused"):
        alice.call(contract.ADD_PASSKEY, contract.AddPasskey(credential=credential))


def test_answers_are_bent_byte_by_byte(harness: IdentityHarness) -> None:
    """Every field of both ceremonies, cut and flipped: refused, and never a fault."""
    alice = Person.of(harness)
    alice.add()
    for name in ("clientDataJSON", "authenticatorData", "signature", "userHandle"):
        for part in (slice(0, 20), slice(None, None, -1), slice(0)):
            answer = json.loads(alice.authenticator.get(login_options(harness)))
            answer["response"][name] = answer["response"][name][part]
            code = refusal(harness, json.dumps(answer))
            assert code in {"passkey_refused", "passkey_challenge_ended"}, name
    for size in range(0, 220, 11):
        answer = json.loads(alice.authenticator.create(alice.options()))
        made = answer["response"]["attestationObject"]
        answer["response"]["attestationObject"] = made[:size]
        request = contract.AddPasskey(credential=json.dumps(answer))
        with pytest.raises(InvalidInput, match="passkey_refused"):
            alice.call(contract.ADD_PASSKEY, request)


def test_one_place_gets_so_many_challenges_in_a_while(
    harness: IdentityHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = replace(challenges.PER_SOURCE, most=2)
    monkeypatch.setattr(challenges, "PER_SOURCE", two)
    login_options(harness)
    harness.clock.move(timedelta(minutes=1))
    login_options(harness)

    with pytest.raises(ContractError) as refused:
        login_options(harness)
    assert refused.value.parameters == {"retry_after_s": 14 * 60}
    request = contract.BeginPasskeyLogin(browser="b", address="203.0.113.99")
    harness.call(contract.BEGIN_PASSKEY_LOGIN, request)
    harness.clock.move(timedelta(minutes=14))
    login_options(harness)


def test_old_challenges_are_forgotten(harness: IdentityHarness) -> None:
    login_options(harness)
    harness.clock.move(challenges.LIFETIME)
    login_options(harness)

    (job,) = (j for j in harness.service.jobs() if j.name == "forget_old_failures")
    job.run("test")

    with harness.database.system() as db:
        assert len(db.scalars(select(PasskeyChallenge)).all()) == 1
        # What the database has is of no use to who reads it.
        stored = str(db.execute(text("SELECT * FROM passkey_challenges")).all())
    assert BROWSER not in stored
