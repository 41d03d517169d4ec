"""Where text messages are handed in: a gateway over HTTP, or the log of developers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
import requests
import structlog

from services.identity.notices.postboxes import Postbox
from shared.settings import LOOPBACK_HOSTS, SettingError, Settings

log = structlog.get_logger()

CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 10.0

_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
"""Refusals that are not of this message."""
_DEFAULT_BODY = {"to": "{to}", "text": "{text}", "idempotency_key": "{key}"}
_FORMATS = ("json", "form")

_Json = Mapping[str, Any]


@dataclass(frozen=True)
class TextMessage:
    """``to`` as in E.164. ``key`` is the same each time that this message is sent."""

    to: str
    text: str = field(repr=False)
    key: str


class TextNotSentError(Exception):
    """A message was not taken; ``failure`` tells nothing of it.

    ``is_final``: it would not be taken later, either.
    """

    def __init__(self, failure: str, *, is_final: bool) -> None:
        super().__init__(failure)
        self.failure = failure
        self.is_final = is_final


class SmsGateway(Protocol):
    def send(self, message: TextMessage) -> None:
        """Hand a message in.

        Raises:
            TextNotSentError: it was not taken.
        """


class LoggedTexts:
    """Writes messages to the log, for developers."""

    def send(self, message: TextMessage) -> None:
        log.info("text_message", to=message.to, text=message.text)


@dataclass(frozen=True)
class TextsAmongMails:
    """Puts messages to the mails that are kept for developers, and into the log."""

    postbox: Postbox

    def send(self, message: TextMessage) -> None:
        LoggedTexts().send(message)
        mail = EmailMessage()
        mail["Subject"] = "Text message"
        mail["To"] = message.to
        mail.set_content(message.text)
        self.postbox.send(mail)


@dataclass(frozen=True)
class HttpGateway:
    """Sends by one request, as the gateway's own documentation describes it.

    In the texts of ``body``, ``{to}``, ``{text}`` and ``{key}`` stand for the message.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: _Json = field(default_factory=lambda: _DEFAULT_BODY)
    as_form: bool = False

    def send(self, message: TextMessage) -> None:
        filled = _filled(self.body, message)
        content = {"data": filled} if self.as_form else {"json": filled}
        try:
            with requests.post(
                self.url,
                headers=dict(self.headers),
                timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                allow_redirects=False,
                stream=True,
                **content,
            ) as response:
                status = response.status_code
        except (requests.RequestException, OSError) as error:
            failure = type(error).__name__
            raise TextNotSentError(failure, is_final=False) from error
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            is_ours = status < HTTPStatus.INTERNAL_SERVER_ERROR
            is_final = is_ours and status not in _LATER
            raise TextNotSentError(str(status), is_final=is_final)


def read_gateway(settings: Settings) -> SmsGateway | None:
    """Read the settings ``SMS_…``; without them, developers find codes in the log.

    Raises:
        SettingError: a setting makes no sense, or would send its secret and codes
            without encryption.
    """
    environment = settings.environment
    url = environment.get("SMS_URL", "")
    if not url:
        return LoggedTexts() if settings.is_loopback else None
    parts = urlsplit(url)
    is_near = parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS
    if not parts.hostname or not (parts.scheme == "https" or is_near):
        raise SettingError("SMS_URL must begin with https:// and a host.")
    format_ = environment.get("SMS_FORMAT") or "json"
    if format_ not in _FORMATS:
        raise SettingError(f"SMS_FORMAT is {format_!r}. Set it to json or form.")
    return HttpGateway(
        url=url,
        headers=_read_object("SMS_HEADERS", environment, dict[str, str]) or {},
        body=_read_object("SMS_BODY", environment, dict[str, Any]) or _DEFAULT_BODY,
        as_form=format_ == "form",
    )


def _read_object(name: str, environment: Mapping[str, str], type_: Any) -> Any:
    text = environment.get(name)
    try:
        return msgspec.json.decode(text, type=type_) if text else None
    except msgspec.MsgspecError as error:
        raise SettingError(f"{name} is not a JSON object of the right form.") from error


def _filled(value: Any, message: TextMessage) -> Any:
    """Fill the message into all texts of a JSON value."""
    match value:
        case str():
            # One pass for each: a text that contains "{key}" stays as it is.
            parts = value.split("{text}")
            filled = (
                part.replace("{to}", message.to).replace("{key}", message.key)
                for part in parts
            )
            return message.text.join(filled)
        case dict():
            return {name: _filled(each, message) for name, each in value.items()}
        case list():
            return [_filled(each, message) for each in value]
        case _:
            return value
