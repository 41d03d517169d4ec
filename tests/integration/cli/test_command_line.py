"""The operator's command line, run as operators run it."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from importlib.resources import files
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

import click
import pytest
from sqlalchemy import Connection, create_engine, text

from launcher.servers.databases import SERVICES, url_variable
from launcher.servers.supervision import ROOT
from tests.fixtures.commands import CommandLine
from tests.fixtures.installations import begin_top_up, installation, sign_in
from tests.fixtures.web.pages import HTMX

CATALOGUE = """\
family,family_name,plan,plan_name,currency,period,price
lxc,LXC,lxc-s,"LXC S, 1 vCPU",EUR,month,4.50
lxc,LXC,lxc-s,"LXC S, 1 vCPU",EUR,fortnight,2.25
storage,Storage,storage-100,Object Storage,EUR,month,4.90
"""
OWN_SERVICES = """\
company,reference,name,plan,currency,period,state
Analytical Engines Ltd,AE-1,engine-01,lxc-s,EUR,month,active
Analytical Engines Ltd,AE-2,Punched cards,storage-100,EUR,month,pending
Difference Engines Ltd,DE-1,engine-01,lxc-s,EUR,month,active
"""


BANK_STATEMENTS = ROOT / "tests" / "data" / "bank-statements"
SIZES = ("c1.medium", "c1.xlarge", "m1.large", "m3.medium", "t2.micro", "r3.large")
PROJECTIONS = ("companies", "subscriptions", "recurring_costs", "renewals")


@dataclass(frozen=True)
class ClientArea:
    command_line: CommandLine
    folder: Path
    database_urls: dict[str, str]

    def __call__(
        self, *words: str, expect: int = 0, typed: str = ""
    ) -> subprocess.CompletedProcess[str]:
        done = self.command_line.run(
            *words, environment=self.environment(), typed=typed
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done

    def environment(self) -> dict[str, str]:
        urls = {url_variable(name): url for name, url in self.database_urls.items()}
        inherited = {k: v for k, v in os.environ.items() if k != "AMQP_URL"}
        return inherited | urls | {"VAR": str(self.folder)}

    def file(self, name: str, content: str) -> str:
        path = self.folder / name
        path.write_text(content)
        return str(path)

    def projections(self) -> dict[str, list[tuple[object, ...]]]:
        """What billing knows of identity's and inventory's things, by table.

        Each replay has an epoch of its own.
        """
        with self._billing() as connection:
            tables = {
                table: connection.execute(text(f"TABLE {table}")).mappings()
                for table in PROJECTIONS
            }
            return {
                table: sorted(
                    tuple(value for name, value in row.items() if name != "epoch")
                    for row in rows
                )
                for table, rows in tables.items()
            }

    def lose_projections(self) -> None:
        with self._billing() as connection:
            connection.execute(text(f"TRUNCATE {', '.join(PROJECTIONS)}"))

    @contextmanager
    def _billing(self) -> Iterator[Connection]:
        engine = create_engine(self.database_urls["billing"])
        with engine.begin() as connection:
            yield connection
        engine.dispose()

    def count(self, table: str) -> int:
        engine = create_engine(self.database_urls["inventory"])
        with engine.connect() as connection:
            counted = connection.scalar(text(f"SELECT count(*) FROM {table}"))
        engine.dispose()
        return int(counted or 0)


@pytest.fixture(scope="module")
def command_line() -> Iterator[CommandLine]:
    with closing(CommandLine()) as command_line:
        yield command_line


@pytest.fixture
def client_area(
    command_line: CommandLine, tmp_path: Path, new_database: Callable[[str], str]
) -> ClientArea:
    """The command line over three empty databases, with the services within it."""
    urls = {name: new_database(name) for name in SERVICES}
    return ClientArea(command_line, tmp_path, urls)


def test_a_command_runs_in_a_new_process(client_area: ClientArea) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "companies", "list"],
        env=client_area.environment(),
        capture_output=True,
        check=False,
        text=True,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.full
def test_an_operator_starts_from_nothing(client_area: ClientArea) -> None:
    ada = ("--email", "ada@example.com", "--name", "Ada")
    password = "correct horse battery\n" * 2
    user_id = client_area("users", "create", *ada, typed=password).stdout.split()[-1]
    marks = client_area("users", "log-marks", "--email", "ada@example.com").stdout
    assert re.fullmatch(r"account  [0-9a-f]{16}\n", marks)
    reset = ("users", "reset-2fa", "--email", "ada@example.com")
    refused = client_area(*reset, "--reason", "Called back", expect=1)
    assert "[two_factor_is_off]" in refused.stderr
    assert "[no_reset_waits]" in client_area(*reset, "--cancel", expect=1).stderr
    end = ("users", "end-sessions")
    for whose in (("--email", "ada@example.com"), ("--everyone",)):
        assert client_area(*end, *whose).stdout == "sessions ended: 0\n"
    client_area(*end, expect=2)
    name = ("--name", "Analytical Engines Ltd", "--country", "GB")
    client_area("companies", "create", *name, "--owner", user_id)
    company = ("--company", "Analytical Engines Ltd")
    client_area("wallet", "open", *company, "--currency", "EUR")
    adjusted = client_area(
        "wallet", "adjust", *company, "--amount", "250 EUR", "--reason", "Brought over"
    )
    report = str(client_area.folder / "refused.csv")

    catalogue = client_area.file("catalogue.csv", CATALOGUE)
    imported = client_area("catalog", "import", catalogue, "--report", report, expect=3)
    services = client_area.file("services.csv", OWN_SERVICES)
    served = client_area("services", "import", services, expect=3)
    again = client_area("services", "import", services, expect=3)

    assert "Balance 250" in adjusted.stdout
    assert "2 created, 0 changed, 0 unchanged, 1 refused" in imported.stdout
    assert "line 3, period" in imported.stderr
    assert "3,period,no_such_period,fortnight" in Path(report).read_text()
    assert "2 created, 0 changed, 0 unchanged, 1 refused" in served.stdout
    assert "line 4, company: " in served.stderr
    assert "0 created, 0 changed, 2 unchanged, 1 refused" in again.stdout
    assert "Analytical Engines Ltd" in client_area("companies", "list").stdout
    client_area("inventory", "verify-counters")
    client_area("ledger", "verify")
    assert "companies done: 1" in client_area("inventory", "rebuild-counters").stdout
    assert "companies done: 1" in client_area("ledger", "rebuild", *company).stdout


@pytest.mark.full
def test_a_customer_comes_is_locked_exported_and_leaves(
    client_area: ClientArea,
) -> None:
    ada, company = ("--email", "ada@example.com"), ("--company", "Engines Ltd")
    password = "correct horse battery\n" * 2
    created = client_area("users", "create", *ada, "--name", "Ada", typed=password)
    user_id, folder = created.stdout.split()[-1], str(client_area.folder)
    name = ("--name", "Engines Ltd", "--country", "GB")
    client_area("companies", "create", *name, "--owner", user_id)
    client_area("wallet", "open", *company, "--currency", "EUR")
    archive = str(client_area.folder / "engines.zip")

    assert user_id in client_area("users", "list", "--email", "ADA").stdout
    assert user_id in client_area("members", "list", *company).stdout
    for what, whom in (("users", ada), ("companies", company)):
        client_area(what, "lock", *whom, "--reason", "abuse")
        assert "locked" in client_area(what, "show", *whom).stdout.lower()
        client_area(what, "unlock", *whom)
    exported = client_area("users", "export", *ada, "--to", folder).stdout.strip()
    client_area("companies", "export", *company, "--to", archive)
    assert Path(exported).stat().st_mode & 0o777 == 0o600
    with ZipFile(exported) as own, ZipFile(archive) as of_company:
        assert "ada@example.com" in own.read("account.json").decode()
        assert "Engines Ltd" in of_company.read("company.json").decode()
        assert "services.json" in of_company.namelist()

    alone = client_area("users", "erase", *ada, typed="y\n", expect=1)
    assert "[owns_companies]" in alone.stderr
    client_area("companies", "close", *company, typed="y\n")
    assert "closed" in client_area("companies", "show", *company).stdout
    assert "refunds: 0" in client_area("refunds", "list-last").stdout
    client_area("users", "erase", *ada, typed="y\n")
    client_area("companies", "erase", *company, typed="y\n")
    assert client_area("users", "list").stdout == ""
    assert "Engines Ltd" not in client_area("companies", "list").stdout
    assert "[no_such_user]" in client_area("users", "show", *ada, expect=1).stderr


@pytest.mark.full
def test_charging_can_be_tried_and_done_by_hand(client_area: ClientArea) -> None:
    ada = ("--email", "ada@example.com", "--name", "Ada")
    password = "correct horse battery\n" * 2
    user_id = client_area("users", "create", *ada, typed=password).stdout.split()[-1]
    name = ("--name", "Analytical Engines Ltd", "--country", "GB")
    client_area("companies", "create", *name, "--owner", user_id)
    company = ("--company", "Analytical Engines Ltd")
    client_area("wallet", "open", *company, "--currency", "EUR")
    adjust = ("--amount", "250 EUR", "--reason", "Brought over")
    client_area("wallet", "adjust", *company, *adjust)
    client_area("catalog", "import", client_area.file("c.csv", CATALOGUE), expect=3)
    client_area("services", "import", client_area.file("s.csv", OWN_SERVICES), expect=3)

    tried = client_area("charging", "run", "--dry-run").stdout
    done = client_area("charging", "run").stdout
    again = client_area("charging", "run").stdout

    assert "wallets checked: 1" in tried
    assert (
        tried.replace("to charge", "charged").splitlines()[-1]
        == (done.splitlines()[-1])
    )
    assert again.splitlines()[-1] == "Nothing is due."
    client_area("ledger", "verify")


@pytest.mark.full
def test_a_lost_projection_is_rebuilt(client_area: ClientArea) -> None:
    ada = ("--email", "ada@example.com", "--name", "Ada")
    password = "correct horse battery\n" * 2
    user_id = client_area("users", "create", *ada, typed=password).stdout.split()[-1]
    name = ("--name", "Analytical Engines Ltd", "--country", "GB")
    client_area("companies", "create", *name, "--owner", user_id)
    client_area("catalog", "import", client_area.file("c.csv", CATALOGUE), expect=3)
    client_area("services", "import", client_area.file("s.csv", OWN_SERVICES), expect=3)
    before = client_area.projections()
    client_area.lose_projections()

    companies = client_area("companies", "republish")
    services = client_area("inventory", "republish")

    assert companies.stdout == "companies sent: 1\n"
    assert services.stdout == "services sent: 2\n"
    assert all(before.values())
    assert client_area.projections() == before


def test_a_mistake_is_one_line(client_area: ClientArea) -> None:
    broken = client_area.file("broken.csv", "family,plan\n")
    nobody = ("--company", "Nobody", "--currency", "EUR")

    no_columns = client_area("catalog", "import", broken, expect=1)
    no_company = client_area("wallet", "open", *nobody, expect=1)
    no_amount = client_area(
        "wallet", "set-credit-limit", "--company", "x", "--limit", "ten", expect=2
    )

    assert "column 'family_name'" in no_columns.stderr
    assert no_company.stderr.endswith(" Details: Nobody [no_such_company]\n")
    assert "'12.50 EUR'" in no_amount.stderr


def test_a_rate_that_is_added_ends_the_one_before(client_area: ClientArea) -> None:
    add = ("tax", "rates", "add", "--country", "DE", "--from", "2031-01-01")
    assert "'x'" in client_area(*add, "--percent", "x", expect=2).stderr
    assert "[bad_rate]" in client_area(*add, "--percent", "NaN", expect=1).stderr

    client_area(*add, "--percent", "20.5")

    rates = client_area("tax", "rates", "list", "--country", "DE").stdout.splitlines()
    assert len(rates) == 2
    assert "19.00 %" in rates[0]
    assert "until 2031-01-01  (the product)" in rates[0]
    assert "20.50 %  from 2031-01-01 until further notice" in rates[1]


def test_a_payment_that_is_not_claimed_is_not_refunded(
    client_area: ClientArea,
) -> None:
    payment = ("--payment", "8f14e45f-ceea-4b67-8c1b-000000000001")

    grant = client_area("refunds", "grant", *payment, expect=1)
    decline = client_area("refunds", "decline", *payment, "--reason", "No", expect=1)

    assert client_area("refunds", "list").stdout == "requests: 0\n"
    assert "[no_such_refund_request]" in grant.stderr
    assert "[no_such_refund_request]" in decline.stderr


@pytest.mark.full
def test_invoices_are_credited_rebuilt_and_exported(client_area: ClientArea) -> None:
    with installation(client_area.database_urls, client_area.folder) as site:
        # Commands go by the real time.
        site.clock.move_to(datetime.now(UTC))
        company_id = site.customer("ada@example.com", "=Engines;+Co")
        company = ("--company", "=Engines;+Co", "--currency", "EUR")
        client_area("wallet", "open", *company)
        browser = sign_in(site.app(), "ada@example.com")
        page = browser.get(f"/funds/top-ups/{begin_top_up(browser)}").text
        (reference, *_) = re.findall(r"TU(?:-[0-9A-Z]{4}){3}", page)
        client_area(
            *("payments", "book", "--reference", reference),
            *("--amount", "23.80 EUR", "--transaction", "1"),
        )
        site.clock.move_to(datetime.now(UTC))
        site.run_job("issue_documents")
        listed = browser.get(f"/companies/{company_id}/invoices").text
        # The year that is in them may end at any moment.
        (proforma,), (invoice,) = (
            set(re.findall(rf"\b{kind}-\d{{4}}-000001\b", listed))
            for kind in ("PF", "INV")
        )
        because = ("--reason", "As agreed")

        credited = client_area(
            "documents", "credit", invoice, "--net", "5 EUR", *because
        )
        no_invoice = client_area("documents", "credit", proforma, *because, expect=1)
        rebuilt = client_area("documents", "rebuild", invoice)
        nothing = client_area("documents", "rebuild", "INV-1", expect=1)
        site.clock.move_to(datetime.now(UTC))
        site.run_job("issue_documents")

    first, last = (datetime.now(UTC).date() + timedelta(days=n) for n in (-1, 1))
    days = ("--from", str(first), "--to", str(last))
    turned = ("--from", str(last), "--to", str(first))
    refused = client_area("documents", "export", *turned, expect=2)
    rows = list(
        csv.DictReader(StringIO(client_area("documents", "export", *days).stdout))
    )
    assert credited.stdout.splitlines()[0] == (
        f"{reference}: refunded 5.00 EUR net plus 0.95 EUR tax; "
        "total refunded 5.00 EUR of 20.00 EUR net"
    )
    assert "[not_an_invoice]" in no_invoice.stderr
    assert "proforma" in no_invoice.stderr
    assert invoice in rebuilt.stdout
    assert "[no_such_document]" in nothing.stderr
    told = [(r["kind"], r["gross"], r["currency"], r["corrects"]) for r in rows]
    assert told == [
        ("proforma", "23.80", "EUR", ""),
        ("invoice", "23.80", "EUR", ""),
        ("credit-note", "5.95", "EUR", invoice),
    ]
    assert {row["company"] for row in rows} == {"'=Engines;'+Co"}
    assert {row["seller"] for row in rows} == {"Nordlicht Hosting GmbH"}
    methods = [row["payment_method"] for row in rows]
    assert methods == ["", "bank_transfer", "bank_transfer"]
    assert {row["reference"] for row in rows} == {reference}
    assert "--from is after --to" in refused.stderr
    assert not refused.stdout


@pytest.mark.full
def test_what_is_typed_twice_or_not_booked_has_an_exit_code_of_its_own(
    client_area: ClientArea,
) -> None:
    with installation(client_area.database_urls, client_area.folder) as site:
        # Commands go by the real time.
        site.clock.move_to(datetime.now(UTC))
        site.customer("ada@example.com", "Engines Ltd")
        company = ("--company", "Engines Ltd")
        client_area("wallet", "open", *company, "--currency", "EUR")
        browser = sign_in(site.app(), "ada@example.com")
        pages = [
            browser.get(f"/funds/top-ups/{begin_top_up(browser)}").text
            for _ in range(2)
        ]
    first, second = (re.findall(r"TU(?:-[0-9A-Z]{4}){3}", page)[0] for page in pages)
    statement = (BANK_STATEMENTS / "interest-without-name.xml").read_text()
    file = client_area.file("s.xml", statement.replace("TU-AAAA-AAAA-AAAA", first))

    read = client_area("payments", "book-statement", file, expect=3)
    parts = [
        *("payments", "book", "--transaction", "X"),
        *("--reference", first, "--amount", "23.80 EUR"),
        *("--reference", second, "--amount", "11.90 EUR"),
    ]
    booked = client_area(*parts)
    again = client_area(*parts)
    doubted = client_area(*parts[:2], "--transaction", "Y", *parts[4:8], expect=4)
    adjust = ("wallet", "adjust", *company, "--amount", "5 EUR", "--reason", "Sorry")
    once = client_area(*adjust, "--key", "K")
    repeated = client_area(*adjust, "--key", "K")
    refused = client_area(*adjust, expect=4)
    *_, earlier, code = refused.stderr.split()
    meant = client_area(*adjust, "--again", earlier)

    assert "unmatched: 0.07 EUR from unknown" in read.stdout
    assert "booked: 1, unmatched: 1" in read.stdout
    assert booked.stdout == "booked: 2\n"
    assert again.stdout == "known: 2\n"
    assert "done_before: 23.80 EUR" in doubted.stdout
    assert "--again" in doubted.stdout
    assert once.stdout == repeated.stdout
    assert code == "[done_before]"
    assert meant.stdout != once.stdout
    assert client_area("payments", "problems").stdout == "problems: 0\n"
    client_area("ledger", "verify")


def test_exchange_rates_are_known_once_and_stay(client_area: ClientArea) -> None:
    rates = "Date,USD,PLN,\n2026-02-27,1.0805,4.2315,\n2026-02-26,1.0799,N/A,\n"
    file = client_area.file("eurofxref-hist.csv", rates)
    other = client_area.file("other.csv", rates.replace("1.0799", "1.0798"))

    first = client_area("rates", "import", file)
    again = client_area("rates", "import", file)
    changed = client_area("rates", "import", other, expect=3)

    assert "3 added, 0 already stored, 0 refused" in first.stdout
    assert "0 added, 3 already stored, 0 refused" in again.stdout
    assert "0 added, 2 already stored, 1 refused" in changed.stdout
    assert "2026-02-26 USD: 1.0798 refused, 1.0799 is already" in changed.stderr


def test_every_command_has_help(client_area: ClientArea) -> None:
    from cli.main import main

    for group in main.commands.values():
        assert group.help
        assert isinstance(group, click.Group)
        for command in group.commands.values():
            assert command.help
            assert all(
                getattr(option, "help", None) or option.name in PLAIN_WORDS
                for option in command.params
            ), command.name


PLAIN_WORDS = {
    "document",
    "file",
    "street",
    "postal_code",
    "city",
    "region",
    "role",
    "help",
    "number",
}


@pytest.mark.nightly
def test_the_whole_libcloud_file_is_imported_once(
    client_area: ClientArea,
) -> None:
    pricing = str(files("libcloud") / "data" / "pricing.json")

    first = client_area("catalog", "import", pricing, expect=3)
    again = client_area("catalog", "import", pricing, expect=3)

    prices = client_area.count("plan_prices")
    assert prices > 90_000
    assert f"{prices} created, 0 changed, 0 unchanged" in first.stdout
    assert f"0 created, 0 changed, {prices} unchanged" in again.stdout
    assert client_area.count("staged_prices") == 0

    assert _dashboard_of_a_customer(client_area) == _computed_by_hand(pricing)


def _dashboard_of_a_customer(client_area: ClientArea) -> dict[str, str]:
    """What the dashboard shows to a company with services on Libcloud's plans."""
    password = "correct horse battery"
    typed = f"{password}\n{password}\n"
    ada = ("--email", "ada@example.com", "--name", "Ada")
    user_id = client_area("users", "create", *ada, typed=typed).stdout.split()[-1]
    name = ("--name", "Engines Ltd", "--country", "GB", "--owner", user_id)
    client_area("companies", "create", *name)
    rows = [
        f"Engines Ltd,E-{number},{size},ec2-linux_{size}_us-east-1,USD,hour"
        for number, size in enumerate(SIZES)
    ]
    header = "company,reference,name,plan,currency,period"
    client_area(
        "services", "import", client_area.file("own.csv", "\n".join([header, *rows]))
    )
    with installation(client_area.database_urls, client_area.folder) as site:
        site.services.deliver_events()
        browser = sign_in(site.app(), "ada@example.com", password)
        costs = browser.get("/blocks/costs", headers=HTMX).text
    period = r'<a class="period"[^>]*>\s*<span>(\w+)</span>(.*?)</a>'
    figures = re.findall(period, costs, flags=re.DOTALL)
    markup = r"<[^>]+>|&nbsp;|[\s,]"
    return {words: re.sub(markup, "", html) for words, html in figures}


def _computed_by_hand(pricing: str) -> dict[str, str]:
    """The same figures, straight from the file."""
    prices = json.loads(Path(pricing).read_text(), parse_float=Decimal)["compute"]
    hourly = sum(prices["ec2_linux"][size]["us-east-1"] for size in SIZES)
    hours = {
        "Hourly": 1,
        "Daily": 24,
        "Weekly": 24 * 7,
        "Monthly": 730,
        "Yearly": 8760,
    }
    return {
        words: f"{(hourly * count).quantize(Decimal('0.01'), ROUND_HALF_UP)}USD"
        for words, count in hours.items()
    }
