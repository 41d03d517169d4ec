"""Apache Libcloud's price file, whose shape changes from provider to provider."""

from importlib.resources import files
from pathlib import Path

import pytest

from cli.importing.catalog_files import read_catalog
from cli.importing.records import FileError
from shared.contracts.inventory.importing import CatalogRow, RefusedRow

IRREGULAR = """{
  "compute": {
    "ec2_linux": {"a1.medium": {"eu-west-1": 0.0255, "us-east-1": 0.0}},
    "gogrid": {"1GB": "0.190", "odd": "ask us", "none": null, "yes": true, "all": []},
    "gce_instances": {"c2": {"cpu": {
      "description": "a core",
      "on_demand": {"asia": {"price": "0.00012222222222222221", "sku": "36DD"}}
    }}},
    "flat": 0.5
  },
  "storage": {"s3": {"std": 1}},
  "updated": 1740936978
}"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pricing.json"
    path.write_text(IRREGULAR)
    return path


def test_everything_that_is_a_price_becomes_a_plan(file: Path) -> None:
    rows = [r for r in read_catalog(file, "auto", "USD") if isinstance(r, CatalogRow)]

    assert [(r.plan_code, r.plan_name, r.price) for r in rows] == [
        ("ec2-linux_a1.medium_eu-west-1", "a1.medium, eu-west-1", "0.0255"),
        ("gogrid_1gb", "1GB", "0.190"),
        ("gogrid_odd", "odd", "ask us"),
        ("gogrid_yes", "yes", "True"),
        (
            "gce-instances_c2_cpu_on-demand_asia",
            "c2, cpu, on_demand, asia",
            "0.00012222222222222221",
        ),
        ("flat", "Flat", "0.5"),
        ("storage-s3_std", "std", "1"),
    ]
    assert {(r.currency, r.period) for r in rows} == {("USD", "hour")}
    assert (rows[0].family_code, rows[0].family_name) == (
        "libcloud-ec2-linux",
        "EC2 Linux",
    )
    assert rows[0].line == "compute/ec2_linux/a1.medium/eu-west-1"


def test_zero_and_missing_prices_are_refused_by_the_way_to_them(file: Path) -> None:
    rows = [r for r in read_catalog(file, "auto", "USD") if isinstance(r, RefusedRow)]

    assert [(r.line, r.code) for r in rows] == [
        ("compute/ec2_linux/a1.medium/us-east-1", "zero_price"),
        ("compute/gogrid/none", "missing"),
        ("compute/gogrid/all", "missing"),
    ]


def test_the_file_of_the_installed_package_names_each_price_once() -> None:
    pricing = Path(str(files("libcloud") / "data" / "pricing.json"))

    rows = [
        r for r in read_catalog(pricing, "auto", "EUR") if isinstance(r, CatalogRow)
    ]

    assert len(rows) > 90_000
    assert len({row.plan_code for row in rows}) == len(rows)
    assert max(len(row.plan_code) for row in rows) <= 100


def test_another_json_file_is_none_of_libclouds(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"prices": {}}')

    with pytest.raises(FileError, match="Apache Libcloud"):
        list(read_catalog(other, "libcloud", "USD"))
