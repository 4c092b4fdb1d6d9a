"""Install the lock files into the virtual environment that runs this: uv with pip, everything else with uv.

Runs before any dependency is there: standard library only. uv does not read pip's settings, so where pip was told to fetch
from is handed over to it.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

_LOG = Path(sys.prefix) / "install.log"
_HANDED_OVER = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
    "trusted-host": "UV_INSECURE_HOST",
    "no-index": "UV_NO_INDEX",
    "proxy": "ALL_PROXY",
}
_OFFLINE = (
    "temporary failure in name resolution", "failed to establish a new connection", "failed to lookup address", "dns error",
    "error sending request", "connection refused", "network is unreachable", "timed out", "client error (connect)",
    "max retries exceeded",
)  # fmt: skip
_CAUSES = (
    (("no space left", "disk quota exceeded"), "the disk is full: the environment needs about 1 GB in {venv}."),
    (
        _OFFLINE,
        "the packages cannot be fetched: is there a network, or a package mirror set for pip (pip config, PIP_*)?",
    ),
    (("permission denied",), "{venv} cannot be written by this user: remove it or run as its owner."),
    (("hash",), "a package does not have the checksum in the lock: see {log}. Nothing of it was installed."),
)


def main(locks: list[str]) -> None:
    """Install ``locks``: the first is uv's own, the others are installed together by uv."""
    _LOG.write_text("", encoding="utf-8")
    first, *others = locks
    pip = [sys.executable, "-m", "pip"]
    print("Installing the locked packages (the first time takes a minute or two) …", flush=True)
    _run([*pip, "install", "--quiet", "--require-hashes", "--requirement", first], dict(os.environ))
    options = [option for lock in others for option in ("--requirement", lock)]
    uv = [str(Path(sys.prefix) / "bin" / "uv"), "pip", "install", "--python", sys.executable, "--require-hashes"]
    _run([*uv, *options], uv_environment(_pip_settings(pip), dict(os.environ)))


def uv_environment(pip_settings: str, environment: dict[str, str]) -> dict[str, str]:
    """Return ``environment`` with uv's variables set from the output of ``pip config list``, unless they are set."""
    settings: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):  # the later one wins, as in pip
        for line in pip_settings.splitlines():
            name, separator, value = line.partition("=")
            if separator and name.startswith(section):
                settings[name.removeprefix(section)] = str(ast.literal_eval(value))
    found = {
        _HANDED_OVER[name]: " ".join(value.split())
        for name, value in settings.items()
        if name in _HANDED_OVER and value
    }
    if "UV_FIND_LINKS" in found:
        found["UV_FIND_LINKS"] = found["UV_FIND_LINKS"].replace(" ", ",")
    if "UV_INDEX" in found:
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # what pip does; the hashes keep it safe
    return found | environment


def _pip_settings(pip: list[str]) -> str:
    return subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False).stdout


def _run(command: list[str], environment: dict[str, str]) -> None:
    result = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    with _LOG.open("a", encoding="utf-8") as log:
        log.write(result.stdout)
    if result.returncode:
        sys.exit(f"scripts/bootstrap: {explain(result.stdout)}")


def explain(output: str) -> str:
    """Return one sentence about why an installer failed, from what it printed."""
    lowered = output.lower()
    for signs, sentence in _CAUSES:
        if any(sign in lowered for sign in signs):
            return sentence.format(venv=sys.prefix, log=_LOG)
    tail = " / ".join(line.strip() for line in output.strip().splitlines()[-4:])
    return f"the packages could not be installed ({tail}). The whole output is in {_LOG}."


if __name__ == "__main__":
    main(sys.argv[1:])
