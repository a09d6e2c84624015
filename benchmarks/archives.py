"""What it costs to put a tree into an archive and to take it out again, beside the standard library in the same run.

    python benchmarks/archives.py [FILES]

Microseconds of CPU time a file of 200 bytes, 100 of them in a directory, best of three.
"""

from __future__ import annotations

import gc
import io
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable

from jupyter_sandfs.vfs.archives.archive import FORMATS
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem


def best(count: int, call: Callable[[], object]) -> float:
    """Microseconds a file."""
    times = []
    for _ in range(3):
        gc.collect()
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times) / count * 1e6


def tree(count: int) -> VirtualFileSystem:
    fs = VirtualFileSystem()
    for number in range(count):
        fs.write_bytes(f"/d{number // 100:05}/file{number % 100:03}.txt", b"%200d" % number)
    return fs


def library_dump(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def library_load(data: bytes) -> VirtualFileSystem:
    fs = VirtualFileSystem()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            if member.isreg():
                fs.write_bytes(f"/{member.name}", archive.extractfile(member).read())  # type: ignore[union-attr]
    return fs


def library_load_zip(data: bytes) -> VirtualFileSystem:
    fs = VirtualFileSystem()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if not name.endswith("/"):
                fs.write_bytes(f"/{name}", archive.read(name))
    return fs


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    fs = tree(count)
    files = {path[1:]: fs.read_bytes(path) for path in fs.glob("/**/*.txt")}
    print(f"{count} files, Python {sys.version.split()[0]}; microseconds a file")
    print(f"{'':24}{'dump':>8}{'load':>8}")
    for name in FORMATS:
        data = b"".join(fs.archive("/", name))
        out = best(count, lambda name=name: [None for _ in fs.archive("/", name)])
        into = best(count, lambda data=data: VirtualFileSystem().extract(data))
        print(f"{name:24}{out:8.2f}{into:8.2f}")
    plain = library_dump(files)
    print(f"{'tarfile and write_bytes':24}{best(count, lambda: library_dump(files)):8.2f}", end="")
    print(f"{best(count, lambda: library_load(plain)):8.2f}")
    packed = b"".join(fs.archive("/", "zip"))
    print(f"{'zipfile and write_bytes':24}{'':8}{best(count, lambda: library_load_zip(packed)):8.2f}")
    stream = b"".join(fs.tarball("tar.zst", {}))
    out = best(count, lambda: [None for _ in fs.tarball("tar.zst", {})])
    print(f"{'workspace, tar.zst':24}{out:8.2f}{best(count, lambda: _loaded(stream)):8.2f}")


def _loaded(stream: bytes) -> None:
    from jupyter_sandfs.vfs.archives import tarball  # noqa: PLC0415 (beside what it is compared with)

    fs = VirtualFileSystem()
    fs.adopt(tarball.read(stream, fs.limits))


if __name__ == "__main__":
    main()
