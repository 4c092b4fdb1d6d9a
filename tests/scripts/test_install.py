"""Installing the lock: pip's settings reach uv, and a failure is one sentence."""

import pytest

from scripts import install

_PIP = """:env:.index-url='https://mirror.example/simple'
global.index-url='https://other.example/simple'
global.extra-index-url='https://a.example/simple https://b.example/simple'
global.find-links='/wheels'
global.no-color='true'
"""


def test_pip_settings_reach_uv_and_the_environment_wins_over_the_file():
    environment = install.uv_environment(_PIP, {"PATH": "/bin"})
    assert environment["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert environment["UV_INDEX"] == "https://a.example/simple https://b.example/simple"
    assert environment["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert environment["UV_FIND_LINKS"] == "/wheels"
    assert environment["PATH"] == "/bin"
    assert not [name for name in environment if "COLOR" in name]


def test_uv_settings_of_the_environment_stay():
    assert install.uv_environment(_PIP, {"UV_DEFAULT_INDEX": "mine"})["UV_DEFAULT_INDEX"] == "mine"


def test_without_pip_settings_nothing_is_added():
    assert install.uv_environment("", {"A": "b"}) == {"A": "b"}


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("error: failed to write: No space left on device (os error 28)", "disk is full"),
        ("error: Failed to fetch: dns error: failed to lookup address information", "is there a network"),
        ("WARNING: Retrying … Temporary failure in name resolution", "is there a network"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "does not have the checksum"),
        ("error: Permission denied (os error 13)", "cannot be written by this user"),
        ("line\nerror: something new", "something new"),
    ],
)
def test_the_cause_is_named(output: str, sentence: str):
    assert sentence in install.explain(output)
