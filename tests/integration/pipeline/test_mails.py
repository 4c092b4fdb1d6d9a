"""Mails reach a real mail server once, whoever is down or in the way meanwhile."""

from __future__ import annotations

import ipaddress
import queue
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline import mails
from tests.integration.pipeline.receivers import MailServer
from tests.integration.pipeline.support import query
from warehouse.engine import connect
from warehouse.settings import ROOT

pytestmark = pytest.mark.usefixtures("database")
_STATES = "select sent_at is not null, failed_at is not null, attempts, last_error from portal.mails order by mail_id"


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """The mail server of the settings. It does not listen yet."""
    post = MailServer()
    monkeypatch.setenv("DAYBOOK_MAIL_URL", f"smtp://127.0.0.1:{post.port}")
    monkeypatch.setenv("DAYBOOK_MAIL_FROM", "Daybook <daybook@clinic.example>")
    yield post
    post.stop()


def do(statement: str, *values: Any) -> None:
    """Change something as the owner."""
    with connect("owner") as connection:
        connection.execute(statement, values)  # type: ignore[arg-type]


def write(*names: str, body: str = "Ein Betrag über 12 € wartet.\n") -> None:
    """One mail for each user of these names; the users are made."""
    for name in names:
        do(
            "insert into portal.users (email, password, fs_uniquifier) values (%s, 'x', %s)",
            f"{name}@clinic.example", name,
        )  # fmt: skip
        with connect("portal") as connection:
            connection.execute(
                "insert into portal.mails (user_id, kind, subject, body)"
                " select id, 'test', 'Für ' || %s, %s from portal.users where email like %s",
                [name, body, f"{name}@%"],
            )


def due_again() -> None:
    """As if the time of the next try had come."""
    do("update portal.mails set next_try_at = now() - interval '1 second'")


def readers(post: MailServer) -> list[str]:
    """Who got a mail, in order."""
    return [str(mail["To"]) for mail in post.mails]


def test_a_mail_arrives_once_as_it_was_written(post: MailServer) -> None:
    post.start()
    write("ana")
    mails.send_waiting()
    mails.send_waiting()
    ((mail, (subject, text)),) = zip(post.mails, post.texts(), strict=True)
    assert (subject, text) == ("Für ana", "Ein Betrag über 12 € wartet.\r\n")
    assert (mail["From"], mail["To"]) == ("Daybook <daybook@clinic.example>", "ana@clinic.example")
    assert mail["Auto-Submitted"] == "auto-generated" and str(mail["Message-ID"]).startswith("<daybook.1.")
    ((created,),) = query("select created_at from portal.mails")
    assert mail["Date"].datetime == created.replace(microsecond=0)
    assert query(_STATES) == [(True, False, 1, None)]


def test_a_mail_server_that_is_down_loses_nothing(post: MailServer) -> None:
    write("ana", "ben")
    mails.send_waiting()
    assert [state[:3] for state in query(_STATES)] == [(False, False, 1)] * 2
    assert "refused" in query(_STATES)[0][3]
    mails.send_waiting()  # not before its time
    assert [state[2] for state in query(_STATES)] == [1, 1]
    waits = (
        "select distinct date_part('minute', next_try_at - clock_timestamp() + interval '1 second') from portal.mails"
    )
    assert query(waits) == [(1.0,)]
    due_again()
    post.start()
    mails.send_waiting()
    assert readers(post) == ["ana@clinic.example", "ben@clinic.example"]
    assert query(_STATES) == [(True, False, 2, None)] * 2


def test_the_time_between_tries_grows_to_a_quarter_of_an_hour(post: MailServer) -> None:
    write("ana")
    minutes = []
    for attempts in (0, 1, 8, 14, 400):
        do("update portal.mails set attempts = %s, next_try_at = now() - interval '1 second'", attempts)
        mails.send_waiting()
        minutes.append(
            query("select round(extract(epoch from next_try_at - clock_timestamp()) / 60) from portal.mails")[0][0]
        )
    assert minutes == [1, 2, 9, 15, 15]


def test_a_reader_who_is_refused_for_good_is_on_record_and_keeps_nobody_waiting(post: MailServer) -> None:
    post.refusals["ana@clinic.example"] = "550 5.1.1 no such user"
    post.start()
    write("ana", "ben")
    for _ in range(2):
        mails.send_waiting()
        due_again()
    assert readers(post) == ["ben@clinic.example"]
    assert query(_STATES) == [(False, True, 1, "550 5.1.1 no such user"), (True, False, 1, None)]


@pytest.mark.parametrize("answer", ["451 4.7.1 greylisted", "554 5.7.1 relaying denied", "530 authentication required"])
def test_what_may_be_taken_later_is_tried_again(post: MailServer, answer: str) -> None:
    post.refusals["ana@clinic.example"] = answer
    post.start()
    write("ana")
    mails.send_waiting()
    assert query(_STATES) == [(False, False, 1, answer)]
    post.refusals.clear()
    due_again()
    mails.send_waiting()
    assert readers(post) == ["ana@clinic.example"]


