"""Why a command of the portal failed, as the worker's log says it: never what an exception says."""

from __future__ import annotations

import subprocess
import sys

from pipeline.worker import why_failed

_FAILS = """
def insert():
    raise ValueError("Failing row contains (7, Plantedname, 078-05-1120).\\nDETAIL: Plantedname")
try:
    insert()
except ValueError as error:
    raise RuntimeError("Plantedname again") from error
"""


def test_of_an_exception_its_kind_and_place_are_told() -> None:
    run = subprocess.run([sys.executable, "-c", _FAILS], capture_output=True, text=True, check=False)
    assert "Plantedname" in run.stderr
    assert why_failed(run.stderr) == "RuntimeError in <string>, line 7"
    deep = 'Traceback (most recent call last):\n  File "/srv/portal/services/notes.py", line 7, in add\n    insert()\n'
    deep += "psycopg.errors.CheckViolation: new row violates\nDETAIL:  Failing row contains (Plantedname).\n"
    assert why_failed(deep) == "psycopg.errors.CheckViolation in notes.py, line 7"


def test_a_sentence_of_ours_is_told_as_it_is() -> None:
    assert (
        why_failed("a warning\nError: DAYBOOK_POOL_SIZE must be a number.\n")
        == "Error: DAYBOOK_POOL_SIZE must be a number."
    )
    assert why_failed("Error: one.\nUsage: flask\nError: two.\n") == "Error: one. Error: two."
    assert why_failed("Plantedname\n") == "it ended without saying why"
    assert why_failed("") == "it ended without saying why"
