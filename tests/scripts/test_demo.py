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
from datetime import date
from decimal import Decimal
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from scripts.demo import Order, forget, isolate
from scripts.generate import DEFAULT_SEED
from scripts.sample_data.generator import generate
from scripts.supervise import is_port_free
from warehouse import embedded
from warehouse.settings import home

ROOT = Path(__file__).resolve().parent.parent.parent
END = date(2026, 3, 31)
_SMALL = ("--invoices", "300", "--business-date", END.isoformat())
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
def demo(state: Path) -> Iterator[Demo]:
    port = free_port()
    process = subprocess.Popen(
        [str(ROOT / "scripts" / "demo"), "--port", str(port), *_SMALL],
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


def counted(output: str) -> tuple[int, int, int]:
    """Rows read, quarantined and duplicate, as the run printed them."""
    found = re.search(r"Rows: ([\d,]+) read = [\d,]+ landed \+ ([\d,]+) quarantined \+ ([\d,]+) duplicates", output)
    assert found, output
    read, quarantined, duplicates = (int(number.replace(",", "")) for number in found.groups())
    return read, quarantined, duplicates


def expected_counts(state: Path) -> tuple[int, int, int]:
    """The same from the generator: every row that it broke on purpose, and no other."""
    summary = generate(state / "again", DEFAULT_SEED, END, 300)
    return sum(summary.rows.values()), summary.dirt.rejects.total(), summary.dirt.duplicates.total()


def postgres_listens(state: Path) -> bool:
    """Whether anything listens on the port that the demonstration's database has."""
    port = json.loads(cluster(state).connection_file.read_text(encoding="utf-8"))["port"]
    return not is_port_free("127.0.0.1", port)


class TestDemo:
    """In this order: a first start, then a second one."""

    def test_a_first_start_shows_figures_to_each_role_and_stops_whole(self, state: Path):
        with demo(state) as running:
            assert "DATABASE_URL is set and left alone" in running.output
            assert postgres_listens(state)
            assert counted(running.output) == expected_counts(state)
            for role in ("viewer", "accountant", "hospital.admin", "provider", "auditor"):
                signed_in(running, f"{role}@daybook.example")
            figures = revenue(running)
            assert Decimal(figures["totalRevenue"]) > 1_000
            (state / "first.json").write_text(json.dumps([running.password, figures]))
        assert is_port_free("127.0.0.1", running.port)
        assert not postgres_listens(state)

    def test_a_second_start_keeps_data_and_password_and_is_alone(self, state: Path):
        with demo(state) as running:
            assert "Generating" not in running.output
            assert [running.password, revenue(running)] == json.loads((state / "first.json").read_text())
            rival = subprocess.run(
                [str(ROOT / "scripts" / "demo"), "--port", str(free_port())],
                env=environment(state), capture_output=True, text=True, check=False,
            )  # fmt: skip
        assert rival.returncode == 1
        assert "Another demo or serve uses" in rival.stderr


def test_starting_over_removes_what_the_demo_keeps_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path))
    for name in (
        "demo.json",
        "sources.yml",
        "secrets.json",
        "sample/invoices.csv",
        "logs/portal.log",
        "mine.txt",
        "own/else.txt",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    embedded.start()
    folder = embedded.cluster().folder
    assert folder.exists()
    forget()
    assert not folder.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt", "own"]


def test_own_data_have_a_state_folder_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    homes = set()
    for source, mapping in ((None, None), ("/data/a", None), ("/data/a", "/data/a.yml"), ("/data/b", None)):
        monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path))
        monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://production")
        isolate(Order(8000, source, mapping, None, 10))
        assert "DATABASE_URL" not in os.environ
        homes.add(home())
    assert len(homes) == 4
    assert tmp_path in homes


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
