"""Real receivers of alerts: a webhook and a mail server on 127.0.0.1, which can be taken down and brought back."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the URL of a webhook and what it received, in order."""
    messages: list[dict[str, Any]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    receiver = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=receiver.serve_forever)
    thread.start()
    try:
        yield f"json://127.0.0.1:{receiver.server_port}/hook", messages
    finally:
        receiver.shutdown()
        receiver.server_close()
        thread.join()


class MailServer:
    """An SMTP server that keeps what it takes.

    Attributes:
        mails: what it took, in order.
        refusals: addresses that it does not take, with what it says.
        meanwhile: called while it takes a mail, before it says so.
        password: if it is set, only this one signs in.
    """

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.mails: list[EmailMessage] = []
        self.refusals: dict[str, str] = {}
        self.meanwhile: Callable[[], None] = lambda: None
        self.password: str | None = None
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        """The server as a target of alerts."""
        return f"mailto://127.0.0.1:{self.port}?to=admin@clinic.example&from=daybook@clinic.example"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a reader."""
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        await asyncio.to_thread(self.meanwhile)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"

    def start(self, tls: ssl.SSLContext | None = None) -> None:
        """Begin to listen, with TLS from the first byte if there is a certificate."""
        options = {"authenticator": self._sign_in, "auth_require_tls": False} if self.password else {}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, ssl_context=tls, **options)
        self._controller.start()

    def stop(self) -> None:
        """Stop listening, if it does."""
        if self._controller:
            self._controller.stop()
            self._controller = None

    def texts(self) -> list[tuple[str, str]]:
        """Subject and plain text of each mail."""
        found = []
        for mail in self.mails:
            body = mail.get_body(("plain", "html"))
            assert body is not None
            found.append((str(mail["Subject"]), body.get_content()))
        return found

    def _sign_in(self, server: SMTP, session: Session, envelope: Envelope, method: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password == (self.password or "").encode()
        return AuthResult(success=right, handled=False)
