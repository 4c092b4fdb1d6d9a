"""What a gate says that could not be judged: a sentence, never the traceback that Great Expectations adds to it."""

from __future__ import annotations

import pytest

from pipeline.quality.judge import trouble_in

_GONE = (
    'An SQL execution Exception occurred. OperationalError: "(psycopg.OperationalError) connection failed: connection to'
    ' server at "127.0.0.1", port 53791 failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP'
    ' connections?\n(Background on this error at: https://sqlalche.me/e/21/e3q8)". Traceback: "Traceback (most recent call'
    ' last):\n File "base.py", line 154, in __init__".'
)


@pytest.mark.parametrize("info", [{"raised_exception": True}, {"a metric": {"raised_exception": True}}])
def test_a_gate_that_could_not_be_judged_says_why_in_a_sentence(info: dict[str, object]) -> None:
    inner = info.get("a metric", info)
    assert isinstance(inner, dict)
    inner["exception_message"] = _GONE
    said = trouble_in(info)
    assert said is not None
    assert said.endswith("accepting TCP/IP connections")
    assert "OperationalError" in said and "Traceback" not in said and "\n" not in said


def test_a_plain_message_stays_as_it_is() -> None:
    info = {"raised_exception": True, "exception_message": 'Error: The column "x" does not exist.'}
    assert trouble_in(info) == 'Error: The column "x" does not exist'


def test_no_trouble_says_nothing() -> None:
    assert trouble_in({"raised_exception": False, "exception_message": None}) is None
    assert trouble_in({}) is None
