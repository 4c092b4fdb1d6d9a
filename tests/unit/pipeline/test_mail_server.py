"""The settings of the mail server, as typed."""

from __future__ import annotations

import pytest

from pipeline.errors import ConfigurationError
from pipeline.mail_server import MailServer, configured

_FROM = "Daybook <daybook@clinic.example>"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", MailServer("mail.example.org", 587, False, "", "", _FROM)),
        ("smtps://u:p%40%3a@mail.example.org", MailServer("mail.example.org", 465, True, "u", "p@:", _FROM)),
        ("smtp://[::1]:2525/", MailServer("::1", 2525, False, "", "", _FROM)),
    ],
)
def test_a_server_as_a_url(monkeypatch: pytest.MonkeyPatch, url: str, expected: MailServer) -> None:
    monkeypatch.setenv("DAYBOOK_MAIL_URL", url)
    monkeypatch.setenv("DAYBOOK_MAIL_FROM", _FROM)
    assert configured() == expected


def test_no_url_is_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_MAIL_URL", " ")
    assert configured() is None


@pytest.mark.parametrize(
    ("url", "sender", "words"),
    [
        ("mail.example.org:587", _FROM, "DAYBOOK_MAIL_URL cannot be read"),
        ("mailto://u:secret@mail.example.org", _FROM, "DAYBOOK_MAIL_URL cannot be read"),
        ("smtp://u:secret@", _FROM, "DAYBOOK_MAIL_URL cannot be read"),
        ("smtp://u:secret@mail:many", _FROM, "DAYBOOK_MAIL_URL cannot be read"),
        ("smtp://u:secr%C3%A9t@mail", _FROM, "plain ASCII"),  # pragma: allowlist secret
        ("smtp://mail", "", "DAYBOOK_MAIL_FROM is ''"),
        ("smtp://mail", "Daybook", "DAYBOOK_MAIL_FROM is 'Daybook'"),
        ("smtp://mail", "büro@clinic.example", "DAYBOOK_MAIL_FROM is 'büro@clinic.example'"),
        ("smtp://mail", "a@b.example\nBcc: c@d.example", "DAYBOOK_MAIL_FROM"),
    ],
)
def test_what_is_no_server_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str, sender: str, words: str
) -> None:
    monkeypatch.setenv("DAYBOOK_MAIL_URL", url)
    monkeypatch.setenv("DAYBOOK_MAIL_FROM", sender)
    with pytest.raises(ConfigurationError, match=words) as refused:
        configured()
    assert "secret" not in str(refused.value)


def test_a_server_does_not_show_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_MAIL_URL", "smtp://u:secret@mail")
    monkeypatch.setenv("DAYBOOK_MAIL_FROM", _FROM)
    assert "secret" not in repr(configured())
