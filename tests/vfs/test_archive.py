"""Archives: what goes out comes back the same, and what comes from outside is unpacked whole, inside, or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import struct
import tarfile
import threading
import tracemalloc
import zipfile
from collections.abc import Iterator

import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import (
    AlreadyExists,
    FileTooLarge,
    InvalidArchive,
    InvalidPath,
    InvalidRequest,
    LimitExceeded,
    NoSpace,
    NotADirectory,
    NotFound,
    PermissionDenied,
    ProviderError,
    ReadOnly,
    SandfsError,
    Unsupported,
)
from jupyter_sandfs.vfs.archives import compressing
from jupyter_sandfs.vfs.archives.archive import FORMATS
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import ProvidedNode
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView
from jupyter_sandfs.vfs.views.subtree import SubtreeView
from jupyter_sandfs.vfs.views.view import VisibilityView

MIB = 1 << 20
SECOND = 1_000_000_000


def joined(pieces: Iterator[bytes]) -> bytes:
    return b"".join(pieces)


def inside(system):
    """Everything but versions and times, which are the file system's own."""
    found = {}
    for at, directories, names in system.walk():
        for name in (*directories, *names):
            path = f"{at.rstrip('/')}/{name}"
            about = system.stat(path, follow=False)
            content = system.read_bytes(path) if about.is_file else about.link_target
            found[path] = (str(about.kind), about.mode, about.modified_ns // SECOND, content)
    return found


def tar(*members, **options):
    """A tar by the standard library: (name, content) for files, TarInfo for others."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", **options) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member, io.BytesIO(bytes(member.size)) if member.isreg() else None)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return made.getvalue()


def special(name, kind, target="", **fields):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def zipped(*members):
    """A zip by the standard library, of (name or ZipInfo, content)."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


def zip_info(name, mode, **fields):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    for field, value in fields.items():
        setattr(info, field, value)
    return info


@pytest.fixture
def world(fs):
    fs.write_file("/a/b.txt", "text")
    fs.append_file("/a/b.txt", " and more")
    fs.chmod("/a/b.txt", 0o640)
    fs.mkdir("/empty")
    fs.chmod("/empty", 0o700)
    fs.write_file("/zero", "")
    fs.write_file("/a/ü/" + "x" * 120 + "/name with space and \n", bytes(range(256)))
    fs.write_file("/big", bytes(200_000))
    fs.symlink("/a/b.txt", "/empty/absolute")
    fs.symlink("../a/b.txt", "/empty/relative")
    fs.symlink("../../../a", "/empty/above the root")
    fs.symlink("nowhere", "/dangling")
    return fs


# ---------------------------------------------------------------- out and back


@pytest.mark.parametrize("format_name", FORMATS)
def test_what_goes_out_comes_back_the_same(world, system, format_name):
    system.extract(joined(world.archive("/", format_name)))

    links = {"/empty/absolute": "../a/b.txt", "/empty/above the root": "../a"}
    wanted = inside(world)
    for path, target in links.items():
        wanted[path] = (*wanted[path][:3], target)
    assert inside(system) == wanted


@pytest.mark.parametrize("format_name", FORMATS)
def test_any_piece_size_and_kind_of_stream_will_do(world, format_name):
    data = joined(world.archive("/a", format_name))
    given = [
        data,
        bytearray(data),
        memoryview(data),
        io.BytesIO(data),
        iter([data[i : i + 100] for i in range(0, len(data), 100)]),
    ]

    found = []
    for stream in given:
        other = VirtualFileSystem()
        other.extract(stream, "/to/here")
        found.append(inside(SubtreeView(other, "/to/here")))

    assert found == [inside(SubtreeView(world, "/a"))] * 5


def test_the_same_tree_makes_the_same_archive(world):
    other = VirtualFileSystem()
    other.extract(joined(world.archive()))

    assert [joined(other.archive("/", name)) for name in FORMATS] == [
        joined(other.archive("/", name)) for name in FORMATS
    ]


def test_the_paths_of_all_that_came_are_given(fs):
    data = tar(
        special("./", tarfile.DIRTYPE),
        ("./a/x", b""),
        special("d/", tarfile.DIRTYPE),
        special("l", tarfile.SYMTYPE, "a"),
    )

    assert fs.extract(data, "to") == ["/to/a/x", "/to/d", "/to/l"]


def test_one_file_is_an_archive_of_one_member(world):
    with tarfile.open(fileobj=io.BytesIO(joined(world.archive("/a/b.txt")))) as archive:
        assert [(member.name, member.size, member.mode) for member in archive] == [("b.txt", 13, 0o640)]


def test_an_empty_directory_is_an_empty_archive_that_makes_it_again(fs):
    fs.mkdir("/empty")

    for name in FORMATS:
        other = VirtualFileSystem()
        assert other.extract(joined(fs.archive("/empty", name)), "/there") == []
        assert other.listdir("/") == ["there"]


def test_a_link_leads_to_what_is_archived(world):
    world.symlink("/a", "/link")

    assert joined(world.archive("/link")) == joined(world.archive("/a"))


def test_bits_that_give_rights_are_not_unpacked(fs):
    fs.extract(tar(special("f", tarfile.REGTYPE, mode=0o6755)))

    assert fs.stat("/f").mode == 0o755


def test_a_missing_path_and_an_unknown_format_are_told_before_the_first_piece(system):
    with pytest.raises(NotFound):
        system.archive("/none")
    with pytest.raises(InvalidRequest, match=r"there are tar, tar\.gz, tar\.zst, zip"):
        system.archive("/", "rar")
    with pytest.raises(InvalidRequest, match=r"there are tar, tar\.gz, tar\.zst, zip"):
        system.extract(b"", format="rar")


EYES = {
    "owner": lambda fs: fs,
    "view": lambda fs: fs.view(VisibilityView()),
    "subtree": lambda fs: SubtreeView(fs, "/"),
    "read-only": ReadOnlyView,
}


@pytest.mark.parametrize("eyes", EYES)
def test_an_archive_is_of_one_moment(world, eyes):
    system = EYES[eyes](world)
    before = joined(system.archive())
    pieces = system.archive()
    first = next(pieces)
    world.remove("/a", recursive=True)
    world.write_file("/new", "new")
    world.set_policy("/big", NodePolicy(readable=False))

    assert first + joined(pieces) == before


def test_large_files_leave_without_a_copy(fs):
    content = bytes(MIB)
    fs.write_file("/big", content)

    assert any(piece is content for piece in fs.archive())


@pytest.mark.parametrize("format_name", FORMATS)
def test_memory_stays_flat_however_much_goes_out(format_name):
    fs = VirtualFileSystem()
    content = bytes(MIB)
    for number in range(64):
        fs.write_file(f"/{number}", content)
    tracemalloc.start()

    total = sum(len(piece) for piece in fs.archive("/", format_name))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (total > 0, peak < 8 * MIB) == (True, True)


def test_without_zstandard_the_extra_is_named(fs, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(compressing, "import_module", missing)

    with pytest.raises(Unsupported, match=r"jupyter-sandfs\[zstd\]"):
        fs.archive("/", "tar.zst")
    with pytest.raises(Unsupported, match=r"jupyter-sandfs\[zstd\]"):
        fs.extract(zstd.compress(tar()))


# ---------------------------------------------------------------- views and dynamic nodes


def test_a_view_archives_what_it_sees(world):
    world.set_policy("/a", NodePolicy(visibility="secret"))
    view = world.view(VisibilityView({"public"}))

    with tarfile.open(fileobj=io.BytesIO(joined(view.archive()))) as archive:
        names = archive.getnames()

    assert names == [
        ".",
        "big",
        "dangling",
        "zero",
        "empty",
        "empty/above the root",
        "empty/absolute",
        "empty/relative",
    ]
    with pytest.raises(NotFound):
        view.archive("/a")


LABEL = st.sampled_from(
    [None, NodePolicy(visibility="secret"), NodePolicy(), NodePolicy(principals=frozenset({"ann"}))]
)
NAMES = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3).map(lambda names: "/" + "/".join(names))


@given(st.dictionaries(NAMES, LABEL, max_size=6))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_an_archive_of_a_view_holds_exactly_what_the_view_lists(labels):
    fs = VirtualFileSystem()
    for path in labels:
        fs.write_file(f"{path}/{path[1:].replace('/', '-')}.txt", "content of " + path)
    for path, label in labels.items():
        fs.set_policy(path, label)
    view = fs.view(VisibilityView({"public"}))

    with tarfile.open(fileobj=io.BytesIO(joined(view.archive()))) as archive:
        archived = {f"/{member.name}" for member in archive if member.name != "."}

    assert archived == {
        f"{at.rstrip('/')}/{name}" for at, directories, names in view.walk() for name in (*directories, *names)
    }


def test_threads_pack_and_unpack_at_once(fs, look):
    data = tar(*((f"d{number % 7}/{number}", str(number).encode()) for number in range(200)))
    sizes, failures = [], []

    def work(number):
        try:
            for turn in range(5):
                fs.extract(data, f"/{number}/{turn}")
                sizes.append(len(joined(fs.archive(f"/{number}/{turn}"))))
                fs.extract(data, "/shared", overwrite=True)
        except Exception as error:  # noqa: BLE001  # told below, in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert (failures, len(set(sizes)), fs.stats().file_count) == ([], 1, 21 * 200)
    assert fs.version("/shared/d0/0") == 20
    look.check(fs)


def test_a_view_unpacks_only_where_it_may(world, look):
    world.set_policy("/a", NodePolicy(visibility="secret"))
    world.set_policy("/empty", NodePolicy(writable=False))
    view = world.view(VisibilityView({"public"}))
    before = look.everything(world)

    for name, error in [
        ("a", PermissionDenied),
        ("a/b.txt", PermissionDenied),
        ("a/new", PermissionDenied),
        ("empty/x", ReadOnly),
    ]:
        with pytest.raises(error):
            view.extract(tar(("first", b""), (name, b"")), overwrite=True)
        assert look.everything(world) == before


def test_a_read_only_view_archives_and_does_not_unpack(world):
    view = ReadOnlyView(world)

    assert joined(view.archive()) == joined(world.archive())
    with pytest.raises(ReadOnly):
        view.extract(tar())


def test_what_may_not_be_read_is_not_archived(world):
    world.set_policy("/a/b.txt", NodePolicy(readable=False))

    with pytest.raises(PermissionDenied):
        world.archive()
    with pytest.raises(PermissionDenied):
        joined(world.view(VisibilityView()).archive())


SEEN_BY = {
    "owner": lambda fs: fs,
    "view": lambda fs: fs.view(VisibilityView()),
    "subtree": lambda fs: SubtreeView(fs, "/"),
}


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_dynamic_nodes_are_left_out_or_computed(fs, eyes):
    below = ProvidedNode.directory({"z": ProvidedNode.file("z")})
    fs.write_file("/f", "f")
    fs.mount_file("/p", lambda _: "computed")
    fs.mount_directory("/q", lambda _: {"x": ProvidedNode.file("x"), "y": below})
    system, other = SEEN_BY[eyes](fs), VirtualFileSystem()

    assert other.extract(joined(system.archive())) == ["/f"]
    other.extract(joined(system.archive(materialize=True)), overwrite=True)
    assert {path: other.read_text(path) for path in ("/f", "/p", "/q/x", "/q/y/z")} == {
        "/f": "f",
        "/p": "computed",
        "/q/x": "x",
        "/q/y/z": "z",
    }
    for path in ("/p", "/q"):
        with pytest.raises(InvalidRequest, match="materialize=True"):
            system.archive(path)
    assert other.extract(joined(system.archive("/q/y")), "/static") == ["/static/z"]


def test_a_provider_that_fails_ends_the_archive(fs):
    fs.mount_file("/p", lambda _: 1 / 0)

    with pytest.raises(ProviderError):
        joined(fs.archive(materialize=True))


def test_providers_can_not_go_on_for_ever():
    fs = VirtualFileSystem(limits=Limits(nodes=50))

    def more(_):
        return {
            "x": ProvidedNode.directory(directory_provider=more),
            "y": ProvidedNode.directory(directory_provider=more),
        }

    fs.mount_directory("/q", more)

    with pytest.raises(LimitExceeded):
        joined(fs.archive(materialize=True))


# ---------------------------------------------------------------- from outside


ESCAPES = ["../x", "a/../../x", "/x", "//x", "a/..", "..", "\\x", "..\\x", "a\\..\\..\\x", "C:\\x", "/", "/etc/passwd"]
NOT_UTF8 = tar(("\udcff", b""), format=tarfile.GNU_FORMAT, errors="surrogateescape")
ENCRYPTED = bytearray(zipped((zip_info("f", 0o644), b"x")))
ENCRYPTED[ENCRYPTED.index(b"PK\1\2") + 8] |= 1
LINK, HARD_LINK = tarfile.SYMTYPE, tarfile.LNKTYPE
HOSTILE = {
    **{f"name {name!r}": (tar(("ok", b""), (name, b"")), InvalidArchive) for name in ESCAPES},
    **{f"zip name {name!r}": (zipped(("ok", b""), (name, b"")), InvalidArchive) for name in ESCAPES if name != "/"},
    "a name that is not UTF-8": (NOT_UTF8, InvalidArchive),
    "an empty name": (tar(("", b"")), InvalidArchive),
    "a link out": (tar(special("l", LINK, "../x")), InvalidArchive),
    "a link out from a directory": (tar(special("a/l", LINK, "../../x")), InvalidArchive),
    "a link out and in again": (tar(special("l", LINK, "../to/x")), InvalidArchive),
    "an absolute link": (tar(special("l", LINK, "/etc/passwd")), InvalidArchive),
    "a link with a backslash": (tar(special("l", LINK, "..\\x")), InvalidArchive),
    "a link to nothing": (tar(special("l", LINK, "")), InvalidArchive),
    "a write through a link": (tar(special("l", LINK, "."), ("l/x", b"")), NotADirectory),
    "a link over a directory": (tar(("d/x", b""), special("d", LINK, ".")), SandfsError),
    "a hard link out": (tar(special("h", HARD_LINK, "../x")), InvalidArchive),
    "an absolute hard link": (tar(special("h", HARD_LINK, "/mine")), InvalidArchive),
    "a hard link to what is there already": (tar(special("h", HARD_LINK, "mine")), InvalidArchive),
    "a hard link to what comes later": (tar(special("h", HARD_LINK, "f"), ("f", b"")), InvalidArchive),
    "a hard link to a link": (
        tar(special("l", LINK, "f"), special("h", HARD_LINK, "l")),
        InvalidArchive,
    ),
    "a device": (tar(special("d", tarfile.CHRTYPE)), InvalidArchive),
    "a block device": (tar(special("d", tarfile.BLKTYPE)), InvalidArchive),
    "a pipe": (tar(special("d", tarfile.FIFOTYPE)), InvalidArchive),
    "an unknown kind": (tar(special("d", b"Z")), InvalidArchive),
    "a sparse file": (tar(special("d", tarfile.GNUTYPE_SPARSE)), InvalidArchive),
    "a sparse file by pax": (tar(special("d", tarfile.REGTYPE, pax_headers={"GNU.sparse.size": "9"})), InvalidArchive),
    "two files of one name": (tar(("f", b"1"), ("f", b"2")), InvalidArchive),
    "two ways to one name": (tar(("a/f", b"1"), ("./a//f", b"2")), InvalidArchive),
    "a file and a directory of one name": (tar(("f", b"1"), special("f", tarfile.DIRTYPE)), InvalidArchive),
    "a file below a file": (tar(("f", b"1"), ("f/g", b"2")), NotADirectory),
    "a directory with content": (tar(special("d", tarfile.DIRTYPE, size=512)), InvalidArchive),
    "an encrypted member": (ENCRYPTED, InvalidArchive),
    "a zip link out": (zipped((zip_info("l", stat.S_IFLNK | 0o777), b"../x")), InvalidArchive),
    "a zip link that says too much": (zipped((zip_info("l", stat.S_IFLNK | 0o777), b"x" * 4097)), InvalidArchive),
    "a zip device": (zipped((zip_info("l", stat.S_IFCHR | 0o777), b"")), InvalidArchive),
    "two zip members of one name": (zipped(("./f", b"1"), ("f", b"2")), InvalidArchive),
    "a zip method that is not read": (zipped((zip_info("f", 0o644, compress_type=14), b"x")), InvalidArchive),
    "nothing at all": (b"", InvalidArchive),
    "text": (b"hello" * 1000, InvalidArchive),
    "a compressed text": (gzip.compress(b"hello" * 1000), InvalidArchive),
    "a tar compressed twice": (gzip.compress(gzip.compress(tar(("f", b"1")))), InvalidArchive),
    "a zip in a tar's clothes": (gzip.compress(zipped(("f", b"1"))), InvalidArchive),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_is_refused_before_anything_changes(fs, look, name):
    fs.write_file("/to/mine", "mine")
    fs.write_file("/etc/passwd", "mine too")
    before = look.everything(fs)
    data, error = HOSTILE[name]

    with pytest.raises(error):
        fs.extract(data, "/to", overwrite=True)

    assert look.everything(fs) == before


def test_a_link_of_the_sandbox_is_not_written_through(fs, look):
    fs.write_file("/outside/f", "mine")
    fs.symlink("/outside", "/to/l")
    fs.symlink("/outside/f", "/to/k")
    before = look.everything(fs)

    with pytest.raises(InvalidPath, match="leads through a link"):
        fs.extract(tar(("l/f", b"theirs")), "/to", overwrite=True)
    assert look.everything(fs) == before

    fs.extract(tar(("k", b"theirs")), "/to", overwrite=True)
    assert (fs.read_text("/to/k"), fs.read_text("/outside/f")) == ("theirs", "mine")


def test_the_destination_may_be_a_link(fs):
    fs.mkdir("/real")
    fs.symlink("/real", "/link")

    assert fs.extract(tar(("f", b"")), "/link") == ["/real/f"]


def test_files_that_are_there_are_replaced_only_if_asked(fs):
    fs.write_file("/f", "old")

    with pytest.raises(AlreadyExists):
        fs.extract(tar(("a", b""), ("f", b"new")))
    assert (fs.listdir("/"), fs.read_text("/f")) == (["f"], "old")

    fs.extract(tar(("a", b""), ("f", b"new")), overwrite=True)
    assert fs.read_text("/f") == "new"


def test_a_hard_link_to_an_earlier_file_is_a_copy_of_it(fs):
    fs.extract(tar(("d/f", b"content"), special("h", tarfile.LNKTYPE, "./d/f")), "/to")

    assert fs.read_text("/to/h") == "content"


@pytest.mark.parametrize("format_name", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_archives_of_other_tools_are_read(fs, format_name):
    long = "d/" * 20 + "n" * 90
    link = special("l", tarfile.SYMTYPE, "x" * (90 if format_name == tarfile.USTAR_FORMAT else 200), mtime=12)
    data = tar((long, b"1"), link, special("d/", tarfile.DIRTYPE), format=format_name)

    fs.extract(data)

    assert (fs.read_text("/" + long), fs.readlink("/l"), fs.stat("/l", follow=False).modified_ns) == (
        "1",
        link.linkname,
        12 * SECOND,
    )


def test_a_zip_of_dos_has_usual_modes_and_its_times(fs):
    info = zipfile.ZipInfo("d/f", (1999, 12, 31, 23, 59, 58))
    info.create_system, info.external_attr = 0, 0x20

    fs.extract(zipped((info, b"x")))

    found = fs.stat("/d/f")
    assert (found.mode, found.modified_at.isoformat()) == (0o644, "1999-12-31T23:59:58+00:00")


# ---------------------------------------------------------------- damaged


@pytest.mark.parametrize("format_name", FORMATS)
def test_an_archive_cut_off_anywhere_is_refused(world, format_name):
    data = joined(world.archive("/a", format_name))
    end = len(data) - (512 if format_name == "tar" else 0)  # one block of zeros ends a tar as two do

    for size in [*range(0, end, 97), end - 1]:
        other = VirtualFileSystem()
        with pytest.raises(InvalidArchive):
            other.extract(data[:size])
        assert other.listdir("/") == []


def test_a_tar_without_its_end_is_cut_off(fs):
    data = tar(("f", b"x"))[: 2 * 512]

    with pytest.raises(InvalidArchive, match="cut off"):
        fs.extract(data)


@pytest.mark.parametrize("format_name", ["tar.gz", "tar.zst", "zip"])
def test_a_flipped_bit_is_noticed(fs, format_name):
    fs.write_file("/f", b"".join(hashlib.sha256(bytes([number])).digest() for number in range(200)))
    data = bytearray(joined(fs.archive("/f", format_name)))
    data[len(data) // 2] ^= 1

    with pytest.raises(SandfsError):
        VirtualFileSystem().extract(bytes(data))


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_several_compressed_streams_in_a_row_are_one(fs, compress):
    data = tar(("f", b"x" * 10_000))

    fs.extract(b"".join(compress(data[i : i + 1000]) for i in range(0, len(data), 1000)))

    assert fs.stat("/f").size == 10_000


@pytest.mark.parametrize("more", [b"x", tar(("g", b""))])
def test_what_follows_the_end_is_refused(fs, more):
    with pytest.raises(InvalidArchive, match="something follows its end"):
        fs.extract(tar(("f", b"")) + more)
    assert fs.listdir("/") == []


def test_padding_is_bounded(fs):
    with pytest.raises(LimitExceeded):
        fs.extract(tar() + bytes(2 * MIB))


CHUNK = st.sampled_from(
    [
        b"\0" * 8,
        b"0000644\0",
        b"7777777\0",
        b"ustar\0",
        b"x",
        b"5",
        b"2",
        b"../",
        b"\xff" * 4,
        b"\x80",
        b"PK\1\2",
        b"PK\3\4",
    ]
)


@given(st.sampled_from(sorted(FORMATS)), st.lists(st.tuples(st.floats(0, 0.999), CHUNK), min_size=1, max_size=4))
@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_damaged_archive_is_refused_with_an_error_of_ours_or_harmless(look, format_name, damages):
    source = VirtualFileSystem()
    source.write_file("/d/f", "content")
    source.symlink("f", "/d/l")
    source.write_file("/ü", "pax")
    data = bytearray(joined(source.archive("/", format_name)))
    for place, chunk in damages:
        at = int(place * len(data))
        data[at : at + len(chunk)] = chunk
    fs = VirtualFileSystem(limits=Limits(total_bytes=10_000_000))
    fs.mkdir("/to")
    fs.write_file("/mine", "mine")

    try:
        made = fs.extract(bytes(data), "/to")
    except SandfsError:
        assert fs.listdir("/to") == []
    else:
        assert all(path.startswith("/to/") for path in made)
    assert (sorted(fs.listdir("/")), fs.read_text("/mine")) == (["mine", "to"], "mine")
    look.check(fs)


# ---------------------------------------------------------------- too much


@pytest.fixture
def small():
    return VirtualFileSystem(limits=Limits(total_bytes=1000, file_bytes=600, nodes=10, depth=4))


@pytest.mark.parametrize("make", [tar, zipped], ids=["tar", "zip"])
def test_limits_are_kept_before_anything_changes(small, make):
    for members, error in [
        ([("f", bytes(601))], FileTooLarge),
        ([("f", bytes(600)), ("g", bytes(401))], LimitExceeded),
        ([(str(number), b"") for number in range(11)], LimitExceeded),
        ([(str(number), b"") for number in range(10)], NoSpace),
        ([("a/b/c/d/e", b"")], LimitExceeded),
    ]:
        with pytest.raises(error):
            small.extract(make(*members))
        assert small.listdir("/") == []


def test_a_header_that_claims_much_takes_no_memory(fs):
    lying = tar(special("f", tarfile.REGTYPE))
    claim = tarfile.TarInfo("f")
    claim.size = 2 << 30
    tracemalloc.start()

    with pytest.raises(InvalidArchive, match="cut off"):
        fs.extract(claim.tobuf() + lying[512:])

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MIB


def test_an_extended_header_is_bounded(fs):
    claim = special("././@PaxHeader", tarfile.XHDTYPE, size=2 * MIB).tobuf(tarfile.USTAR_FORMAT)

    with pytest.raises(LimitExceeded):
        fs.extract(claim + bytes(4 * MIB))


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_a_bomb_is_put_out_early(compress):
    fs = VirtualFileSystem(limits=Limits(archive_ratio=10))
    zeros = bytes(MIB)
    header = special("f", tarfile.REGTYPE, size=1 << 30).tobuf()
    bomb = compress(header) + compress(zeros) * 1024
    tracemalloc.start()

    with pytest.raises(LimitExceeded, match="archive_ratio"):
        fs.extract(bomb)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (peak < 200 * MIB, fs.listdir("/")) == (True, [])


def test_a_zip_bomb_is_put_out_before_it_is_read():
    fs = VirtualFileSystem(limits=Limits(archive_ratio=10))
    bomb = zipped(*((str(number), bytes(8 * MIB)) for number in range(9)))

    with pytest.raises(LimitExceeded, match="archive_ratio"):
        fs.extract(bomb)


def test_zip_members_that_share_their_bytes_are_refused(fs):
    data = zipped(("a", b"x" * 100), ("b", b"x" * 100))
    at = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1) + 42
    overlapping = data[:at] + struct.pack("<L", 0) + data[at + 4 :]

    with pytest.raises(InvalidArchive, match="overlaps"):
        fs.extract(overlapping)


@pytest.mark.parametrize("lie", [0, 1, 5000])
def test_a_zip_header_that_lies_about_a_size_is_refused(fs, lie):
    data = zipped(("a", b"x" * 1000))
    at = data.index(b"PK\1\2") + 24

    with pytest.raises(InvalidArchive):
        fs.extract(data[:at] + struct.pack("<L", lie) + data[at + 4 :])
    assert fs.listdir("/") == []


def test_zip_entries_are_counted_before_they_are_read(monkeypatch):
    fs = VirtualFileSystem(limits=Limits(nodes=100))
    data = zipped(*((str(number), b"") for number in range(101)))

    monkeypatch.setattr(zipfile, "ZipInfo", None)
    with pytest.raises(LimitExceeded):
        fs.extract(data)


@pytest.mark.parametrize("stream", ["text", 7, None, ["text"], io.StringIO("text")])
def test_what_gives_no_bytes_is_refused(fs, stream):
    with pytest.raises(InvalidRequest, match="an archive is bytes"):
        fs.extract(stream)
