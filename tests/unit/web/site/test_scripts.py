"""What our own scripts never do, so that no text of others becomes markup."""

import re
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[4] / "web" / "assets" / "js").glob("*.js"))

FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    r"|postMessage|[\"']message[\"']|localStorage|sessionStorage|document\.cookie|paste"
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_makes_no_markup_takes_no_messages_and_stores_nothing(
    script: Path,
) -> None:
    assert FORBIDDEN.findall(script.read_text()) == []
