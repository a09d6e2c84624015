"""Redis: conflicts, lost answers, and what is said when it can't be used."""

from __future__ import annotations

import pytest
import redis

from jupyter_sandfs.errors import InvalidRequest, StorageError, StorageLocked
from jupyter_sandfs.storage import FileEntry
from jupyter_sandfs.storage.redis import RedisFileStorage


@pytest.fixture
def client(redis_socket):
    with redis.Redis(unix_socket_path=str(redis_socket)) as made:
        yield made


@pytest.fixture
def storage(redis_url):
    with RedisFileStorage(redis_url) as made:
        yield made


@pytest.fixture
def other(redis_url, storage):
    """A storage of another kernel under the same name."""
    with RedisFileStorage(redis_url) as made:
        yield made


def key(storage, part, path=""):
    return f"sandfs:{{{storage._name}}}:{part}{path}"


def test_whoever_writes_second_is_refused(storage, other):
    storage.set(FileEntry(path="/a", content=b"first"))

    with pytest.raises(StorageLocked, match=r"another kernel has changed .* since it was opened here"):
        other.apply([FileEntry(path="/b")], ["/a"])
    assert [each.content for each in storage.items()] == [b"first"]
    storage.set(FileEntry(path="/a", content=b"goes on"))


def test_whoever_writes_between_a_look_and_the_change_is_noticed(storage, other, monkeypatch):
    def meanwhile(pipe, entry):
        other.set(FileEntry(path="/theirs"))
        return original(pipe, entry)

    storage.set(FileEntry(path="/a", content=b"1"))
    other._sequence = storage._sequence
    original = storage._cut
    monkeypatch.setattr(storage, "_cut", meanwhile)
    monkeypatch.setattr(other, "_writer", storage._writer)

    with pytest.raises(StorageLocked):
        storage.set(FileEntry(path="/a", content=b"2", start=1))
    assert [(each.path, each.content) for each in other.items()] == [("/a", b"1"), ("/theirs", b"")]


def test_a_listing_that_somebody_changes_under_way_is_given_up(storage, other):
    storage.set_many(FileEntry(path=f"/{number:03}") for number in range(100))
    listing = storage.items()
    next(listing)
    storage.set(FileEntry(path="/another"))

    with pytest.raises(StorageLocked):
        list(listing)


def test_a_change_whose_answer_was_lost_can_be_repeated(storage, monkeypatch):
    def lost(pipe, *args, **options):
        original(pipe, *args, **options)
        raise redis.ConnectionError("connection reset")

    storage.set(FileEntry(path="/log", content=b"one"))
    original = redis.client.Pipeline.execute
    with monkeypatch.context() as patch:
        patch.setattr(redis.client.Pipeline, "execute", lost)
        with pytest.raises(StorageError, match="Redis: connection reset"):
            storage.set(FileEntry(path="/log", content=b"two", start=3))
    storage.set(FileEntry(path="/log", content=b"two", start=3))

    assert storage.get("/log").content == b"onetwo"


def test_names_are_apart(redis_url, storage):
    storage.set(FileEntry(path="/a"))

    with RedisFileStorage(redis_url + "x") as neighbour:
        assert neighbour.count() == 0


def test_a_deleted_entry_leaves_no_key(client, storage):
    storage.set_many([FileEntry(path="/a", content=b"x"), FileEntry(path="/b", content=b"y")])
    storage.clear()

    assert [name.decode() for name in client.keys(key(storage, "*"))] == [key(storage, "head")]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda client, at: client.hset(at("facts"), "/a", "{"), "damaged"),
        (lambda client, at: client.hset(at("facts"), "/a", '{"path":"/b"}'), "what stands under '/a' is another entry"),
        (lambda client, at: client.hdel(at("content:/a"), "0"), "the content of '/a' is not whole"),
        (lambda client, at: client.hset(at("content:/a"), "9", "x"), "the content of '/a' is not whole"),
        (lambda client, at: client.hdel(at("sizes"), "/a"), "the content of '/a' is not whole"),
        (lambda client, at: client.hset(at("content:/a"), "x", "x"), "Redis: invalid literal"),
        (lambda client, at: client.zadd(at("paths"), {b"/\xff": 0}), "Redis: 'utf-8' codec"),
        (lambda client, at: (client.delete(at("paths")), client.set(at("paths"), "x")), "WRONGTYPE"),
    ],
)
def test_what_somebody_damaged_is_refused(client, storage, damage, message):
    storage.set(FileEntry(path="/a", content=b"content"))
    damage(client, lambda part: key(storage, part))

    with pytest.raises(StorageError, match=message):
        list(storage.items())


@pytest.mark.parametrize("head", [{"number": "2"}, {"sequence": "1"}])
def test_a_name_in_another_format_is_refused(client, storage, redis_url, head):
    client.hset(key(storage, "head"), mapping=head)

    with pytest.raises(StorageError, match="in a format of another release"):
        RedisFileStorage(redis_url)


def test_a_server_that_is_not_there_is_named_without_the_password(tmp_path):
    with pytest.raises(StorageError, match=r"^Redis: ") as caught:
        RedisFileStorage(f"redis+unix://:secret@{tmp_path}/none")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["redis://h/0?socket_timeout=1", "redis://h/#x", "redis://h:port/0", "redis://h?name={x}", "redis://h/x/y"]
)
def test_a_url_that_says_something_else_is_refused(url):
    with pytest.raises(InvalidRequest):
        RedisFileStorage(url)


@pytest.mark.parametrize("name", ["", "{x}", "}"])
def test_a_name_that_no_key_can_hold_is_refused(name):
    with pytest.raises(InvalidRequest, match="the name of a Redis storage"):
        RedisFileStorage("redis://h/0", name=name)
