"""Our tar against the standard library's: each reads what the other writes, and says the same of it."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import InvalidArchive
from jupyter_sandfs.vfs.archives import tar
from jupyter_sandfs.vfs.archives.source import Source
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.content import Link

SECOND = 1_000_000_000
QUIETLY = settings(max_examples=60, deadline=None, derandomize=True)
NAME = st.text(st.characters(exclude_characters="/\0\\", exclude_categories=["Cs"]), min_size=1, max_size=60)
PATH = st.lists(NAME.filter(lambda name: name not in {".", ".."}), min_size=1, max_size=4).map("/".join)
CONTENT = st.one_of(st.none(), st.binary(max_size=1200), PATH.map(Link))
ITEM = st.builds(
    Item,
    PATH.map("/{}".format),
    CONTENT,
    st.integers(0, 0o7777),
    st.one_of(st.integers(-10, 10), st.integers(0, 1 << 36)).map(lambda seconds: seconds * SECOND),
)
LIBRARY_KINDS = {tarfile.REGTYPE: tar.Kind.FILE, tarfile.DIRTYPE: tar.Kind.DIRECTORY, tarfile.SYMTYPE: tar.Kind.SYMLINK}


def read(data, *, entries=1000):
    """What our reader says: members, and contents of files."""
    reader = tar.TarReader(Source([data]), entries=entries)
    return [(member, reader.content(member) if member.kind is tar.Kind.FILE else b"") for member in reader]


def expected(item):
    if item.content is None:
        return f"{item.path[1:]}/", tar.Kind.DIRECTORY, "", b""
    if isinstance(item.content, Link):
        return item.path[1:], tar.Kind.SYMLINK, item.content.target, b""
    return item.path[1:], tar.Kind.FILE, "", item.content


@given(st.lists(ITEM, max_size=5))
@QUIETLY
def test_what_we_write_the_library_and_we_read(items):
    data = b"".join(tar.pack(items))

    ours = [(*member[:2], member.target, content, member.mode, member.modified_ns) for member, content in read(data)]
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        theirs = [
            (member.name, LIBRARY_KINDS[member.type], member.linkname, member.mode, int(member.mtime) * SECOND)
            + ((archive.extractfile(member).read(),) if member.isreg() else (b"",))
            for member in archive
        ]

    wanted = [(*expected(item), item.mode, item.modified_ns) for item in items]
    assert ours == wanted
    assert theirs == [(name.rstrip("/"), kind, link, mode, when, body) for name, kind, link, body, mode, when in wanted]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@given(name=PATH, content=st.binary(max_size=600), mode=st.integers(0, 0o7777), when=st.integers(0, 1 << 32))
@QUIETLY
def test_what_the_library_writes_we_read(form, name, content, mode, when):
    made = io.BytesIO()
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = len(content), mode, when
    try:
        with tarfile.open(fileobj=made, mode="w", format=form) as archive:
            archive.addfile(info, io.BytesIO(content))
    except ValueError:  # ustar can't say it
        return

    member = tar.Member(name, tar.Kind.FILE, len(content), "", mode, when * SECOND)
    assert read(made.getvalue()) == [(member, content)]


@pytest.mark.parametrize(("mtime", "nanoseconds"), [(1.5, 1_500_000_000), (-1.25, -1_250_000_000), (7, 7 * SECOND)])
def test_times_with_a_fraction_are_read(mtime, nanoseconds):
    info = tarfile.TarInfo("f")
    info.mtime = mtime
    data = info.tobuf(tarfile.PAX_FORMAT) + tar.END

    assert read(data)[0][0].modified_ns == nanoseconds


@pytest.mark.parametrize("size", [8**11 - 1, 8**11, 1 << 40])
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_sizes_that_need_more_than_eleven_digits_are_understood(form, size):
    info = tarfile.TarInfo("f")
    info.size = size
    reader = tar.TarReader(Source([info.tobuf(form)]), entries=9)

    assert next(iter(reader)).size == size


def test_a_file_we_say_is_that_long_is_understood_by_the_library(monkeypatch):
    monkeypatch.setattr(tar, "_SIZES", 8)
    data = b"".join(tar.pack([Item("/f", b"123456789")]))

    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert archive.extractfile("f").read() == b"123456789"


def test_a_v7_directory_is_a_file_with_a_slash():
    info = tarfile.TarInfo("d/")
    info.type = tarfile.AREGTYPE
    member, _ = read(info.tobuf(tarfile.USTAR_FORMAT) + tar.END)[0]

    assert (member.name, member.kind) == ("d/", tar.Kind.DIRECTORY)


def broken(field, value):
    """A member whose header was changed, its checksum made right again."""
    block = bytearray(tarfile.TarInfo("f").tobuf(tarfile.USTAR_FORMAT))
    block[field : field + len(value)] = value
    block[148:156] = b"        "
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + tar.END


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (124, b"-0000000001\0"),
        (124, b"0o000000001\0"),
        (124, b"1_0\0"),
        (124, b"9\0"),
        (124, b"\xff" * 12),
        (100, b"x"),
    ],
)
def test_numbers_that_are_none_are_refused(field, value):
    with pytest.raises(InvalidArchive):
        read(broken(field, value))


@pytest.mark.parametrize("at", [0, 100, 124, 148, 156, 300, 511])
def test_a_changed_byte_of_a_header_is_noticed(at):
    data = bytearray(tarfile.TarInfo("f").tobuf(tarfile.USTAR_FORMAT) + tar.END)
    data[at] ^= 1

    with pytest.raises(InvalidArchive, match="a header is damaged"):
        read(bytes(data))


PAX = [
    b"",
    b"x",
    b"5 a=\n",
    b"6 a=b",
    b"99 a=b\n",
    b"7 a=b\n",
    b"6 a=b\nx",
    b"-6 a=b\n",
    b"3 =\n",
    b"4 ab\n",
    b" 6 a=b\n",
]


@pytest.mark.parametrize("records", [each for each in PAX if each not in (b"", b"5 a=\n")])
def test_extended_headers_that_are_damaged_are_refused(records):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(records)
    data = info.tobuf(tarfile.USTAR_FORMAT) + records.ljust(512, b"\0") + tarfile.TarInfo("f").tobuf() + tar.END

    with pytest.raises(InvalidArchive, match="an extended header is damaged"):
        read(data)


def test_an_extended_header_for_all_members_gives_no_names():
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"path": "x"}) as archive:
        archive.addfile(tarfile.TarInfo("f"))

    with pytest.raises(InvalidArchive, match="a global header"):
        read(made.getvalue())


def test_a_comment_for_all_members_is_no_harm():
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "git"}) as archive:
        archive.addfile(tarfile.TarInfo("f"))

    assert [member.name for member, _ in read(made.getvalue())] == ["f"]


def test_what_is_not_read_of_a_member_is_passed_over():
    data = b"".join(tar.pack([Item("/a", bytes(1000)), Item("/b", b"b")]))
    reader = tar.TarReader(Source([data[i : i + 100] for i in range(0, len(data), 100)]), entries=9)

    assert [member.name for member in reader] == ["a", "b"]
