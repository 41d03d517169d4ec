"""The error that the launcher shows as a sentence, without a traceback."""


class LaunchError(RuntimeError):
    """Something could not be started; the message says what, why and what to do."""
