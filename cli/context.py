"""What all commands share: who the operator is, and the way to the services."""

import getpass
import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import click

from cli.connection import connect
from cli.importing.records import FileError
from launcher.machine.errors import LaunchError
from shared.contract import Method, RequestT, ResponseT
from shared.contracts import identity
from shared.errors import (
    Conflict,
    ContractError,
    NotFound,
    RemoteFault,
    Unavailable,
)
from shared.money import Money, decode_money
from shared.operator import Operator, new_key
from shared.settings import SettingError, read_settings

EXIT_DONE_BEFORE = 4
"""Nothing was done: an equal movement of money was booked within the hour."""

_AGAIN, _KEY = "again", "key"


class CommandContext:
    """Connects to the services when a command makes its first call."""

    def __init__(self, name: str, connections: ExitStack) -> None:
        self._name = name
        self._connections = connections
        self._operator: Operator | None = None

    def connect(self) -> Operator:
        """The operator's calls; connects the first time."""
        if self._operator is None:
            way = connect(read_settings(os.environ), self._name)
            self._operator = self._connections.enter_context(way)
        return self._operator

    def call(self, method: Method[RequestT, ResponseT], request: RequestT) -> ResponseT:
        """Call once; one that broke off is repeated by the key that it shows."""
        command = click.get_current_context()
        key = command.meta.get(_KEY) or new_key()
        try:
            return self.connect().call(method, request, key)
        except (Unavailable, RemoteFault, KeyboardInterrupt):
            if _KEY in command.meta:
                click.echo(
                    "It is not known whether this was done. To send it again without "
                    f"doing it twice: the same command with --key {key}",
                    err=True,
                )
            raise

    @property
    def again(self) -> UUID | None:
        """What was done before and is to be done again; see `AGAIN`."""
        again: UUID | None = click.get_current_context().meta.get(_AGAIN)
        return again

    def find_company(self, text: str) -> identity.companies.Company:
        """The company of an id or an exact name.

        Raises:
            NotFound: ``no_such_company``.
            Conflict: ``ambiguous_company``; several have the name.
        """
        try:
            request = identity.companies.FindCompanies(company_id=UUID(text))
        except ValueError:
            request = identity.companies.FindCompanies(name=text)
        found = self.call(identity.companies.FIND_COMPANIES, request).companies
        if not found:
            raise NotFound("no_such_company", text[:100])
        if len(found) > 1:
            raise Conflict("ambiguous_company", text[:100])
        return found[0]


class Commands(click.Group):
    """Says a refusal in a line, not in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            # Entered here, so that what leaving it raises is caught here too.
            with ExitStack() as connections:
                ctx.obj = CommandContext(ctx.params["operator"], connections)
                return super().invoke(ctx)
        except ContractError as refusal:
            raise _in_words(refusal) from refusal
        except (RemoteFault, LaunchError, SettingError, FileError) as error:
            raise click.ClickException(str(error)) from error


class _DoneBeforeError(click.ClickException):
    exit_code = EXIT_DONE_BEFORE


def _in_words(refusal: ContractError) -> click.ClickException:
    detail = f" ({refusal.detail})" if refusal.detail else ""
    if refusal.code == "done_before":
        return _DoneBeforeError(
            f"refused: the same was done within the hour, as {refusal.detail}. "
            f"To do it again: --again {refusal.detail}"
        )
    return click.ClickException(f"refused: {refusal.code}{detail}")


@click.group(cls=Commands, context_settings={"show_default": True})
@click.option(
    "--operator",
    default=getpass.getuser,
    show_default="your login name",
    help="Who you are, as the history of services and the ledger will name you.",
)
def main(operator: str) -> None:
    """Run the client area: its catalogue, customers, services and wallets.

    Commands reach the services over RabbitMQ when AMQP_URL is set or a stack runs on
    $VAR; else the services work within the command, on the databases of $VAR. Both
    need the operator's key in $VAR/keys (or KEYS_DIR).
    """


class MoneyType(click.ParamType[Money]):
    """An amount and its currency: ``12.50 EUR``, in one argument."""

    name = "money"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Money:
        if isinstance(value, Money):
            return value
        amount, _, currency = str(value).strip().partition(" ")
        try:
            return decode_money({"amount": amount, "currency": currency.strip()})
        except ValueError:
            message = f"{value!r} is no amount with a currency, like '12.50 EUR'"
            self.fail(message, param, ctx)


MONEY = MoneyType()


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Keep an option's value for `CommandContext`, so that no command passes it on."""

    def keep(ctx: click.Context, _param: click.Parameter, value: Any) -> None:
        ctx.meta[name] = value

    return keep


AGAIN = click.option(
    "--again",
    type=click.UUID,
    expose_value=False,
    callback=_keep(_AGAIN),
    help="Do it again: the id of the equal one that was done before.",
)
KEY = click.option(
    "--key",
    expose_value=False,
    callback=_keep(_KEY),
    help="Send a command that broke off again: the key that it showed.",
)
