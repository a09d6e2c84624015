"""Clients that know nothing of us, on both sides of the same bucket."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest

from jupyter_sandfs.errors import ObjectNotFound, Unsupported, VersionConflict
from jupyter_sandfs.filestore import FileStore, open_file_store

BODY = b"id,name\n1,\xc3\xa4\n" * 1000


class S3Client:
    """boto3, below the prefix of the store."""

    headers: dict[str, str] = {}  # noqa: RUF012  constant

    def __init__(self, s3, url: str) -> None:
        self._client, self._prefix = s3.client, urlsplit(url).path.strip("/")

    def get(self, path: str) -> bytes:
        return self._client.get_object(Bucket="staging", Key=f"{self._prefix}/{path}")["Body"].read()

    def put(self, path: str, body: bytes) -> None:
        self._client.put_object(Bucket="staging", Key=f"{self._prefix}/{path}", Body=body)


class AzureClient:
    """azure-storage-blob, below the prefix of the store."""

    headers = {"x-ms-blob-type": "BlockBlob"}  # noqa: RUF012  constant

    def __init__(self, azure, url: str) -> None:
        self._client, self._prefix = azure.client, urlsplit(url).path.strip("/")

    def get(self, path: str) -> bytes:
        return self._client.get_blob_client("staging", f"{self._prefix}/{path}").download_blob().readall()

    def put(self, path: str, body: bytes) -> None:
        self._client.get_blob_client("staging", f"{self._prefix}/{path}").upload_blob(body)


@pytest.fixture(params=["s3", "azure"])
def service(request):
    """A store, and a stock client of the same service."""
    url = request.getfixturevalue(f"{request.param}_url")
    kinds = {"s3": S3Client, "azure": AzureClient}
    with open_file_store(url) as store:
        yield store, kinds[request.param](request.getfixturevalue(request.param), url)


def fetch(method: str, url: str, body: bytes | None = None, headers=()) -> tuple[bytes, dict[str, str]]:
    request = urllib.request.Request(url, body, {"Content-Type": "text/csv", **dict(headers)}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read(), dict(answer.headers)


def test_a_stock_client_reads_what_we_put(service):
    store, client = service
    store.put("files/data.csv", BODY, metadata={"m": "1"})

    document = json.loads(client.get("t-/names/files/data.csv"))

    assert client.get(f"t-/bodies/{document['commit']}") == BODY
    assert (document["sha256"], document["type"], document["metadata"]) == (
        hashlib.sha256(BODY).hexdigest(),
        "text/csv",
        {"m": "1"},
    )


def test_we_read_what_a_stock_client_puts(service):
    store, client = service
    client.put("t-/incoming/files/data.csv", BODY)

    assert store.get("files/data.csv") == BODY
    assert store.head("files/data.csv").checksum == f"sha256:{hashlib.sha256(BODY).hexdigest()}"


def test_a_link_gives_the_file_to_those_without_credentials(service):
    store, _ = service
    store.put("files/data ä.csv", BODY)

    body, headers = fetch("GET", store.sign("GET", "files/data ä.csv", expires=60))

    assert body == BODY
    assert {name.lower(): value for name, value in headers.items()}["content-disposition"] == (
        "attachment; filename*=UTF-8''data%20%C3%A4.csv"
    )


def test_a_link_lets_those_without_credentials_put_one_new_file(service):
    store, client = service
    link = store.sign("PUT", "files/new.csv", expires=60)
    before = store.exists("files/new.csv")

    fetch("PUT", link, BODY, client.headers)

    assert (before, store.get("files/new.csv"), store.usage().total_bytes) == (False, BODY, len(BODY))


@pytest.mark.parametrize("service", ["azure"], indirect=True)  # moto takes any signature
def test_a_link_is_good_for_its_method_and_its_place_only(service):
    store, _ = service
    store.put("files/a", BODY)
    link = store.sign("GET", "files/a", expires=60)

    for method, url, body in [("PUT", link, b"x"), ("GET", link.replace("/bodies/", "/names/"), None)]:
        with pytest.raises(HTTPError):
            fetch(method, url, body)


def test_links_are_refused_where_they_could_not_keep_their_word(service):
    store, _ = service
    store.put("files/a", BODY)

    with pytest.raises(VersionConflict):
        store.sign("PUT", "files/a", expires=60)
    with pytest.raises(Unsupported):
        store.sign("PUT", "files/b", expires=60, max_size=5)
    with pytest.raises(ObjectNotFound):
        store.sign("GET", "files/none", expires=60)


def large_and_back(store: FileStore, size: int) -> bool:
    digest = hashlib.sha256()
    piece = bytes(range(256)) * 4096
    info = store.put("files/large", (piece for _ in range(size // len(piece))), size=size)
    with store.open("files/large") as reader:
        for chunk in reader:
            digest.update(chunk)
    return info.checksum == f"sha256:{digest.hexdigest()}"


def test_a_large_file_goes_in_parts_and_comes_back_whole(service):
    store, _ = service

    assert large_and_back(store, 24 << 20)
