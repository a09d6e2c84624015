"""The whole file system under many threads at once."""

from __future__ import annotations

import threading
from contextlib import suppress

from jupyter_sandfs.errors import SandfsError, VersionConflict
from jupyter_sandfs.vfs.batch import Item


def work(fs, number, errors):
    try:
        for index in range(60):
            path = f"/{number % 3}/{index % 7}"
            tried_quietly(fs.write_file, path, f"{number}-{index}")
            tried_quietly(fs.append_file, "/log", "x")
            tried_quietly(fs.read_bytes, path)
            tried_quietly(fs.move, path, f"/{(number + 1) % 3}/moved", overwrite=True)
            tried_quietly(fs.copy, f"/{number % 3}", f"/copies/{number}", overwrite=True)
            tried_quietly(fs.remove, f"/copies/{number}", recursive=True)
            tried_quietly(fs.ls, "/0")
    except BaseException as error:  # noqa: BLE001  # told to the test, whatever it is
        errors.append(error)


def tried_quietly(call, *args, **options):
    with suppress(SandfsError):
        call(*args, **options)


def test_eight_threads_leave_a_sound_tree_and_sound_snapshots(fs, look):
    errors, snapshots = [], []
    threads = [threading.Thread(target=work, args=(fs, number, errors)) for number in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and len(snapshots) < 200:
        snapshots.append(fs.snapshot())
        threads[len(snapshots) % 8].join(0.001)
    for thread in threads:
        thread.join(60)

    assert (errors, len(fs.read_bytes("/log"))) == ([], 8 * 60)
    look.check(fs)
    for then in snapshots[::20]:
        fs.restore(then)
        look.check(fs)
        assert fs.stats() == then.stats


def test_no_snapshot_and_no_reader_of_a_moment_sees_half_of_a_step(fs):
    """Eight threads keep two files of a folder the same, in one step each time; who looks at a moment sees them so."""
    pairs = [(f"/{number}/one", f"/{number}/two") for number in range(8)]
    for pair in pairs:
        fs.write_many([Item(path, b"") for path in pair])
    done, different = threading.Event(), []

    def keep_the_same(pair):
        for index in range(80):
            fs.write_many([Item(path, b"%d" % index) for path in pair], overwrite=True)
            with fs.transaction():
                fs.append_file(pair[0], "!")
                fs.append_file(pair[1], "!")

    def look():
        last = False
        while not last:
            last = done.is_set()
            moment = fs.at(fs.snapshot())
            for one, two in pairs:
                kept = moment.read_bytes(one).rstrip(b"!"), moment.read_bytes(two).rstrip(b"!")
                if kept[0] != kept[1]:
                    different.append(kept)

    writers = [threading.Thread(target=keep_the_same, args=(pair,)) for pair in pairs]
    reader = threading.Thread(target=look)
    for thread in (*writers, reader):
        thread.start()
    for thread in writers:
        thread.join(60)
    done.set()
    reader.join(60)

    assert (different, [fs.read_text(path) for pair in pairs for path in pair]) == ([], ["79!"] * 16)


def test_of_threads_that_expect_the_same_version_one_wins_each_time(fs):
    fs.write_file("/n", "0")

    def add():
        done = 0
        while done < 25:
            version = fs.version("/n")
            number = int(fs.read_text("/n"))
            try:
                fs.write_file("/n", str(number + 1), expected_version=version)
                done += 1
            except VersionConflict:
                continue

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert fs.version("/n") == 101
