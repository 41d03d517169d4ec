"""The unprivileged accounts of programs that root starts.

Each program of the stack has one of its own, so that none can read another's keys.
They are numbers only, from a range that systems leave free: nothing has to be set up.
"""

import os
import pwd
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from launcher.machine.errors import LaunchError

_FIRST_ID = 60_600
_PROGRAMS = (
    *("identity", "inventory", "billing", "web", "sandbox"),
    *("proxy", "rabbitmq"),
)

# By bit, the least privileged first. Either lets a program reach its folder and its
# binaries below folders that only root may enter, as /root is.
_PASSING = {"dac_read_search": 2, "dac_override": 1}
_SETPCAP_BIT = 8


@dataclass(frozen=True)
class Account:
    """An account; ``groups`` are further groups whose files it can read."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()

    def own(self, folder: Path) -> None:
        """Make this account the owner of a folder and its content.

        A program that still runs may exchange what is in there for links to elsewhere
        at any moment: so each file is named by the open folder that it is in.
        """
        if os.geteuid() != 0:
            return
        ids = self.uid, self.gid
        os.chown(folder, *ids, follow_symlinks=False)
        for _, folders, files, inner in os.fwalk(folder):
            for name in (*folders, *files):
                os.chown(name, *ids, dir_fd=inner, follow_symlinks=False)

    def options(
        self, paths: Iterable[Path], capabilities: Iterable[str] = ()
    ) -> list[str]:
        """Return setpriv's options to switch from root to this account, else nothing.

        The account must pass the folders above ``paths``, which themselves are open to
        it: where only root may, it gets the capability to.

        Raises:
            LaunchError: it can't get that.
        """
        if os.geteuid() != 0:
            return []
        wanted = [*capabilities]
        if closed := closed_folder(paths):
            wanted.append(_passing_capability(closed))
        groups = ",".join(map(str, self.groups))
        user = [
            f"--reuid={self.uid}",
            f"--regid={self.gid}",
            f"--groups={groups}" if groups else "--clear-groups",
        ]
        if not wanted:
            return user
        added = ",".join(f"+{name}" for name in wanted)
        # access(2) would not count the capabilities of other users than root.
        securebits = "--securebits=+no_setuid_fixup"
        return [*user, securebits, f"--inh-caps={added}", f"--ambient-caps={added}"]


def account_of(program: str) -> Account:
    """Return the program's own account; ``postgres`` has a name, as initdb needs one.

    The proxy reaches the web front end by its socket.
    """
    if program == "postgres":
        nobody = pwd.getpwnam("nobody")
        return Account(nobody.pw_uid, nobody.pw_gid)
    number = _FIRST_ID + _PROGRAMS.index(program)
    groups = (account_of("web").gid,) if program == "proxy" else ()
    return Account(number, number, groups)


def closed_folder(paths: Iterable[Path]) -> Path | None:
    """Return the first folder above the paths that other users can't enter."""
    folders = (parent for path in paths for parent in reversed(path.resolve().parents))
    return next((f for f in folders if f.exists() and not f.stat().st_mode & 1), None)


def _passing_capability(closed: Path) -> str:
    held = _held_capabilities()
    for name, bit in _PASSING.items():
        if held >> bit & held >> _SETPCAP_BIT & 1:
            return name
    raise LaunchError(
        f"The client area doesn't run as root, and other users can't enter {closed}. "
        f"Start it as another user, or run chmod o+x {closed}"
    )


def _held_capabilities() -> int:
    status = Path("/proc/self/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return int(fields["CapPrm"], 16) & int(fields["CapBnd"], 16)
