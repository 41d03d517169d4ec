"""A class that doesn't answer its whole contract, once, is refused."""

import pytest

from shared.contract import Method, Nothing, Request, ServiceContract
from shared.permissions import Permission
from shared.rpc.call import Call
from shared.rpc.service import Service, handles


class Ask(Request, frozen=True, kw_only=True):
    pass


OPEN = Method("shop", "open", Ask, Nothing, Permission.PUBLIC)
CLOSE = Method("shop", "close", Ask, Nothing, Permission.PUBLIC)
CONTRACT = ServiceContract("shop", (OPEN, CLOSE))


class Opening(Service, is_part=True):
    @handles(OPEN)
    def open(self, _call: Call, _request: Ask) -> Nothing:
        return Nothing()


class Closing(Service, is_part=True):
    @handles(CLOSE)
    def close(self, _call: Call, _request: Ask) -> Nothing:
        return Nothing()


class ClosingAgain(Service, is_part=True):
    @handles(CLOSE)
    def shut(self, _call: Call, _request: Ask) -> Nothing:
        return Nothing()


class OpeningAgain(Service, is_part=True):
    @handles(OPEN)
    def open(self, _call: Call, _request: Ask) -> Nothing:
        return Nothing()


def test_the_parts_of_a_service_answer_its_contract_together() -> None:
    class Shop(Opening, Closing):
        contract = CONTRACT

    assert {OPEN.name, CLOSE.name} < set(Shop.methods)


def test_a_method_without_an_answer_is_refused() -> None:
    with pytest.raises(TypeError, match=r"differ in \['shop.close'\]"):

        class Shop(Opening):
            contract = CONTRACT


def test_a_service_without_a_contract_is_refused() -> None:
    with pytest.raises(TypeError, match="names no contract"):

        class Shop(Opening, Closing):
            pass


def test_two_answers_to_one_method_are_refused() -> None:
    with pytest.raises(TypeError, match=r"answers \['shop.close'\] more than once"):

        class Shop(Opening, Closing, ClosingAgain):
            contract = CONTRACT


def test_an_answer_that_hides_another_is_refused() -> None:
    with pytest.raises(TypeError, match="has open twice"):

        class Shop(Opening, Closing, OpeningAgain):
            contract = CONTRACT
