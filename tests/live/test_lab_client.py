"""The client that JupyterLab's extension uses, in Node.js, against a real server and kernel."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CLIENT = HERE.parents[1] / "labextension-config" / "lib" / "client.js"


@pytest.fixture
def client() -> Path:
    if CLIENT.exists():
        return CLIENT
    missing = "needs the JupyterLab extension: pip install -e . where npm's registry can be reached"
    if os.environ.get("SANDFS_CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo("sub/3.txt")
        member.size = 5
        tar.addfile(member, io.BytesIO(b"three"))
    return path


def test_each_call_of_the_client_does_what_it_says(live, client, part, archive):
    kernel_id = live.start_kernel_with_sandbox()
    ran = subprocess.run(
        [part("node"), HERE / "lab_client.mjs", client, f"{live.url}sandfs/v1", live.token, archive],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "folders": [kernel_id],
        "mkdir": {"path": "/ä b"},
        "written": 3,
        "part": "ne",
        "moved": {"from": "/ä b/1.txt", "to": "/ä b/2.txt"},
        "conflict": 412,
        "batch": {"paths": ["/ä b/sub/3.txt"], "truncated": False},
        "entries": [["2.txt", "file"], ["sub", "directory"]],
        "archive": 200,
        "has": [True, False],
        "files": [["files/x & y.txt", None], ["files/z", None]],
        "read": "stored",
        "signed": "stored",
        "url": "stored",
        "staged": "/ä b/z",
        "published": "files/p",
        "deleted": {"deleted": "files/p"},
        "removed": {"path": "/ä b"},
        "gone": [404, "not_found", "/ä b: No such file or directory"],
    }