def test_two_workers_do_not_send_the_same(post: MailServer) -> None:
    second: list[bool] = []

    def another_worker() -> None:
        if not second:
            second.append(True)
            mails.send_waiting()  # while the first one is at ana's

    post.meanwhile = another_worker
    post.start()
    write("ana", "ben", "cyd")
    mails.send_waiting()
    assert sorted(readers(post)) == ["ana@clinic.example", "ben@clinic.example", "cyd@clinic.example"]
    assert query(_STATES) == [(True, False, 1, None)] * 3


def test_a_connection_that_breaks_off_costs_only_time(post: MailServer) -> None:
    post.meanwhile = post.stop  # it goes down while it takes ana's
    post.start()
    write("ana", "ben")
    mails.send_waiting()
    assert [state[:3] for state in query(_STATES)] == [(False, False, 1), (False, False, 0)]
    assert "broke off" in query(_STATES)[0][3]
    post.mails.clear()
    post.meanwhile = lambda: None
    post.start()
    due_again()
    mails.send_waiting()
    assert readers(post) == ["ben@clinic.example", "ana@clinic.example"]


def test_without_a_server_mails_wait_and_say_so(post: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    post.start()
    write("ana")
    with monkeypatch.context() as without:
        without.delenv("DAYBOOK_MAIL_URL")
        mails.send_waiting()
    assert query(_STATES) == [(False, False, 0, "no mail server: set DAYBOOK_MAIL_URL")]
    mails.send_waiting()
    assert query(_STATES) == [(True, False, 1, None)]


def test_after_five_days_a_mail_is_given_up(post: MailServer) -> None:
    post.start()
    write("ana", "ben")
    do("update portal.mails set created_at = now() - interval '5 days 1 minute' where mail_id = 1")
    mails.send_waiting()
    assert readers(post) == ["ben@clinic.example"]
    assert query(_STATES)[0] == (False, True, 0, "no worker sent it in five days")


def test_who_was_disabled_since_gets_none(post: MailServer) -> None:
    post.start()
    write("ana")
    do("update portal.users set active = false")
    mails.send_waiting()
    assert post.mails == []
    assert query(_STATES) == [(False, True, 1, "the user was disabled")]


def test_a_password_goes_over_tls_to_a_server_that_is_trusted(
    post: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.password = "p@ss word"
    post.start(_certificate(tmp_path))
    url = f"smtps://daybook:p%40ss%20word@127.0.0.1:{post.port}"  # pragma: allowlist secret
    monkeypatch.setenv("DAYBOOK_MAIL_URL", url)
    write("ana")
    mails.send_waiting()
    assert "CERTIFICATE_VERIFY_FAILED" in query(_STATES)[0][3]
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    due_again()
    mails.send_waiting()
    assert readers(post) == ["ana@clinic.example"]
    monkeypatch.setenv("DAYBOOK_MAIL_URL", f"smtps://daybook:wrong@127.0.0.1:{post.port}")
    write("ben")
    mails.send_waiting()
    assert "535" in query(_STATES)[1][3] and len(post.mails) == 1


def test_no_mail_leaves_this_machine_without_tls(post: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    post.start()  # it has no STARTTLS
    monkeypatch.setenv("DAYBOOK_MAIL_URL", f"smtp://0.0.0.0:{post.port}")  # answered here, yet no loopback address
    write("ana")
    mails.send_waiting()
    assert post.mails == []
    assert query(_STATES) == [(False, False, 1, "STARTTLS extension not supported by server.")]


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("portal", "select body from portal.mails"),
        ("portal", "update portal.mails set sent_at = now()"),
        ("portal", "delete from portal.mails"),
        ("etl", "update portal.mails set body = ''"),
        ("etl", "insert into portal.mails (user_id, kind, subject, body) values (1, 'x', 'x', 'x')"),
        ("etl", "select password from portal.users"),
    ],
)
def test_who_writes_mails_does_not_read_them_and_who_sends_does_not_write(role: str, statement: str) -> None:
    with connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)  # type: ignore[arg-type]


def test_the_worker_sends_what_waits(post: MailServer) -> None:
    taken: queue.Queue[bool] = queue.Queue()
    post.meanwhile = lambda: taken.put(True)
    post.start()
    write("ana")
    worker = subprocess.Popen([sys.executable, str(ROOT / "etl.py"), "worker"], stderr=subprocess.DEVNULL)
    try:
        assert taken.get(timeout=120)
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=60) == 0
    assert query(_STATES) == [(True, False, 1, None)]


def _certificate(folder: Path) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that nobody vouches for but its own file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context
