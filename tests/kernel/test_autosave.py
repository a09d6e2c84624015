"""Sandboxes that are saved when their kernel ends, and come back with the next one."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from jupyter_client.manager import KernelManager

from jupyter_sandfs.config import Snapshots
from jupyter_sandfs.filestore import open_file_store
from jupyter_sandfs.kernel.autosave import RUNNING, Autosave, label_of
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.workspace import saved

LABEL = "default-of-a-test"


@pytest.fixture
def url(tmp_path):
    return (tmp_path / "snapshots").as_uri()


class Kernel:
    """What ends a kernel."""

    def __init__(self) -> None:
        self.ended: list[bool] = []

    def do_shutdown(self, restart):
        self.ended.append(restart)
        return {"restart": restart}


class Life:
    """One kernel's sandbox after another's, and what was told."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.told: list[str] = []
        self.sandbox: Sandbox | None = None

    def begin(self, label: str = LABEL, **options) -> Autosave:
        if self.sandbox is not None:
            self.sandbox.close()
        self.sandbox = Sandbox()
        made = Autosave(lambda: self.sandbox, Snapshots(url=self.url, **options), label, self.told.append)
        made.restore()
        return made


@pytest.fixture
def life(url):
    return Life(url)


def now():
    return "x"


def names(url: str, label: str = LABEL, **options) -> list[str]:
    with open_file_store(url, **options) as store:
        return [each.name for each in saved(store, label)]


def test_the_next_kernel_starts_with_what_the_last_one_had(life):
    first = life.begin()
    life.sandbox.fs.write_file("/d/a.txt", "hello")
    first.save()

    life.begin()

    assert (life.sandbox.fs.read_text("/d/a.txt"), life.told) == ("hello", [])


def test_each_notebook_has_its_own(life):
    one = life.begin("default-one")
    life.sandbox.fs.write_file("/a", "one")
    one.save()

    life.begin("default-two")

    assert life.sandbox.fs.listdir("/") == []


def test_what_did_not_change_is_not_saved_again(life, url):
    kernel = life.begin()
    kernel.save()
    untouched = names(url)
    life.sandbox.fs.write_file("/a", "1")
    kernel.save()
    kernel.save()
    again = life.begin()
    again.save()

    assert (untouched, len(names(url))) == ([], 1)


def test_the_oldest_go(life, url):
    kernel = life.begin(keep=2)
    for number in range(4):
        life.sandbox.fs.write_file("/a", str(number))
        kernel.save()

    life.begin()

    assert (len(names(url)), life.sandbox.fs.read_text("/a")) == (2, "3")


def test_a_sandbox_that_holds_something_is_not_replaced(life):
    first = life.begin()
    life.sandbox.fs.write_file("/a", "old")
    first.save()
    life.begin(restore=False)
    life.sandbox.fs.write_file("/b", "new")

    Autosave(lambda: life.sandbox, Snapshots(url=life.url), LABEL).restore()

    assert life.sandbox.fs.listdir("/") == ["b"]


def test_providers_that_are_missing_are_told(life):
    first = life.begin()
    life.sandbox.fs.mount_file("/now", now)
    first.save()

    life.begin()

    assert life.told == ["without their providers, mount them again: now"]


def test_a_store_that_fails_is_told_and_stops_nothing(life, tmp_path):
    (tmp_path / "file").write_text("no directory")
    life.url = (tmp_path / "file" / "store").as_uri()
    kernel = life.begin()
    life.sandbox.fs.write_file("/a", "1")
    kernel.save()

    assert [text.partition(": ")[0] for text in life.told] == [
        "the sandbox of this notebook could not be loaded",
        "the sandbox of this notebook could not be saved",
    ]


def test_what_is_saved_belongs_to_the_tenant(life, url, monkeypatch):
    monkeypatch.setattr(Sandbox, "defaults", replace(Sandbox.defaults, tenant="ann"))
    kernel = life.begin()
    life.sandbox.fs.write_file("/a", "1")
    kernel.save()

    assert (len(names(url, tenant="ann")), names(url, tenant="bob")) == (1, [])


