"""``scripts/demo`` from an empty state folder to a stopped portal, with the real pipeline, portal and database."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from scripts.supervise import is_port_free
from warehouse import embedded

ROOT = Path(__file__).resolve().parent.parent.parent
_READY = "Ctrl-C stops everything"


@dataclass
class Demo:
    """A demonstration that runs: what it printed, where it listens."""

    process: subprocess.Popen[str]
    output: str
    port: int

    @property
    def password(self) -> str:
        found = re.search(r"password \(all\): (\S+)", self.output)
        assert found, self.output
        return found.group(1)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("demo")
    yield folder
    shutil.rmtree(cluster(folder).folder)  # as root it is not below the state folder


def cluster(state: Path) -> embedded.Cluster:
    """The database server of a state folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAYBOOK_HOME", str(state))
        return embedded.cluster()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(state: Path) -> dict[str, str]:
    """A shell in which somebody has set up production: none of it may be touched."""
    foreign = {"DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/production", "DAYBOOK_ENV": "production"}
    return dict(os.environ) | foreign | {"DAYBOOK_HOME": str(state)}


@contextmanager
def demo(state: Path, *arguments: str) -> Iterator[Demo]:
    port = free_port()
    process = subprocess.Popen(
        [str(ROOT / "scripts" / "demo"), "--port", str(port), "--invoices", "300", *arguments],
        env=environment(state), cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if _READY in line:
                break
        else:
            pytest.fail("".join(lines))
        yield Demo(process, "".join(lines), port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        assert process.wait() == 0


def signed_in(demo: Demo, email: str) -> urllib.request.OpenerDirector:
    """A browser of sorts, after login."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = opener.open(f"http://127.0.0.1:{demo.port}/login").read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token, page
    form = {"email": email, "password": demo.password, "csrf_token": token.group(1)}
    answer = opener.open(f"http://127.0.0.1:{demo.port}/login", urllib.parse.urlencode(form).encode())
    assert answer.url.endswith("/staff/reports"), answer.url
    return opener


def revenue(demo: Demo) -> dict[str, str]:
    opener = signed_in(demo, "super.admin@daybook.example")
    url = (
        f"http://127.0.0.1:{demo.port}/api/v1/reports/revenue?startDate=2024-01-01&endDate=2030-12-31&granularity=month"
    )
    return dict(json.load(opener.open(url))["data"])


def postgres_listens(state: Path) -> bool:
    """Whether anything listens on the port that the demonstration's database has."""
    port = json.loads(cluster(state).connection_file.read_text(encoding="utf-8"))["port"]
    return not is_port_free("127.0.0.1", port)


@pytest.mark.xdist_group("demo")
class TestDemo:
    """In this order: a first start, a second one, starting over."""

    def test_a_first_start_shows_figures_to_each_role_and_stops_whole(self, state: Path):
        with demo(state) as running:
            assert "DATABASE_URL is set and left alone" in running.output
            assert postgres_listens(state)
            for role in ("viewer", "accountant", "hospital.admin", "provider", "auditor"):
                signed_in(running, f"{role}@daybook.example")
            figures = revenue(running)
            assert Decimal(figures["totalRevenue"]) > 1_000
            (state / "first.json").write_text(json.dumps([running.password, figures]))
        assert is_port_free("127.0.0.1", running.port)
        assert not postgres_listens(state)

    def test_a_second_start_keeps_data_and_password_and_runs_nothing(self, state: Path):
        with demo(state) as running:
            assert "Generating" not in running.output
            assert [running.password, revenue(running)] == json.loads((state / "first.json").read_text())

    def test_a_second_demo_in_the_same_folder_is_told_so(self, state: Path):
        with demo(state):
            second = subprocess.run(
                [str(ROOT / "scripts" / "demo"), "--port", str(free_port())],
                env=environment(state), capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert second.returncode == 1
            assert "Another demo or serve uses" in second.stderr

    def test_reset_starts_over_and_removes_only_its_own(self, state: Path):
        (state / "mine.txt").write_text("keep")
        with demo(state, "--reset") as running:
            assert "Generating" in running.output
            assert running.password != json.loads((state / "first.json").read_text())[0]
        assert (state / "mine.txt").read_text() == "keep"


def test_a_taken_port_is_one_sentence(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = subprocess.run(
            [str(ROOT / "scripts" / "demo"), "--port", str(port)],
            env=environment(tmp_path), capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert result.returncode == 1
    assert f"Port {port}" in result.stderr
    assert "--port" in result.stderr
    assert "Traceback" not in result.stderr
