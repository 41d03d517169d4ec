"""Each program of the stack has its own settings and keys, and no other's."""

from pathlib import Path

import pytest

from launcher.machine.keys import ensure_keys
from launcher.run.credentials import (
    KEYS,
    copy_keys,
    environment_of,
    rotate_key,
)
from shared.settings import read_settings

SHARED = {"VAR": "/var/x", "PUBLIC_URL": "http://localhost:1", "AMQP_URL": "amqp://x"}
DATABASES = {
    f"{name}_DATABASE_URL": f"postgresql://{name}"
    for name in ("IDENTITY", "INVENTORY", "BILLING")
}
EVENT_KEYS = {f"{name}.event.pub" for name in ("identity", "inventory", "billing")}
STORAGES = {
    "DOCUMENT_STORAGE_URL": "https://all",
    "WEB_DOCUMENT_STORAGE_URL": "https://put-only",
}
EVERYTHING = SHARED | DATABASES | {"KEYS_DIR": "/all/keys"}


def held(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


@pytest.mark.parametrize("service", ["identity", "inventory", "billing"])
def test_a_service_knows_its_own_database_only(service: str) -> None:
    environment = environment_of(service, EVERYTHING, Path("/own"))

    own = f"{service.upper()}_DATABASE_URL"
    assert environment == SHARED | {own: DATABASES[own], "KEYS_DIR": "/own"}


def test_the_web_front_end_knows_no_database() -> None:
    environment = environment_of("web", EVERYTHING, Path("/own"))

    assert environment == SHARED | {"KEYS_DIR": "/own"}


def test_a_program_knows_its_own_account_on_the_broker_only() -> None:
    given = {
        "WEB_AMQP_URL": "amqp://web",
        "BILLING_AMQP_URL": "amqp://billing",
        "OPERATOR_AMQP_URL": "amqp://operator",
        "AMQP_URL": "amqp://one-for-all",
    }

    held = {
        program: environment_of(program, given, Path("/own"))
        for program in ("web", "billing", "inventory", "sandbox")
    }

    keys = {"KEYS_DIR": "/own"}
    assert held == {
        "web": {"AMQP_URL": "amqp://web"} | keys,
        "billing": {"AMQP_URL": "amqp://billing"} | keys,
        "inventory": {"AMQP_URL": "amqp://one-for-all"} | keys,
        "sandbox": keys,
    }


@pytest.mark.parametrize("program", ["identity", "inventory", "web", "sandbox"])
def test_billing_alone_knows_what_opens_the_payment_gateways(program: str) -> None:
    secrets = {"STRIPE_SECRET_KEY": "sk_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}

    environment = environment_of(program, EVERYTHING | secrets, Path("/own"))

    assert not secrets.keys() & environment.keys()
    assert secrets.items() <= environment_of("billing", secrets, Path("/own")).items()


def test_documents_are_reached_by_those_who_write_and_read_them() -> None:
    urls = {
        name: environment_of(name, EVERYTHING | STORAGES, Path("/own")) for name in KEYS
    }

    found = {name: url.get("DOCUMENT_STORAGE_URL") for name, url in urls.items()}
    others = dict.fromkeys(("inventory", "billing", "sandbox"))
    assert found == {"identity": "https://all", "web": "https://put-only"} | others
    assert not [name for name, url in urls.items() if "WEB_DOCUMENT_STORAGE_URL" in url]


@pytest.mark.parametrize("program", KEYS)
def test_no_program_knows_an_administrator_nor_the_account_of_others(
    program: str,
) -> None:
    of_nobody = {
        "ADMIN_BROKER_URL": "http://client-area:secret@broker:15672",
        "ADMIN_DATABASE_URL": "postgresql://postgres:secret@postgres/postgres",
        "NAMEKO_AMQP_URL": "amqp://nameko:secret@broker/",
        "BILLING_OWNER_DATABASE_URL": "postgresql://billing-owner:secret@postgres/",
    }

    environment = environment_of(program, EVERYTHING | of_nobody, Path("/own"))

    assert not of_nobody.keys() & environment.keys()


@pytest.mark.parametrize(
    ("program", "keys"),
    [
        (
            "identity",
            {
                *("principal.key", "principal.pub", "operator.pub"),
                *("identity.event.key", "factor.keys", "document.keys", *EVENT_KEYS),
            },
        ),
        (
            "inventory",
            {
                *("principal.pub", "inventory.event.key"),
                *("identity.event.pub", "billing.event.pub"),
            },
        ),
        (
            "billing",
            {"principal.pub", "sandbox.secret", "billing.event.key", *EVENT_KEYS},
        ),
        ("sandbox", {"sandbox.secret"}),
        ("web", {"principal.pub", "web.secret", *EVENT_KEYS}),
    ],
)
def test_a_program_holds_its_own_keys_only(
    tmp_path: Path, program: str, keys: set[str]
) -> None:
    ensure_keys(tmp_path / "all")
    folder = tmp_path / "run" / program

    copy_keys(program, tmp_path / "all", folder)

    assert held(folder) == keys == set(KEYS[program])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in folder.iterdir())


def test_keys_are_made_again_at_each_start(tmp_path: Path) -> None:
    ensure_keys(tmp_path / "all")
    folder = tmp_path / "run"
    copy_keys("identity", tmp_path / "all", folder)
    (tmp_path / "all" / "web.secret").write_text("another")

    copy_keys("web", tmp_path / "all", folder)

    assert held(folder) == {"principal.pub", "web.secret", *EVENT_KEYS}
    assert (folder / "web.secret").read_text() == "another"


def test_a_new_factor_key_comes_first_also_for_a_running_identity(
    tmp_path: Path,
) -> None:
    settings = read_settings({"VAR": str(tmp_path)})
    ensure_keys(settings.keys_dir)
    own = tmp_path / "run" / "keys" / "identity"
    copy_keys("identity", settings.keys_dir, own)
    old = (own / "factor.keys").read_bytes().split()

    rotate_key(settings, "factor.keys")

    keys = (settings.keys_dir / "factor.keys").read_bytes().split()
    assert (len(keys), keys[1:]) == (2, old)
    assert (own / "factor.keys").read_bytes().split() == keys
    assert held(own) == set(KEYS["identity"])
