from __future__ import annotations

import io
import socket
import threading

import pytest
from urllib3.exceptions import ProtocolError

from jupyter_sandfs import errors
from jupyter_sandfs.filestore import LocalFileStore, open_file_store
from jupyter_sandfs.filestore.remote import RemoteFileStore

MIB = 1 << 20


@pytest.fixture
def local(tmp_path, clock):
    with LocalFileStore(tmp_path / "far", clock=clock) as store:
        yield store


@pytest.fixture
def url(jupyter, local) -> str:
    return jupyter.mount(local)


@pytest.fixture
def remote(url, jupyter) -> RemoteFileStore:
    with RemoteFileStore(url, token=jupyter.token) as store:
        yield store


def test_the_url_of_a_server_is_the_url_of_its_store(jupyter):
    with open_file_store(jupyter.url.replace("//", "//:the%20token%20of%20the%20server@") + "sandfs") as store:
        info = store.put("files/over-http", b"1")

        assert store.list("files/over").items == (info,)


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "https:///sandfs",
        "http://user:secret@h/sandfs",
        "http://h/sandfs?token=secret",
        "http://h/sandfs#x",
        "http://:secret@h:port/sandfs",
    ],
)
def test_a_url_that_names_no_server_is_refused_without_repeating_it(url):
    with pytest.raises(errors.InvalidRequest) as caught:
        open_file_store(url)

    assert "secret" not in str(caught.value)


def test_a_tenant_is_for_the_server_to_know():
    with pytest.raises(errors.InvalidRequest):
        open_file_store("http://h/sandfs", tenant="someone")


@pytest.mark.parametrize(
    ("path", "token", "said"),
    [
        ("sandfs", None, "the server refuses the token, or it is missing"),
        ("sandfs", "wrong", "the server refuses the token, or it is missing"),
        ("elsewhere", "the token of the server", "there is no jupyter_sandfs at this URL"),
    ],
)
def test_a_server_that_does_not_let_us_in_is_explained(jupyter, path, token, said):
    with RemoteFileStore(jupyter.url + path, token=token) as store, pytest.raises(errors.StoreError, match=said):
        store.usage()


def test_a_server_that_is_not_there_is_said_so_without_arguments(free_port):
    store = RemoteFileStore(f"http://127.0.0.1:{free_port()}/sandfs", token="secret")

    with pytest.raises(errors.StoreError) as caught:
        store.put("files/confidential", b"1")

    assert str(caught.value) == "the server of the store does not answer: NewConnectionError"


def test_the_token_does_not_follow_a_redirection(free_port):
    asked: list[bytes] = []

    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            asked.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=answer, args=(listener,))
        server.start()
        store = RemoteFileStore(f"http://127.0.0.1:{listener.getsockname()[1]}/sandfs", token="t")
        with pytest.raises(errors.StoreError, match=r"^the server answers with status 302$"):
            store.usage()
        server.join(10)

    assert len(asked) == 1


def test_a_large_body_goes_in_pieces_and_leaves_nothing_when_it_breaks_off(remote, local):
    def breaking():
        yield bytes(17 * MIB)
        raise ConnectionResetError

    info = remote.put("files/large", io.BytesIO(bytes(17 * MIB)), size=17 * MIB)
    with pytest.raises(ConnectionResetError):
        remote.put("files/broken", breaking())

    assert (info.size_bytes, local.usage().file_count, local.usage().reserved_bytes) == (17 * MIB, 1, 0)


def test_seeking_after_an_overwrite_goes_on_in_the_older_version(remote):
    remote.put("files/a", b"0123456789")

    with remote.open("files/a") as reader:
        reader.read(2)
        remote.put("files/a", b"abcdefghij")
        reader.seek(5)

        assert reader.read() == b"56789"


def test_seeking_after_a_deletion_is_refused_rather_than_mixed(remote):
    remote.put("files/a", b"0123456789")

    with remote.open("files/a") as reader:
        reader.read(2)
        remote.delete("files/a")
        remote.put("files/a", b"abcdefghij")
        reader.seek(5)
        with pytest.raises(errors.StoreError, match=r"^files/a: it was replaced or deleted while it was read$"):
            reader.read()


def test_a_link_is_the_url_where_the_server_takes_it(remote, url, local):
    link = remote.sign("GET", "files/a", expires=60)

    assert link.startswith(f"{url}/v1/signed/")
    assert local.verify("GET", link.rpartition("/")[2]) == ("files/a", None)
    assert remote.verify("GET", link) == ("files/a", None)


@pytest.fixture
def unreliable(url, jupyter):
    """A store behind a connection that is cut where a test says so, and what was cut."""
    store = RemoteFileStore(url, token=jupyter.token)
    pool, cut = store._open_link._pool, []
    original = pool.request

    def request(method, url, **kwargs):
        place = {"before": "before" in cut, "after": "after" in cut} if method == "POST" and "/bodies" in url else {}
        if place.get("before"):
            cut.remove("before")
            raise ProtocolError("connection broken before the request")
        response = original(method, url, **kwargs)
        if place.get("after"):
            cut.remove("after")
            response.close()
            raise ProtocolError("connection broken before the answer")
        return response

    pool.request = request
    return store, cut


@pytest.mark.parametrize("where", [["before"], ["after"], ["before", "after"]])
def test_a_piece_whose_answer_is_lost_is_sent_once(unreliable, where):
    store, cut = unreliable
    upload = store.begin_upload("files/u")
    upload.append(b"abc", 0)
    cut.extend(where)

    end = upload.append(b"def", 3)

    assert (end, cut, upload.commit().size_bytes, store.get("files/u")) == (6, [], 6, b"abcdef")


def test_a_piece_that_never_arrives_is_given_up(unreliable):
    store, cut = unreliable
    upload = store.begin_upload("files/u")
    cut.extend(["before"] * 3)

    with pytest.raises(errors.StoreError, match=r"^the server of the store does not answer: ProtocolError$"):
        upload.append(b"abc", 0)
    assert upload.offset == 0


def test_an_upload_goes_on_from_another_process(remote, url, jupyter):
    upload = remote.begin_upload("files/u", length=6)
    upload.append(b"abc", 0)

    with RemoteFileStore(url, token=jupyter.token) as other:
        resumed = other.resume_upload(upload.upload_id)
        resumed.append(b"def", resumed.offset)
        resumed.commit()

    assert remote.get("files/u") == b"abcdef"
