"""Refusals as operators read them: a sentence for each code they can meet."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.importing.report import REASONS
from cli.refusals import has_sentence, sentence
from launcher.servers.supervision import ROOT
from shared.errors import Conflict, ContractError, InvalidInput, NotFound

_WAY_THERE = ("shared/rpc", "shared/db", "cli")
_FILES_ON_THE_WAY = ("shared/principal.py", "shared/errors.py")
_CODES = re.compile(r"``([a-z]+(?:_[a-z]+)+|missing|duplicate|contradiction|fixed)``")
_PARAMETERS = re.compile(r"\bwith\s+``\w+``(?:\s+and\s+``\w+``)*|\(parameters: .*?\)")
_FIELDS = {"time_zone"}
_OF_USERS = {"step_up_required"}
"""What is not asked of operators."""
_REFERENCES = re.compile(r"(?<!`)`(?:\w+\.)?([A-Z_]+)`(?!`)")
_REFUSALS = {error.__name__ for error in ContractError.__subclasses__()}


def _modules(folder: Path) -> Iterator[ast.Module]:
    for path in sorted(folder.rglob("*.py")):
        yield ast.parse(path.read_text())


def _methods_called() -> set[str]:
    return {
        name
        for module in _modules(ROOT / "cli")
        for node in ast.walk(module)
        if (name := _name_of(node)).isupper()
    }


def _name_of(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _docstrings() -> Iterator[tuple[str, str]]:
    """Each method of the contracts with the string under it."""
    for module in _modules(ROOT / "shared" / "contracts"):
        for statement, following in zip(module.body, module.body[1:], strict=False):
            match statement, following:
                case (
                    ast.Assign(targets=[ast.Name(id=name)]),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    yield name, text
                case ast.FunctionDef(name="_operation") as function, _:
                    yield "SUSPEND_SERVICE", ast.get_docstring(function) or ""


def _codes(text: str) -> set[str]:
    found = set(_CODES.findall(_PARAMETERS.sub("", " ".join(text.split()))))
    return found - _FIELDS


def _named_by_contracts() -> set[str]:
    """The codes of all methods called, and of the methods whose codes they share."""
    texts = dict(_docstrings())
    called = _methods_called() & texts.keys()
    shared = {name for method in called for name in _REFERENCES.findall(texts[method])}
    return {code for name in called | shared for code in _codes(texts[name])}


def _raised_on_the_way() -> set[str]:
    """What the calls themselves can meet: connections, keys, databases."""
    modules = [module for part in _WAY_THERE for module in _modules(ROOT / part)]
    modules += [ast.parse((ROOT / file).read_text()) for file in _FILES_ON_THE_WAY]
    return {
        code
        for module in modules
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and _name_of(node.func) in _REFUSALS
        for argument in node.args[:1]
        if isinstance(argument, ast.Constant)
        for code in (str(argument.value),)
    }


def test_every_code_that_an_operator_can_meet_has_a_sentence() -> None:
    named, raised = _named_by_contracts(), _raised_on_the_way()

    assert {"already_member", "wrong_state", "bad_rate", "bad_address"} <= named
    assert {"broker_unreachable", "permission_missing"} <= raised
    codes = (named | raised) - _OF_USERS
    missing = {c for c in codes if not (has_sentence(c) or c in REASONS)}
    assert not missing


@pytest.mark.parametrize(
    ("refusal", "parts"),
    [
        (NotFound("no_such_company", "Nobody"), ["Details: Nobody"]),
        (Conflict("wrong_state", "", {"state": "pending"}), ["pending"]),
        (Conflict("wrong_state"), []),
        (InvalidInput("quite_new", "because"), ["Details: because"]),
    ],
)
def test_a_refusal_ends_with_its_code(refusal: ContractError, parts: list[str]) -> None:
    text = sentence(refusal)

    assert text.endswith(f" [{refusal.code}]")
    assert "%(" not in text
    assert all(part in text for part in parts)
