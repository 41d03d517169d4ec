"""Serve the sandbox: ``python -m launcher.sandbox``, as a program of the stack."""

from launcher.sandbox.server import serve
from shared.logs import configure_logs
from shared.settings import read_settings

if __name__ == "__main__":
    configure_logs("sandbox")
    serve(read_settings())
