"""`zip` and `unzip` where the real tools are no judge: archives that mean harm, rules, what is there already."""

from __future__ import annotations

import io
import zipfile

import pytest

from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView


def told(result):
    return result.stdout, result.stderr, result.exit_code


def packed(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize("name", ["../out", "/abs", "a/../../out", "a\\..\\out"])
def test_an_archive_that_leads_out_is_refused_and_nothing_of_it_unpacked(fs, shell, name):
    fs.write_file("/w/evil.zip", packed({"fine": b"1", name: b"2"}))

    result = shell.exec("cd /w; mkdir d; unzip evil.zip -d d; unzip -p evil.zip; unzip -l evil.zip")

    assert (result.stdout, result.exit_code) == ("", 9)
    assert [(at, names) for at, _, names in fs.walk("/") if names] == [("/w", ["evil.zip"])]


def test_a_bomb_is_refused():
    fs = VirtualFileSystem(limits=Limits(archive_ratio=100))
    fs.write_file("/bomb.zip", packed({"big": bytes(100_000_000)}))

    result = SandboxShell(fs).exec("unzip bomb.zip")

    assert (result.stdout, result.exit_code) == ("", 9)
    assert fs.listdir("/") == ["bomb.zip"]


def test_what_does_not_fit_is_not_unpacked_at_all():
    fs = VirtualFileSystem(limits=Limits(total_bytes=3_000))
    fs.write_file("/z.zip", packed({"a": b"1", "b": bytes(range(256)) * 12}))

    result = SandboxShell(fs).exec("unzip z.zip")

    assert result.exit_code != 0
    assert fs.listdir("/") == ["z.zip"]


def test_rules_hold_while_unpacking_and_all_of_it_stays_out(fs, shell):
    fs.write_file("/ro/kept", "1\n")
    fs.set_policy("/ro", NodePolicy(writable=False))
    fs.write_file("/z.zip", packed({"new": b"1", "ro/kept": b"2"}))

    assert told(shell.exec("unzip -o z.zip")) == ("", "unzip: /ro/kept: Read-only file system\n", 1)
    assert (sorted(fs.listdir("/")), fs.read_text("/ro/kept")) == (["ro", "z.zip"], "1\n")


def test_what_is_there_stays_unless_asked_otherwise(fs, shell):
    fs.write_file("/a", "mine\n")
    fs.write_file("/z.zip", packed({"a": b"theirs\n", "b": b"new\n"}))

    first, second = shell.exec("unzip -q z.zip; cat a b"), shell.exec("unzip -qo z.zip; cat a")

    assert told(first) == ("mine\nnew\n", "unzip: a is there: kept (-o)\n", 0)
    assert told(second) == ("theirs\n", "", 0)


def test_links_come_back_as_links(fs, shell):
    shell.exec("mkdir d; echo 1 > d/f; ln -s f d/l; zip -qr z.zip d; mkdir o; unzip -q z.zip -d o")

    assert (fs.readlink("/o/d/l"), fs.read_text("/o/d/l")) == ("f", "1\n")


def test_a_view_packs_what_it_sees(fs):
    fs.write_file("/d/open", "1")
    fs.write_file("/d/hidden", "TOPSECRET")
    fs.set_policy("/d/hidden", NodePolicy(visibility="private"))
    shell = SandboxShell(fs, view=VisibilityView({"public"}))

    result = shell.exec("zip -qr z.zip d; unzip -Z1 z.zip; zip -q y.zip d/hidden; unzip -p z.zip")

    assert told(result) == (
        "d/\nd/open\n1",
        "zip: d/hidden: No such file or directory\nzip: nothing to do (y.zip)\n",
        0,
    )


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("zip z.zip", "zip: an archive, and files for it, are needed\nTry 'zip --help' for more information.\n"),
        ("unzip", "unzip: an archive is needed\nTry 'unzip --help' for more information.\n"),
        ("zip no/z.zip /f", "zip: /no: No such file or directory\n"),
        ("unzip -q f", "unzip: f: archive refused: zip: File is not a zip file\n"),
        ("unzip -q nope", "unzip: cannot find or open nope: No such file or directory\n"),
    ],
)
def test_a_wrong_call_is_told(fs, shell, line, complaint):
    fs.write_file("/f", "no archive")

    result = shell.exec(line)

    assert (result.stdout, result.exit_code != 0) == ("", True)
    assert result.stderr.startswith(complaint)
    assert fs.listdir("/") == ["f"]
