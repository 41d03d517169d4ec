"""Serve a service over RabbitMQ, with nameko and eventlet, used only here.

Import it before anything else: it replaces the parts of the standard library that
block, and modules imported earlier would keep the originals.
"""

import warnings

# Eventlet says of itself that it is old. That is known, and why it is kept in here.
warnings.filterwarnings("ignore", "\nEventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()

from shared.rpc.nameko_runtime.process import serve  # noqa: E402

__all__ = ["serve"]
