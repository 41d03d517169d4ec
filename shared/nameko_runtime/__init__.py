"""Serves a service over RabbitMQ: the only place that knows nameko and eventlet.

Import it before anything else: it replaces the parts of the standard library that
block, and modules imported earlier would keep the originals.
"""

import eventlet

eventlet.monkey_patch()

from shared.nameko_runtime.process import serve  # noqa: E402

__all__ = ["serve"]
