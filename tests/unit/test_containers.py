"""What docker-compose.yml and the Dockerfile promise, as far as files can show it.

`make containers` shows the rest, where there is an engine.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from launcher.servers.databases import SERVICES, url_variable
from launcher.servers.postgres import QUIET_SERVER
from launcher.servers.rabbitmq import PROCESSES, amqp_variable

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
SERVERS = ("postgres", "rabbitmq", "mail")
PROGRAMS = (*SERVICES, "web")
FOR_A_WHILE = ("setup", "operator")

FOREIGN_SETTINGS = ("POSTGRES_", "RABBITMQ_")
"""How the names of the servers' own settings begin."""

WHAT_RUNS = {"cli", "launcher", "services", "shared", "web"}
FOR_THE_BUILD = {
    ".npmrc",
    "package.json",
    "package-lock.json",
    "requirements/runtime.txt",
}

_VARIABLE = re.compile(r"\$\{(\w+)")
_DEFAULT = re.compile(r"\$\{\w+:-")


def settings_of(container: str) -> dict[str, str]:
    environment: dict[str, str] = CONTAINERS[container].get("environment", {})
    return environment


def volumes_of(container: str) -> dict[str, str]:
    """By name of the volume: where it lies, and ``:ro`` where it can't be written."""
    volumes = CONTAINERS[container].get("volumes", [])
    return dict(volume.split(":", 1) for volume in volumes)


def test_the_whole_stack_is_there() -> None:
    assert set(CONTAINERS) == {*SERVERS, *PROGRAMS, "proxy", *FOR_A_WHILE}


def test_postgresql_logs_as_little_as_that_of_the_launcher() -> None:
    _postgres, *options = CONTAINERS["postgres"]["command"]

    given = dict(option.split("=") for option in options if option != "-c")
    assert given == QUIET_SERVER


def test_a_container_can_do_little() -> None:
    for name, container in CONTAINERS.items():
        assert container["read_only"] is True, name
        assert container["cap_drop"] == ["ALL"], name
        assert container["security_opt"] == ["no-new-privileges:true"], name
        assert container["user"].split(":")[0] not in {"root", "0", ""}, name
        assert "privileged" not in container, name
        assert all(":" not in target for target in container["tmpfs"]), name
        assert all(source in COMPOSE["volumes"] for source in volumes_of(name)), name


def test_services_have_health_checks_and_are_restarted() -> None:
    for name in (*SERVERS, *PROGRAMS, "proxy"):
        assert CONTAINERS[name]["healthcheck"]["test"][0] == "CMD", name
        assert CONTAINERS[name]["restart"] == "unless-stopped", name


def test_a_program_waits_for_what_it_needs() -> None:
    for name in PROGRAMS:
        conditions = {
            other: waits["condition"]
            for other, waits in CONTAINERS[name]["depends_on"].items()
        }

        needs = {"postgres", "rabbitmq", *(SERVICES if name == "web" else ())}
        healthy = dict.fromkeys(needs, "service_healthy")
        done = {"setup": "service_completed_successfully"}
        assert conditions == healthy | done, name


def test_the_web_front_end_is_reached_by_the_proxy_alone() -> None:
    sockets = {name: volumes_of(name).get("web-socket") for name in CONTAINERS}

    assert {name for name, at in sockets.items() if at} == {"web", "proxy"}
    assert settings_of("proxy")["WEB_SOCKET"] == settings_of("web")["WEB_SOCKET"]
    trusted = {settings_of(name)["TRUSTED_PROXIES"] for name in ("web", "proxy")}
    assert trusted == {"${TRUSTED_PROXIES:-0}"}
    assert settings_of("web")["OWN_PROXY"] == "yes"
    assert CONTAINERS["proxy"]["depends_on"] == {
        "web": {"condition": "service_healthy"}
    }


def test_only_the_proxy_is_published_to_this_machine_unless_asked() -> None:
    published = {name: c["ports"] for name, c in CONTAINERS.items() if "ports" in c}

    assert published == {"proxy": ["${PUBLISH:-127.0.0.1}:${PORT:-8000}:8000"]}


