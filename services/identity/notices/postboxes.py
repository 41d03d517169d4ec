"""Where mails are handed in: a mail server, or a box that keeps them for developers."""

import itertools
import smtplib
import ssl
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from enum import Enum
from typing import Protocol
from urllib.parse import unquote, urlsplit

from shared.settings import LOOPBACK_HOSTS, SettingError

TIMEOUT_S = 15
"""For each answer of a mail server."""

_KEPT = 200
_PERMANENT = 500


class NotSentError(Exception):
    """A mail was not taken, which may be otherwise later.

    ``failure`` is the server's number or the name of the error: it tells nothing of
    the mail. ``is_servers``: other mails would not be taken now, either. ``is_final``:
    the server never takes a mail to this address.
    """

    def __init__(
        self, failure: str, *, is_servers: bool, is_final: bool = False
    ) -> None:
        super().__init__(failure)
        self.failure = failure
        self.is_servers = is_servers
        self.is_final = is_final


class Postbox(Protocol):
    def send(self, mail: EmailMessage) -> None:
        """Hand a mail in.

        Raises:
            NotSentError: it was not taken.
        """


class Security(Enum):
    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


_PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


@dataclass(frozen=True)
class MailServer:
    """Sends over SMTP; ``hostname`` is how we name ourselves there."""

    host: str
    port: int
    security: Security
    user: str
    password: str
    hostname: str

    def send(self, mail: EmailMessage) -> None:
        try:
            with closing(self._connect()) as server:
                self._hand_in(server, mail)
                # It is taken, whatever becomes of the farewell.
                with suppress(OSError, smtplib.SMTPException):
                    server.quit()
        except smtplib.SMTPResponseException as refusal:
            raise NotSentError(str(refusal.smtp_code), is_servers=True) from refusal
        except (OSError, smtplib.SMTPException) as error:
            raise NotSentError(type(error).__name__, is_servers=True) from error

    def _connect(self) -> smtplib.SMTP:
        host, port, name = self.host, self.port, self.hostname
        if self.security is Security.TLS:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(
                host, port, name, timeout=TIMEOUT_S, context=context
            )
        return smtplib.SMTP(host, port, name, timeout=TIMEOUT_S)

    def _hand_in(self, server: smtplib.SMTP, mail: EmailMessage) -> None:
        if self.security is Security.STARTTLS:
            server.starttls(context=ssl.create_default_context())
        if self.user:
            server.login(self.user, self.password)
        try:
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refusal:
            ((code, _words),) = refusal.recipients.values()
            # RFC 5321, 4.2.1: what is refused by 5yz must not be sent again.
            is_final = code >= _PERMANENT
            failure = str(code)
            raise NotSentError(
                failure, is_servers=False, is_final=is_final
            ) from refusal
        except smtplib.SMTPDataError as refusal:
            raise NotSentError(str(refusal.smtp_code), is_servers=False) from refusal
        except smtplib.SMTPNotSupportedError as error:
            # The address is outside of ASCII (RFC 6531), which others' are not.
            raise NotSentError(type(error).__name__, is_servers=False) from error


class KeptMails:
    """Keeps the latest mails in memory instead of sending them."""

    def __init__(self) -> None:
        self._mails: deque[tuple[int, EmailMessage]] = deque(maxlen=_KEPT)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def send(self, mail: EmailMessage) -> None:
        with self._lock:
            self._mails.appendleft((next(self._numbers), mail))

    def mails(self) -> Sequence[tuple[int, EmailMessage]]:
        """Return the mails with their numbers, the latest first."""
        with self._lock:
            return list(self._mails)


def read_mail_server(url: str, hostname: str) -> MailServer:
    """Read ``SMTP_URL``.

    Raises:
        SettingError: it is not an address of a mail server, or would send a password
            without encryption.
    """
    parts = urlsplit(url)
    try:
        security, port = Security(parts.scheme), parts.port
    except ValueError:
        security, port = None, None
    if security is None or not parts.hostname:
        schemes = ", ".join(f"{each.value}://" for each in Security)
        raise SettingError(f"SMTP_URL must begin with one of {schemes} and a host.")
    is_near = parts.hostname in LOOPBACK_HOSTS
    if security is Security.NONE and parts.password and not is_near:
        raise SettingError(
            "SMTP_URL would send its password unencrypted. Use smtp+starttls:// or "
            "smtps://."
        )
    return MailServer(
        host=parts.hostname,
        port=port or _PORTS[security],
        security=security,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        hostname=hostname,
    )
