"""The mail server of ``DAYBOOK_MAIL_URL``: one connection, one mail after the other.

Mails and passwords leave this machine over TLS only: ``smtps`` begins with it, ``smtp`` asks for it (STARTTLS) unless the
server is this machine itself.
"""

from __future__ import annotations

import ipaddress
import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from pipeline.errors import ConfigurationError

_TIMEOUT_SECONDS = 30
_PORTS = {"smtp": 587, "smtps": 465}
_FORM = "write smtp://user:password@host:port, or smtps:// for TLS from the first byte."
_PERMANENT = 500
_NOT_SIGNED_IN = 530


@dataclass(frozen=True)
class Refusal:
    """Why a mail was not taken.

    Attributes:
        reason: what the server said.
        is_final: it will never take this mail; otherwise it may later.
        is_over: the connection broke off.
    """

    reason: str
    is_final: bool = False
    is_over: bool = False


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed over, and who they are from."""

    host: str
    port: int
    is_tls: bool
    user: str
    password: str = field(repr=False)
    sender: str

    @contextmanager
    def session(self) -> Iterator[smtplib.SMTP]:
        """Connect and sign in.

        Raises:
            OSError: the server does not answer, or its certificate is not trusted.
            smtplib.SMTPException: it offers no TLS, or refuses the login.
        """
        trusted = ssl.create_default_context()
        if self.is_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=_TIMEOUT_SECONDS, context=trusted)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT_SECONDS)
        with server:
            if not self.is_tls and not _is_here(self.host):
                server.starttls(context=trusted)
            if self.user:
                server.login(self.user, self.password)
            yield server


def configured() -> MailServer | None:
    """Return the server of ``DAYBOOK_MAIL_URL`` with the sender of ``DAYBOOK_MAIL_FROM``; None where none is set.

    Raises:
        ConfigurationError: if one of them cannot be used.
    """
    text = os.environ.get("DAYBOOK_MAIL_URL", "").strip()
    if not text:
        return None
    sender = os.environ.get("DAYBOOK_MAIL_FROM", "").strip()
    address = parseaddr(sender)[1]
    if "@" not in address or not address.isascii() or not sender.isprintable():
        raise ConfigurationError(f"DAYBOOK_MAIL_FROM is {sender!r}: write the address that mails come from.")
    try:
        url = urlsplit(text)
        host, port, scheme = url.hostname, url.port, url.scheme
    except ValueError:
        host, port, scheme = None, None, ""
    # The URL is not repeated: it holds a password.
    if scheme not in _PORTS or not host:
        raise ConfigurationError(f"DAYBOOK_MAIL_URL cannot be read: {_FORM}")
    user, password = unquote(url.username or ""), unquote(url.password or "")
    if not f"{user}{password}".isascii():
        raise ConfigurationError(
            "DAYBOOK_MAIL_URL has a user or password that is not plain ASCII: SMTP knows no other."
        )
    return MailServer(host, port or _PORTS[scheme], scheme == "smtps", user, password, sender)


def hand_over(server: smtplib.SMTP, message: EmailMessage, sender: str, address: str) -> Refusal | None:
    """Give a mail for one reader to the server. Returns why it was not taken, None if it was."""
    try:
        server.send_message(message, parseaddr(sender)[1], [address])
    except smtplib.SMTPRecipientsRefused as error:
        return _refusal(*error.recipients[address])
    except smtplib.SMTPResponseException as error:
        return _refusal(error.smtp_code, error.smtp_error)
    except smtplib.SMTPNotSupportedError as error:
        return Refusal(str(error), is_final=True)  # an address with letters that this server does not know
    except (OSError, smtplib.SMTPException) as error:
        return Refusal(f"the connection broke off: {error}", is_over=True)
    return None


def _refusal(code: int, said: bytes | str) -> Refusal:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    # 5.7: not allowed to send at all, or not signed in. The mail is not to blame, the settings are: they may be corrected.
    is_ours = code == _NOT_SIGNED_IN or text.startswith("5.7.")
    return Refusal(f"{code} {' '.join(text.split())}", is_final=code >= _PERMANENT and not is_ours)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
