"""Structured logs: one JSON object per line, with the request id.

Arguments, results, tokens, passwords and addresses of people are never logged; a call
is logged by its method, outcome and duration.

Nor is what an exception says: a database's message quotes the row, a parser's the text
that it could not read. Of an exception its type is logged, where it came from, and
those facts that can't be anybody's.
"""

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any, TextIO

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
        structlog.processors.ExceptionRenderer(_render),
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
    handler.addFilter(_describe_arguments)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("amqp", "nameko", "kombu", "alembic", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # What it says of a lost connection, in many lines, the client's link says in one.
    logging.getLogger("pika").setLevel(logging.CRITICAL)


def log_uncaught() -> None:
    """Log what ends the process or a thread instead of printing it."""

    def log_thread(uncaught: threading.ExceptHookArgs) -> None:
        log_exception(uncaught.exc_value)

    sys.excepthook = lambda _kind, error, _traceback: log_exception(error)
    threading.excepthook = log_thread


def log_exception(error: BaseException | None) -> None:
    """Log an unhandled exception, except for requests to stop."""
    if error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
        structlog.get_logger().critical("uncaught", exc_info=error)


def describe(error: BaseException) -> str:
    """Describe an exception in one line, without its message.

    Its type, and: the code of a refusal or the system's word for an error; of a failed
    statement the SQLSTATE, the table and the constraint.
    """
    facts = list(_facts(error))
    return ", ".join([_type_name(error), *facts])


def _facts(error: BaseException) -> Iterator[str]:
    if isinstance(error, AttributeError | ImportError | NameError):
        yield str(error)  # names in the code
    if isinstance(error, OSError) and error.strerror:
        yield error.strerror
    code = getattr(error, "code", None)
    if isinstance(code, str) and code.isidentifier():
        yield code
    failed: Any = getattr(error, "orig", None) or error
    if sqlstate := getattr(failed, "pgcode", None):
        yield f"SQLSTATE {sqlstate}"
        for about in ("table", "constraint"):
            if name := getattr(failed.diag, f"{about}_name", None):
                yield f"{about} {name}"


def _type_name(error: BaseException) -> str:
    kind = type(error)
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _render(exc_info: Any) -> str:
    """Render the tracebacks of an exception and its causes, the first one first."""
    parts: list[str] = []
    error: BaseException | None = exc_info[1]
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"{frames}{describe(error)}")
        suppressed = error.__suppress_context__
        error = error.__cause__ or (None if suppressed else error.__context__)
    return "\n\n".join(reversed(parts))


def _describe_arguments(record: logging.LogRecord) -> bool:
    """Describe exceptions that a library would write out in its message."""
    if isinstance(record.msg, BaseException):
        record.msg = describe(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(map(_described, record.args))
    return True


def _described(argument: object) -> object:
    return describe(argument) if isinstance(argument, BaseException) else argument


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
