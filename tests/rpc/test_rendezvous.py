from __future__ import annotations

import stat

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.rpc import rendezvous
from jupyter_sandfs.rpc.rendezvous import Address


def test_what_is_published_is_found_and_private(tmp_path):
    connection_file = tmp_path / "kernel-abc.json"
    address = Address(123, socket="/x.sock")
    path = rendezvous.publish(connection_file, address)

    assert path == tmp_path / "sandfs-abc.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert rendezvous.find(connection_file) == address
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_published_is_nothing_found(tmp_path):
    assert rendezvous.find(tmp_path / "kernel-abc.json") is None


def test_a_file_that_others_may_write_is_refused(tmp_path):
    connection_file = tmp_path / "kernel-abc.json"
    rendezvous.publish(connection_file, Address(1, port=2)).chmod(0o644)

    with pytest.raises(InvalidRequest):
        rendezvous.find(connection_file)


def test_a_link_is_not_followed(tmp_path):
    elsewhere = rendezvous.publish(tmp_path / "kernel-other.json", Address(1, port=2))
    rendezvous.runtime_file(tmp_path / "kernel-abc.json").symlink_to(elsewhere)

    with pytest.raises(InvalidRequest):
        rendezvous.find(tmp_path / "kernel-abc.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": "1", "socket": "/x"}', '{"pid": 1, "port": "2"}'])
def test_anything_else_in_the_file_is_refused(tmp_path, text):
    connection_file = tmp_path / "kernel-abc.json"
    rendezvous.publish(connection_file, Address(1, port=2)).write_text(text)

    with pytest.raises(InvalidRequest):
        rendezvous.find(connection_file)


def test_a_path_too_long_for_a_socket_is_not_used(tmp_path):
    assert rendezvous.socket_file(tmp_path / ("d" * 100) / "kernel-abc.json") is None