def test_only_who_has_business_outside_has_a_way_out() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name, container in CONTAINERS.items():
        # Customers come to the proxy; billing asks the register of VAT IDs; identity
        # hands mails in.
        goes_out = name in {"proxy", "billing", "identity"}
        ways = {"inside", "outside"} if goes_out else {"inside"}
        assert set(container["networks"]) == ways


def test_secrets_come_from_the_environment_and_have_no_default() -> None:
    settings = [s for name in CONTAINERS for s in settings_of(name).items()]
    for variable, value in settings:
        secret = re.search(r"://[^:/]+:([^@]+)@", value)
        if secret is None and not variable.endswith(("_PASS", "_PASSWORD")):
            continue
        given = secret[1] if secret else value
        assert _VARIABLE.match(given), variable
        assert not _DEFAULT.match(given), variable


def test_it_is_said_when_a_secret_is_missing() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    secrets = {name for name in _VARIABLE.findall(text) if name.endswith("_PASSWORD")}
    example = (ROOT / ".env.example").read_text()

    assert secrets == set(re.findall(r"^(\w+)=$", example, re.MULTILINE))
    assert all(f"${{{name}:?" in text for name in secrets)


def test_a_program_is_given_its_own_database_and_keys_only() -> None:
    for program in PROGRAMS:
        settings = settings_of(program)
        databases = {name for name in settings if name.endswith("DATABASE_URL")}

        own = {url_variable(program)} if program in SERVICES else set()
        assert databases == own, program
        keys = {k: v for k, v in volumes_of(program).items() if k.endswith("-keys")}
        months = {"month-keys": "/month-keys"} if program == "identity" else {}
        assert keys == {f"{program}-keys": "/keys:ro", **months}
        assert settings["KEYS_DIR"] == "/keys"


def test_a_program_is_given_its_own_account_on_the_broker_only() -> None:
    brokers = {
        name: {key: url for key, url in settings_of(name).items() if "AMQP_URL" in key}
        for name in (*PROGRAMS, "operator")
    }

    health = "HEALTH_AMQP_URL"
    for name, urls in brokers.items():
        assert set(urls) == {"AMQP_URL"} | ({health} if name in SERVICES else set())
        assert urls["AMQP_URL"].startswith(f"amqp://{name}:")
    made = {name for name in settings_of("setup") if name.endswith("AMQP_URL")}
    assert made == {amqp_variable(process) for process in PROCESSES}


def test_the_set_up_alone_knows_administrators_and_owners_of_tables() -> None:
    for name in CONTAINERS:
        powerful = {
            variable
            for variable in settings_of(name)
            if re.search(r"^ADMIN_\w+_URL$|_OWNER_", variable)
        }

        assert bool(powerful) == (name == "setup"), name


def test_the_set_up_fills_the_keys_of_each_program() -> None:
    filled = volumes_of("setup")

    for program in PROGRAMS:
        folder = f"/var/lib/client-area/run/keys/{program}"
        assert filled[f"{program}-keys"] == folder


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    ours = {
        variable
        for name in CONTAINERS
        for variable in settings_of(name)
        if not variable.startswith(FOREIGN_SETTINGS)
    }
    documented = set(
        re.findall(r"`([A-Z_]+)`", (ROOT / "docs/operators/settings.md").read_text())
    )

    assert ours | set(_VARIABLE.findall(text)) <= documented


def test_the_image_holds_only_what_runs_and_is_not_roots() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    build, final = dockerfile.split("\nFROM ")[1:]
    copied = {
        source.rstrip("/")
        for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", build, re.MULTILINE)
        for source in sources.split()
    }
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {line[1:].rstrip("/") for line in ignored if line.startswith("!")}

    assert copied == sent == WHAT_RUNS | FOR_THE_BUILD
    assert "*" in ignored
    assert re.findall(r"^COPY .+$", final, re.MULTILINE) == [
        "COPY --from=build /opt/client-area /opt/client-area"
    ]
    assert re.findall(r"^USER (.+)$", final, re.MULTILINE) == ["10001:10001"]
