"""The client and the commands `fs` against a real server and a real kernel."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from jupyter_sandfs.cli.app import main
from jupyter_sandfs.client import SandboxClient
from jupyter_sandfs.errors import (
    AlreadyExists,
    InvalidArchive,
    InvalidRequest,
    NotEmpty,
    NotFound,
    SandboxNotFound,
    ServerUnreachable,
)

MIB = 1 << 20


@pytest.fixture(scope="module")
def kernel_id(live) -> str:
    return live.start_kernel_with_sandbox()


@pytest.fixture
def client(live, kernel_id):
    """A client of the only sandbox, which is empty."""
    with SandboxClient(live.url, live.token, session_id=kernel_id) as client:
        for entry in client.entries():
            client.delete(entry["path"], recursive=True)
        yield client


@pytest.fixture
def run(client, live, kernel_id) -> Callable[..., Result]:
    """Run one of the commands `fs` in this process."""

    def run(command: str, *arguments: str, **kwargs) -> Result:
        options = ("--server", live.url, "--session-id", kernel_id)
        return CliRunner(env={"JUPYTER_TOKEN": live.token}).invoke(
            main, ["fs", command, *options, *arguments], **kwargs
        )

    return run


def archive(**files: bytes) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return body.getvalue()


class TestClient:
    def test_files_are_written_appended_read_and_found(self, client):
        content = os.urandom(2 * MIB + 5)

        written = client.write("d/ü &?.bin", content)
        client.append("d/log", b"one\n")
        client.append("d/log", iter([b"two\n"]))

        assert (written["path"], written["bytesWritten"]) == ("/d/ü &?.bin", len(content))
        assert (client.read("/d/ü &?.bin"), client.read("d/log")) == (content, b"one\ntwo\n")
        assert [each["path"] for each in client.entries("d")] == ["/d/log", "/d/ü &?.bin"]
        assert client.stat("/d/log") == client.entries("/d")[0]
        assert [each["path"] for each in client.search(text="TWO", ignore_case=True)["matches"]] == ["/d/log"]

    def test_trees_are_made_copied_moved_packed_and_removed(self, client):
        client.mkdir("/a/b")
        client.write("/a/b/c", b"x")
        client.copy("/a", "/copy")
        client.move("/a", "/moved")
        tar = b"".join(client.archive("/moved", "tar.gz"))
        client.delete("/moved", recursive=True)
        made = client.upload_batch(tar, "/again")

        assert [each["path"] for each in client.search(name="*")["matches"]] == [
            "/again",
            "/again/b",
            "/again/b/c",
            "/copy",
            "/copy/b",
            "/copy/b/c",
        ]
        assert (sorted(made["paths"]), made["truncated"]) == (["/again/b", "/again/b/c"], False)

    def test_errors_are_those_of_the_file_system(self, client):
        client.write("/a", b"x")
        client.mkdir("/d")
        client.write("/d/a", b"x")

        with pytest.raises(FileNotFoundError) as absent:
            client.read("/none")
        with pytest.raises(AlreadyExists):
            client.move("/a", "/d")
        with pytest.raises(NotEmpty):
            client.delete("/d")
        with pytest.raises(InvalidArchive):
            client.upload_batch(b"no archive")
        with pytest.raises(InvalidRequest, match=r"^search for a name, a text, or both$"):
            client.search()
        assert (type(absent.value), absent.value.path) == (NotFound, "/none")
        assert client.read("/a") == b"x"

    def test_what_is_not_there_to_be_reached_says_so(self, live, client):
        def failure(url: str, token: str | None, **target: str) -> tuple[type, int, str]:
            with SandboxClient(url, token, **target) as elsewhere, pytest.raises(Exception, match=r".") as caught:
                elsewhere.entries()
            return type(caught.value), caught.value.http_status, str(caught.value)

        assert client.entries() == []
        assert failure(live.url, "wrong") == (
            ServerUnreachable,
            403,
            "the server refuses the token, or it is missing",
        )
        assert failure(f"{live.url}nowhere", live.token)[:2] == (ServerUnreachable, 404)
        assert failure("http://127.0.0.1:9", live.token)[:2] == (ServerUnreachable, 502)
        assert failure(live.url, live.token, session_id="nobody")[:2] == (SandboxNotFound, 404)
        assert failure(live.url, live.token, sandbox="other")[:2] == (SandboxNotFound, 404)


class TestCommands:
    def test_a_file_comes_in_by_content_by_file_and_by_standard_input(self, run, client, tmp_path):
        (tmp_path / "local").write_bytes(b"\xff" * MIB)

        told = [
            run("write", "/a", "--content", "héllo"),
            run("write", "/a", "--append", input=b"!"),
            run("write", "/b", "--from-file", str(tmp_path / "local")),
            run("write", "/c", "--json", input=b""),
        ]

        assert [each.exit_code for each in told] == [0, 0, 0, 0]
        assert told[0].output == "/a (6 bytes)\n"
        assert json.loads(told[3].output)["bytesWritten"] == 0
        assert (client.read("/a"), client.read("/b"), client.read("/c")) == ("héllo!".encode(), b"\xff" * MIB, b"")

    def test_a_file_goes_out_and_an_error_leaves_what_was_there(self, run, client, tmp_path):
        client.write("/a", b"\xff\0" * MIB)
        target = tmp_path / "out"
        target.write_bytes(b"before")

        refused = run("read", "/none", "-o", str(target))
        before = target.read_bytes()
        fetched = run("read", "/a", "--output", str(target))

        assert (refused.exit_code, refused.stderr) == (3, "error: /none: No such file or directory\n")
        assert (before, fetched.exit_code) == (b"before", 0)
        assert target.read_bytes() == run("read", "/a").stdout_bytes == b"\xff\0" * MIB

    def test_a_directory_is_listed(self, run, client):
        client.mkdir("/d/sub")
        client.write("/d/a", b"x" * 2048)

        lines = run("list", "/d").output.splitlines()

        assert [(line.split()[0], line.split()[-1]) for line in lines] == [("2.0", "a"), ("-", "sub/")]
        assert json.loads(run("list", "/d", "--json").output) == client.entries("/d")
        assert run("list").output.endswith("  d/\n")

    def test_files_are_described_moved_and_removed(self, run, client):
        client.write("/a", b"12345")

        told = [
            run("stat", "/a"),
            run("mkdir", "/d/e"),
            run("move", "/a", "/d/e"),
            run("move", "/a", "/d/e/a"),
            run("delete", "/d"),
            run("delete", "-r", "/d"),
        ]

        assert [each.exit_code for each in told] == [0, 0, 4, 0, 4, 0]
        assert told[0].output.splitlines()[:3] == ["path:     /a", "type:     file", "size:     5 B (5 bytes)"]
        assert [told[index].output for index in (1, 3, 5)] == ["/d/e\n", "/d/e/a\n", "/d\n"]
        assert client.entries() == []

    def test_an_archive_is_unpacked(self, run, client, tmp_path):
        (tmp_path / "a.tar.gz").write_bytes(archive(a=b"1", b=b"2"))

        told = run("upload-batch", "--tar", str(tmp_path / "a.tar.gz"), "--path", "/in")
        piped = run("upload-batch", "--tar", "-", input=archive(c=b"3"))

        assert (told.output, piped.output) == ("/in/a\n/in/b\n", "/c\n")
        assert client.read("/in/b") == b"2"

    def test_two_sources_at_once_are_refused(self, run, client):
        assert run("write", "/a", "--content", "x", "--from-file", "-").exit_code == 2
        assert client.entries() == []

    def test_they_work_from_another_process(self, client, live, kernel_id):
        environment = os.environ | {"JUPYTER_TOKEN": live.token, "JUPYTER_SERVER_URL": f"{live.url}lab"}

        def run(*arguments: str, **kwargs) -> bytes:
            command = [sys.executable, "-m", "jupyter_sandfs", "fs", *arguments, "--session-id", kernel_id]
            return subprocess.run(
                command, env=environment, check=True, capture_output=True, timeout=120, **kwargs
            ).stdout

        run("write", "/a", input=b"from elsewhere")

        assert run("read", "/a") == client.read("/a") == b"from elsewhere"
