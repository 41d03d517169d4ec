"""``python -m cli``: the same as ``client-area``."""

from cli.main import main

main(prog_name="client-area")
