"""The context of all commands: the operator's name and the connection to services."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import click
from babel import Locale, UnknownLocaleError, default_locale

from cli.connection import connect
from cli.importing.records import FileError
from cli.refusals import sentence
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
from shared.language.translation import SOURCE, use_locale
from shared.language.translation import gettext as _
from shared.money import Money, decode_money
from shared.operator import Operator, new_key
from shared.settings import SettingError, read_settings

EXIT_DONE_BEFORE = 4
"""Nothing was done: the same amount was already booked within the last hour."""

_AGAIN, _KEY = "again", "key"


class CommandContext:
    """Connects to the services when a command makes its first call."""

    def __init__(self, name: str, connections: ExitStack) -> None:
        self._name = name
        self._connections = connections
        self._operator: Operator | None = None

    def connect(self) -> Operator:
        """Return the operator's connection; open it on the first call."""
        if self._operator is None:
            connection = connect(read_settings(os.environ), self._name)
            self._operator = self._connections.enter_context(connection)
        return self._operator

    def call(
        self,
        method: Method[RequestT, ResponseT],
        request: RequestT,
        company_id: UUID | None = None,
    ) -> ResponseT:
        """Call once; if no answer arrives, print the key that repeats it safely.

        ``company_id`` is the company that a customers' method is called for.
        """
        command = click.get_current_context()
        key = command.meta.get(_KEY) or new_key()
        try:
            return self.connect().call(method, request, key, company_id)
        except (Unavailable, RemoteFault, KeyboardInterrupt):
            if _KEY in command.meta:
                advice = _(
                    "We don't know whether this was done. To repeat it safely, run "
                    "the same command with --key %(key)s",
                    key=key,
                )
                click.echo(advice, err=True)
            raise

    @property
    def again(self) -> UUID | None:
        """The id of the earlier change to repeat; see `AGAIN`."""
        again: UUID | None = click.get_current_context().meta.get(_AGAIN)
        return again

    def find_company(self, text: str) -> identity.companies.Company:
        """Find a company by its id or exact name.

        Raises:
            NotFound: ``no_such_company``.
            Conflict: ``ambiguous_company``; several companies have the name.
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
    """Print a refusal as one line instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        with use_locale(_locale()):
            try:
                # Entered here, so that errors on leaving it are caught here too.
                with ExitStack() as connections:
                    ctx.obj = CommandContext(ctx.params["operator"], connections)
                    return super().invoke(ctx)
            except ContractError as refusal:
                raise _error_of(refusal) from refusal
            except (RemoteFault, LaunchError, SettingError, FileError) as error:
                raise click.ClickException(str(error)) from error


def _locale() -> Locale:
    """Return the locale that the shell's variables ask for, such as LANG."""
    try:
        return Locale.parse(default_locale("LC_MESSAGES") or "en")
    except (UnknownLocaleError, ValueError):
        return SOURCE


class _DoneBeforeError(click.ClickException):
    exit_code = EXIT_DONE_BEFORE


def _error_of(refusal: ContractError) -> click.ClickException:
    if refusal.code == "done_before":
        return _DoneBeforeError(sentence(refusal))
    return click.ClickException(sentence(refusal))


@click.group(cls=Commands, context_settings={"show_default": True})
@click.option(
    "--operator",
    default="",
    show_default="Support",
    help="Your name, as customers see it in the history of their services.",
)
def main(operator: str) -> None:
    """Manage the client area: catalogue, customers, services and wallets.

    If AMQP_URL is set or a stack is running on $VAR, commands connect to the services
    over RabbitMQ. Otherwise they run the services themselves, on the databases in $VAR.
    Either way you need the operator's key in $VAR/keys (or KEYS_DIR).
    """


class MoneyType(click.ParamType[Money]):
    """An amount and its currency: ``12.50 EUR``, in one argument."""

    name = "money"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Money:
        if isinstance(value, Money):
            return value
        amount, _sep, currency = str(value).strip().partition(" ")
        try:
            return decode_money({"amount": amount, "currency": currency.strip()})
        except ValueError:
            message = _(
                "%(value)r is not an amount with a currency. Use the format "
                "'12.50 EUR'.",
                value=value,
            )
            self.fail(message, param, ctx)


MONEY = MoneyType()


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Store an option's value for `CommandContext` instead of passing it along."""

    def keep(ctx: click.Context, _param: click.Parameter, value: Any) -> None:
        ctx.meta[name] = value

    return keep


AGAIN = click.option(
    "--again",
    type=click.UUID,
    expose_value=False,
    callback=_keep(_AGAIN),
    help="Do the same again, although it was done within the last hour: its ID.",
)
KEY = click.option(
    "--key",
    expose_value=False,
    callback=_keep(_KEY),
    help="Repeat a command that got no answer: the key that it printed.",
)
