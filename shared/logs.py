"""Structured logs: one JSON object a line, with the request id that follows a click.

Arguments, results, tokens, passwords and addresses of people are never logged; a call
is logged by its method, outcome and duration.
"""

import logging
import sys
from typing import TextIO

import structlog


def configure_logs(process: str, stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's logs to ``stream``.

    That is standard error, unless another is given.
    """

    def name_process(
        _logger: object, _method: str, entry: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        # Not a context variable: threads begin with an empty context.
        entry["process"] = process
        return entry

    shared_processors: list[structlog.typing.Processor] = [
        name_process,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            *shared_processors,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_json_formatter(shared_processors))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("amqp", "nameko", "kombu", "alembic", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # What it says of a lost connection, in many lines, the client's link says in one.
    logging.getLogger("pika").setLevel(logging.CRITICAL)


def _json_formatter(
    shared_processors: list[structlog.typing.Processor],
) -> structlog.stdlib.ProcessorFormatter:
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
        foreign_pre_chain=shared_processors,
    )
