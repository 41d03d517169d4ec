"""Ports: the wanted one, the kept one, or any that is free."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.machine.ports import is_free, keep_port, pick_port


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", pick_port())) as server:
        yield server.getsockname()[1]


def test_the_preferred_port_is_taken_if_it_is_free(tmp_path: Path) -> None:
    wanted = pick_port()

    assert keep_port(tmp_path / "web.port", preferred=wanted) == wanted
    assert (tmp_path / "web.port").read_text() == f"{wanted}\n"


def test_a_port_in_use_is_not_an_obstacle(tmp_path: Path, taken_port: int) -> None:
    port = keep_port(tmp_path / "web.port", preferred=taken_port)

    assert port != taken_port
    assert is_free(port)


def test_the_kept_port_comes_before_any_other(tmp_path: Path, taken_port: int) -> None:
    first = keep_port(tmp_path / "web.port", preferred=taken_port)

    assert keep_port(tmp_path / "web.port", preferred=taken_port) == first


def test_a_port_of_which_a_stranger_has_the_ipv6_side_is_not_free() -> None:
    port = pick_port()
    with socket.create_server(("::1", port), family=socket.AF_INET6):
        assert not is_free(port)


@pytest.mark.parametrize("content", ["", "none", "80 81"])
def test_a_port_file_that_makes_no_sense_is_replaced(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "web.port").write_text(content)

    assert is_free(keep_port(tmp_path / "web.port"))
