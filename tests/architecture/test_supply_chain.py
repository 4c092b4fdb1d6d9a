"""The lint finds planted secrets and known weaknesses, and says when nobody could be asked."""

from __future__ import annotations

import json
import os
import secrets
import string
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from scripts import audit_dependencies
from scripts.audit_dependencies import judged
from scripts.find_secrets import findings, main, project_files
from tests.architecture.project import ROOT, text


def _planted() -> dict[str, str]:
    """Secrets of several kinds, made anew: none stands in this file."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    letters = string.ascii_uppercase + "234567"
    amazon = "AKIA" + "".join(secrets.choice(letters) for _ in range(16))
    return {
        "a private key": pem,
        "a key of a cloud": f"key: {amazon}",
        "a random token": f'TOKEN_KEY = "{secrets.token_urlsafe(32)}x9"',
        "a password by its name": f'password = "Summer-{secrets.randbelow(9000) + 1000}-Rain!"',
        "a login in an address": f"postgresql://owner:{secrets.token_hex(8)}Zq@db.example.org/daybook",
        "a token of a hoster": "ghp_" + "".join(secrets.choice(letters) for _ in range(36)),
    }


@pytest.mark.parametrize("kind", _planted())
def test_a_planted_key_is_found(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    secret = _planted()[kind]
    path = tmp_path / "settings.py"
    path.write_text(f"# settings\n{secret}\n", encoding="utf-8")
    assert main([str(path)]) == 1, secret
    printed = capsys.readouterr().out
    assert f"{path}:" in printed
    assert not any(len(word) > 20 and word in printed for word in secret.split())


def test_a_line_that_only_looks_like_one_says_so(tmp_path: Path) -> None:
    path = tmp_path / "letters.py"
    path.write_text(f'X = "{secrets.token_urlsafe(32)}x9"  # pragma: allowlist secret\n', encoding="utf-8")
    assert findings([path]) == []


def test_every_file_of_ours_is_looked_into() -> None:
    seen = {str(path.relative_to(ROOT) if path.is_absolute() else path) for path in project_files()}
    assert {
        ".env.example",
        "etl.py",
        "deploy/crontab",
        "docs/security.md",
        ".ci/run",
        "dbt_project/dbt_project.yml",
    } <= seen
    assert len(seen) > 900


def test_the_lint_looks_for_secrets_and_weaknesses() -> None:
    lint = text(Path("scripts/lint"))
    assert "check secrets python -m scripts.find_secrets\n" in lint
    assert "check weaknesses python -m scripts.audit_dependencies\n" in lint
    assert "./scripts/lint" in text(Path(".ci/run"))


def _report(*vulns: dict[str, object]) -> str:
    others = [{"name": "click", "version": "8.1.7", "vulns": []}, {"name": "own", "skip_reason": "not found"}]
    return json.dumps(
        {"dependencies": [*others, {"name": "jinja2", "version": "2.0", "vulns": list(vulns)}], "fixes": []}
    )


def test_a_known_weakness_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    one = {"id": "PYSEC-1", "fix_versions": ["2.1"], "aliases": ["CVE-1"], "description": "x"}
    lines, weak = judged(_report(one))
    assert (lines[0], weak) == ("jinja2 2.0: PYSEC-1, mended in 2.1", True)
    monkeypatch.setattr(audit_dependencies, "ACCEPTED", {"CVE-1": "its part is not used"})
    assert judged(_report(one)) == (["note: 2 packages compared, 1 unknown to the service"], False)


@pytest.mark.parametrize(
    "report", ["", "Traceback", "{}", '{"dependencies": [{"name": "click", "skip_reason": "not found"}]}']
)
def test_a_report_without_an_answer_compares_nothing(report: str) -> None:
    lines, weak = judged(report)
    assert not weak
    assert "nothing was compared" in lines[0]


def test_a_service_that_does_not_answer_is_said_and_fails_nothing() -> None:
    nowhere = dict.fromkeys(
        ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9"
    )
    done = subprocess.run(
        [sys.executable, "-m", "scripts.audit_dependencies"], cwd=ROOT, env=dict(os.environ) | nowhere | {"NO_PROXY": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.count("\n")) == (0, 1), done.stderr
    assert done.stdout.startswith("note: the service of known weaknesses does not answer here")
