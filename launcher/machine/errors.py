"""The one error that the launcher tells people in a sentence, without a traceback."""


class LaunchError(RuntimeError):
    """Something could not be started; the message says what, why and what to do."""
