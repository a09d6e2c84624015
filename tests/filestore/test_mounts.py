from __future__ import annotations

import pytest

from jupyter_sandfs.filestore.mounts import on_network_filesystem

TABLE = r"""
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/local xfs rw 0 0
me@host: /mnt/a\040b fuse.sshfs rw 0 0
tmpfs /over tmpfs rw 0 0
server:/x /over nfs rw 0 0
overlay /layers fuse.fuse-overlayfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/var/lib", False),
        ("/home/someone/store", True),
        ("/home", True),
        ("/homely", False),
        ("/home/local/store", False),
        ("/mnt/a b/store", True),
        ("/over/store", True),
        ("/layers/store", False),
    ],
)
def test_the_innermost_and_latest_mount_decides(path, expected):
    assert on_network_filesystem(path, table=TABLE) is expected


def test_without_a_table_the_answer_is_no():
    assert on_network_filesystem("/home", table="") is False


def test_the_table_of_this_machine_can_be_read(tmp_path):
    assert on_network_filesystem(tmp_path) in (True, False)
