"""Loading and unloading, in a shell and in something like a kernel."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from traitlets.config import Config

from jupyter_sandfs.errors import StorageLocked, Unsupported
from jupyter_sandfs.kernel import link
from jupyter_sandfs.kernel.endpoint import Endpoint
from jupyter_sandfs.kernel.extension import load_ipython_extension, unload_ipython_extension
from jupyter_sandfs.rpc import rendezvous
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.storage import open_storage, sqlite


def magics(ip):
    return {kind: "sandfs" in names for kind, names in ip.magics_manager.magics.items()}


def threads():
    """Ours, but those of snippets: they belong to the tests before, and may end at any time."""
    names = sorted(each.name for each in threading.enumerate())
    return [each for each in names if "sandfs" in each and each != "sandfs-job"]


def test_loading_brings_the_magic_the_sandbox_and_the_browser(ip):
    load_ipython_extension(ip)

    assert magics(ip) == {"line": True, "cell": True}
    assert Sandbox.names() == ["default"]
    assert set(Sandbox.faces) >= {"browse", "display", "progress"}


def test_the_package_is_the_extension(ip):
    ip.run_line_magic("load_ext", "jupyter_sandfs")

    assert magics(ip)["line"]


def test_loading_twice_does_nothing(ip):
    load_ipython_extension(ip)
    function = ip.magics_manager.magics["line"]["sandfs"]
    load_ipython_extension(ip)

    assert ip.magics_manager.magics["line"]["sandfs"] == function


def test_reloading_keeps_the_files(ip, cell, sandbox):
    sandbox.fs.write_file("/a", "kept")
    ip.run_line_magic("reload_ext", "jupyter_sandfs")

    assert cell("%sandfs cat /a") == ("kept", "")
    assert Sandbox.current() is sandbox


def test_unloading_leaves_only_the_sandboxes(ip):
    before = Sandbox.defaults, threads()
    load_ipython_extension(ip)
    sandbox = Sandbox.current()
    unload_ipython_extension(ip)

    assert magics(ip) == {"line": False, "cell": False}
    assert "SandFSMagics" not in ip.magics_manager.registry
    assert (Sandbox.faces.keys() & {"browse", "display", "progress"}, Sandbox.names()) == (set(), ["default"])
    assert (Sandbox.defaults, threads()) == before
    with pytest.raises(Unsupported, match=r"^browse needs a notebook: run %load_ext jupyter_sandfs$"):
        sandbox.browse()


def test_unloading_takes_back_all_that_it_put_into_the_shell(ip):
    def put():
        callbacks = {event: list(calls) for event, calls in ip.events.callbacks.items()}
        return callbacks, list(ip.Completer.custom_matchers), set(ip.magics_manager.registry), set(ip.user_ns)

    before = put()
    load_ipython_extension(ip)
    assert put() != before
    unload_ipython_extension(ip)
    assert put() == before


def test_unloading_in_the_midst_of_a_cell_ends_its_action(ip):
    ip.run_cell("%load_ext jupyter_sandfs")
    ip.run_cell("%unload_ext jupyter_sandfs")
    Sandbox.current().fs.write_file("/a", "")

    assert [each.action for each in Sandbox.current().fs.log()] == [0]


def test_ipython_in_a_terminal_loads_it_by_its_configuration(tmp_path):
    command = [sys.executable, "-m", "IPython", "--InteractiveShellApp.extensions=jupyter_sandfs", "--no-banner"]
    ran = subprocess.run(
        [*command, "-c", "%sandfs touch /a\n%sandfs ls /"],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"IPYTHONDIR": str(tmp_path)},
        timeout=100,
    )

    assert (ran.stdout, ran.returncode) == ("a\n", 0)


def test_unloading_what_is_not_loaded_does_nothing(ip):
    unload_ipython_extension(ip)

    assert magics(ip) == {"line": False, "cell": False}


def test_configuration_reaches_the_store(ip, tmp_path):
    ip.config.merge(
        Config(
            SandFS={"store_url": (tmp_path / "mine").as_uri()},
            FileStoreLimits={"max_file_size": 5, "max_total_bytes": 7},
        )
    )
    load_ipython_extension(ip)
    sandbox = Sandbox.current()

    assert sandbox.store_url == (tmp_path / "mine").as_uri()
    assert sandbox.files.usage().max_total_bytes == 7
    assert Sandbox.defaults.store_limits.max_file_size == 5


def test_the_environment_names_the_store(ip, tmp_path):
    load_ipython_extension(ip)

    assert Sandbox.current().store_url == (tmp_path / "store").as_uri()


# ---------------------------------------------------------------- in a kernel


@pytest.fixture
def kernel(ip, tmp_path, monkeypatch):
    """What the link asks of a kernel."""
    made = SimpleNamespace(
        session=SimpleNamespace(key=b"key"),
        control_handlers={},
        get_parent=lambda _channel: {},
        log=logging.getLogger("kernel"),
        shell=ip,
    )
    monkeypatch.setattr(link, "get_connection_file", lambda: str(tmp_path / "kernel-1.json"))
    monkeypatch.setattr(ip, "kernel", made, raising=False)
    return made


def test_a_kernel_can_be_reached_both_ways_until_unloading(ip, kernel, tmp_path):
    files, running = set(tmp_path.iterdir()), threads()
    load_ipython_extension(ip)
    address = rendezvous.find(tmp_path / "kernel-1.json")
    started = [each for each in threading.enumerate() if "sandfs" in each.name]

    assert Path(address.socket).is_socket()
    assert "sandfs_request" in kernel.control_handlers
    unload_ipython_extension(ip)
    for each in started:
        each.join(timeout=20)
    assert kernel.control_handlers == {}
    assert not Path(address.socket).exists()
    assert (set(tmp_path.iterdir()), threads()) == (files, running)


def test_without_a_socket_the_control_channel_remains(ip, kernel, monkeypatch, caplog):
    def refuse(_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Endpoint, "_listen", refuse)
    load_ipython_extension(ip)

    assert "sandfs_request" in kernel.control_handlers
    assert magics(ip)["line"]
    assert "only the control channel" in caplog.text


def test_the_default_sandbox_is_kept_where_the_configuration_says(ip, tmp_path):
    ip.config = Config({"SandFS": {"storage": f"sqlite:///{tmp_path}/default.sqlite"}})
    load_ipython_extension(ip)

    assert Sandbox.current().kept == f"kept in {tmp_path}/default.sqlite"


def test_a_storage_that_another_kernel_has_open_can_be_tried_again(ip, monkeypatch, tmp_path):
    monkeypatch.setattr(sqlite, "_WAIT_SECONDS", 0.0)
    url = f"sqlite:///{tmp_path}/default.sqlite"
    ip.config = Config({"SandFS": {"storage": url}})
    earlier = Sandbox.defaults
    with open_storage(url), pytest.raises(StorageLocked, match="shut its kernel down"):
        load_ipython_extension(ip)

    assert (Sandbox.names(), Sandbox.defaults, magics(ip)["line"]) == ([], earlier, False)
    load_ipython_extension(ip)
    assert Sandbox.current().durable
