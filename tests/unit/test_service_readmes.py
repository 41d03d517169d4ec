"""The README of each service names its methods, events and jobs."""

import ast

import pytest

from launcher.servers.supervision import ROOT
from shared.contract import ServiceContract
from shared.contracts import billing, identity, inventory

CONTRACTS = (identity.CONTRACT, inventory.CONTRACT, billing.CONTRACT)


def _jobs(service: str) -> set[str]:
    """The names that the service's modules give to a `Job`."""
    return {
        str(ast.literal_eval(node.args[0]))
        for path in (ROOT / "services" / service).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Job"
    }


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda it: it.name)
def test_a_readme_names_what_its_service_does(contract: ServiceContract) -> None:
    readme = (ROOT / "services" / contract.name / "README.md").read_text()
    offered = {method.name for method in contract.methods}
    offered |= {event.name for event in contract.events}
    jobs = _jobs(contract.name)

    assert jobs
    assert {name for name in offered | jobs if f"`{name}`" not in readme} == set()