def test_a_kernel_that_is_told_to_end_saves_first(life, url):
    autosave, kernel = life.begin(), Kernel()
    autosave.follow(kernel)
    life.sandbox.fs.write_file("/a", "1")

    answer = kernel.do_shutdown(True)
    autosave.leave(kernel)
    life.sandbox.fs.write_file("/a", "2")
    kernel.do_shutdown(False)

    assert (answer, kernel.ended, len(names(url))) == ({"restart": True}, [True, False], 1)


def test_a_kernel_that_cannot_save_says_so_once(life, tmp_path):
    (tmp_path / "file").write_text("no directory")
    kernel = life.begin()
    kernel._snapshots = Snapshots(url=(tmp_path / "file" / "store").as_uri())
    for number in range(3):
        life.sandbox.fs.write_file("/a", str(number))
        kernel.save(RUNNING)

    assert [text.partition(": ")[0] for text in life.told] == ["the sandbox of this notebook could not be saved"]


def test_what_is_saved_while_a_kernel_runs_pushes_out_nothing(life, url):
    kernel = life.begin(keep=1)
    life.sandbox.fs.write_file("/a", "1")
    kernel.save()
    (ended,) = names(url)
    for number in range(3):
        life.sandbox.fs.write_file("/a", str(number))
        kernel.save(RUNNING)

    assert names(url) == [ended, RUNNING]


DIES = """
import sys, threading
from jupyter_sandfs.config import Snapshots
from jupyter_sandfs.kernel.autosave import Autosave
from jupyter_sandfs.sandbox import Sandbox

sandbox = Sandbox()
autosave = Autosave(lambda: sandbox, Snapshots(url=sys.argv[1], interval=0.01), sys.argv[2])
sandbox.fs.write_file("/kept", "through a kill")
save = autosave.save

def tell(name=None):
    save(name)
    print("saved", flush=True)

autosave.save = tell
autosave.follow(None)
threading.Event().wait()
"""


def test_a_kernel_that_is_killed_comes_back_as_it_was_saved_last(life, url):
    with subprocess.Popen([sys.executable, "-c", DIES, url, LABEL], stdout=subprocess.PIPE) as process:
        told = process.stdout.readline()
        process.kill()

    life.begin()

    assert (told, names(url), life.sandbox.fs.read_text("/kept")) == (b"saved\n", [RUNNING], "through a kill")


@pytest.mark.parametrize(
    ("notebook", "label"),
    [(None, "default"), ("", "default"), ("work/a.ipynb", "default-23b53102dfd4"), ("\udcff\n/../x", None)],
)
def test_a_label_is_part_of_a_key_whatever_the_notebook_is_called(notebook, label):
    made = label_of(notebook)

    assert made == label or (label is None and made.removeprefix("default-").isalnum())


def run_kernel(url: str, tmp_path, source: str) -> list[str]:
    """Run a cell in a kernel of its own, shut it down as a server does, and give what it printed."""
    environment = os.environ | {"SANDFS_SNAPSHOT_URL": url, "JPY_SESSION_NAME": "work/a.ipynb"}
    manager = KernelManager()
    manager.shutdown_wait_time = 60
    manager.start_kernel(env=environment, cwd=str(tmp_path))
    client = manager.blocking_client()
    client.start_channels()
    printed = []
    try:
        client.wait_for_ready(timeout=60)
        client.execute_interactive(
            f"%load_ext jupyter_sandfs\nfrom jupyter_sandfs import Sandbox\n{source}",
            timeout=60,
            output_hook=lambda message: printed.append(message["content"].get("text", "")),
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
        manager.cleanup_resources()
    return printed


def test_a_real_kernel_saves_on_shutdown_and_the_next_one_has_it(url, tmp_path):
    run_kernel(url, tmp_path, "Sandbox.current().fs.write_file('/kept', 'through a restart')")

    printed = run_kernel(url, tmp_path, "print(Sandbox.current().fs.read_text('/kept'))")

    assert "".join(printed) == "through a restart\n"
    assert len(names(url, label_of("work/a.ipynb"))) == 1
