"""Archives with pieces exchanged and checksums made right again: an error of ours, or nothing outside is touched."""

from __future__ import annotations

import gzip
import io
import random
import tarfile

import pytest

from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.vfs.archives import tarball
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits

TAR_PIECES = [b"\0", b"0", b"7777777", b"\xff" * 8, b"\x80\0\0\0\0\0\0\1", b"../", b"/", b"\\", b"GNU.sparse.size"]
KINDS = [b"x", b"g", b"L", b"K", b"S", b"1", b"2", b"5"]
OTHER_PIECES = [
    b"PK\1\2",
    b"PK\3\4",
    b"30 path=../../x\n",
    b"mtime=1e9",
    b'"path"',
    b"null",
    b"-1",
    b"1e400",
    b"{",
    b"[",
]
PIECES = [*TAR_PIECES, *KINDS, *OTHER_PIECES, b"9" * 20]
LIMITS = Limits(total_bytes=1_000_000)


def seeds():
    source = VirtualFileSystem()
    source.write_file("/d/f", "content" * 50)
    source.symlink("f", "/d/l")
    source.write_file("/ü", "pax")
    source.write_file("/" + "n" * 150, "x")
    gnu = io.BytesIO()
    with tarfile.open(fileobj=gnu, mode="w", format=tarfile.GNU_FORMAT) as archive:
        long, hard = tarfile.TarInfo("x" * 200), tarfile.TarInfo("h")
        hard.type, hard.linkname = tarfile.LNKTYPE, "x" * 200
        archive.addfile(long)
        archive.addfile(hard)
    packed = [b"".join(source.archive("/", form)) for form in ("tar", "zip")]
    return [*packed, gnu.getvalue(), b"".join(source.tarball("tar", {}))]


def mutated(data, chance):
    changed = bytearray(data)
    for _ in range(chance.randint(1, 5)):
        at, piece = chance.randrange(len(changed)), chance.choice(PIECES)
        if chance.random() < 0.8:
            changed[at : at + len(piece)] = piece
        else:
            del changed[at : at + chance.choice([1, 100, 512])]
    if chance.random() < 0.9:
        make_sound(changed)
    return gzip.compress(changed, 1) if chance.random() < 0.2 else bytes(changed)


def make_sound(data):
    """Set the checksums of tar headers, so that what was changed is looked at."""
    for at in range(0, len(data) - 511, 512):
        if data[at + 257 : at + 262] == b"ustar":
            data[at + 148 : at + 156] = b"        "
            data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])


def look_at(system):
    """Ask for what a listing shows of each node."""
    return [(path, system.stat(path, follow=False).modified_at) for path in system.glob("/**/*")]


def try_to_unpack(data):
    fs = VirtualFileSystem(limits=LIMITS)
    fs.mkdir("/to")
    fs.write_file("/mine", "mine")
    try:
        made = fs.extract(data, "/to")
    except SandfsError:
        made = []
        assert fs.listdir("/to") == []
    look_at(fs)
    assert all(path.startswith("/to/") for path in made)
    assert (sorted(fs.listdir("/")), fs.read_text("/mine")) == (["mine", "to"], "mine")
    return bool(made)


def try_to_load(data):
    fs = VirtualFileSystem(limits=LIMITS)
    try:
        fs.adopt(tarball.read(data, LIMITS))
    except SandfsError:
        return False
    look_at(fs)
    return True


@pytest.mark.parametrize("count", [300, pytest.param(50_000, marks=[pytest.mark.soak, pytest.mark.timeout(600)])])
def test_mutated_archives_are_refused_or_harmless(count):
    chance = random.Random(20_261_121)
    found = seeds()

    outcomes = [attempt(mutated(chance.choice(found), chance)) for _ in range(count // 2) for attempt in ATTEMPTS]

    assert 0.05 < sum(outcomes) / len(outcomes) < 0.95  # both ways were taken


ATTEMPTS = [try_to_unpack, try_to_load]
