"""Whether the locked requirements still are those of pyproject.toml.

Works without a network: each requirement must be locked, at a version that it allows
and with hashes, and what both files lock must be the same.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
CURE = "run make lock"

_PIN = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?P<rest>.*)$", re.MULTILINE
)


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime = project["dependencies"]
    dev = project["optional-dependencies"]["dev"]
    runtime_pins = read_pins(ROOT / "requirements" / "runtime.txt")
    dev_pins = read_pins(ROOT / "requirements" / "dev.txt")
    problems = [
        *unmet("runtime.txt", runtime, runtime_pins),
        *unmet("dev.txt", [*runtime, *dev], dev_pins),
        *differences(runtime_pins, dev_pins),
    ]
    if problems:
        sys.exit("\n".join([*problems, CURE]))


def read_pins(file: Path) -> dict[str, str]:
    """The locked version of each package in ``file``."""
    text = file.read_text()
    return {
        canonicalize_name(match["name"]): match["version"]
        for match in _PIN.finditer(text)
        if match["rest"].endswith("\\")  # its hashes follow
    }


def unmet(
    file: str, requirements: Iterable[str], pins: dict[str, str]
) -> Iterable[str]:
    for requirement in map(Requirement, requirements):
        version = pins.get(canonicalize_name(requirement.name))
        if version is None:
            yield f"{file} does not lock {requirement}"
        elif version not in requirement.specifier:
            yield f"{file} locks {requirement.name} {version}, wanted is {requirement}"


def differences(runtime: dict[str, str], dev: dict[str, str]) -> Iterable[str]:
    for name, version in runtime.items():
        if dev.get(name) != version:
            yield f"{name} is {version} in runtime.txt, {dev.get(name)} in dev.txt"


if __name__ == "__main__":
    main()
