"""``python -m launcher.cli``: the same as ``client-area``."""

from launcher.cli import main

main(prog_name="client-area")
