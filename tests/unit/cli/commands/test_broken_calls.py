"""Calls that broke off: how they can be sent again."""

from contextlib import ExitStack
from typing import Any, NoReturn
from uuid import UUID

import click
import pytest

from cli.commands.wallets import adjust
from cli.context import CommandContext
from shared.contracts import billing
from shared.errors import Conflict, Unavailable


class _Operator:
    """Whom the services answer in one way."""

    def __init__(self, answer: Exception) -> None:
        self._answer = answer

    def call(self, *_: object) -> NoReturn:
        raise self._answer


class _Context(CommandContext):
    def __init__(self, answer: Exception) -> None:
        super().__init__("Olga", ExitStack())
        self._answer = answer

    def connect(self) -> Any:
        return _Operator(self._answer)


@pytest.mark.parametrize(
    ("answer", "is_told"), [(Unavailable("timeout"), True), (Conflict("x"), False)]
)
def test_a_call_without_an_answer_shows_the_key_to_repeat_it_by(
    capsys: pytest.CaptureFixture[str], answer: Exception, *, is_told: bool
) -> None:
    request = billing.wallets.OpenWallet(company_id=UUID(int=1), currency="EUR")

    with click.Context(adjust) as command:
        command.meta["key"] = None
        with pytest.raises(type(answer)):
            _Context(answer).call(billing.wallets.OPEN_WALLET, request)

    assert ("--key" in capsys.readouterr().err) == is_told
