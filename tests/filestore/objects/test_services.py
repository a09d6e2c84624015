from __future__ import annotations

import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from jupyter_sandfs.errors import InvalidKey, InvalidRequest, StoreError, Unsupported
from jupyter_sandfs.filestore import open_file_store
from jupyter_sandfs.filestore.objects.services import open_bucket

ROLE = "arn:aws:iam::123456789012:role/staging"


def test_a_url_names_bucket_prefix_and_service(s3, s3_url):
    with open_file_store(s3_url, tenant="t") as store:
        store.put("files/a", b"1")

    prefix = urlsplit(s3_url).path.strip("/")
    found = s3.client.list_objects_v2(Bucket="staging", Prefix=f"{prefix}/t-t/names/")
    assert [each["Key"] for each in found["Contents"]] == [f"{prefix}/t-t/names/files/a"]


def test_memory_is_a_store_of_its_own():
    with open_file_store("memory:") as one, open_file_store("memory:") as other:
        one.put("files/a", b"1")

        assert (one.exists("files/a"), other.exists("files/a")) == (True, False)


@pytest.mark.parametrize(
    "url",
    [
        "s3://",
        "s3:///prefix",
        "s3://user:secret@bucket",
        "s3://bucket#x",
        "s3://bucket?secret=1",
        "s3://bucket/a/../b",
        "s3://bucket?role_session_name=secret",
        "gs://bucket?endpoint=secret",
        "az://container?account=x&region=secret",
    ],
)
def test_what_names_no_bucket_is_refused_without_repeating_it(url):
    with pytest.raises(InvalidRequest) as caught:
        open_file_store(url)

    assert "secret" not in str(caught.value)


def test_a_bucket_that_is_not_there_is_said_so(s3, s3_url):
    with pytest.raises(StoreError, match=r"^there is no such bucket or container$"):
        open_file_store(s3_url.replace("staging", "nowhere"))


def test_what_the_environment_lacks_is_named(monkeypatch):
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)

    with pytest.raises(InvalidRequest, match=r"^the az: store cannot be opened as configured: .*Account"):
        open_file_store("az://container")


def test_a_role_is_assumed_with_the_credentials_of_the_environment(s3, s3_url, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", s3.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    with open_file_store(f"{s3_url}&role_arn={ROLE}&external_id=xyz") as store:
        store.put("files/a", b"1")

        assert store.get("files/a") == b"1"


def test_a_role_needs_boto3(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.delitem(sys.modules, "obstore.auth.boto3", raising=False)

    with pytest.raises(Unsupported, match=r"role_arn needs boto3: pip install 'jupyter_sandfs\[cloud\]'"):
        open_bucket(urlsplit(f"s3://bucket?role_arn={ROLE}"))


def test_without_obstore_the_extra_is_named():
    program = (
        "import sys; sys.modules['obstore'] = None\n"
        "from jupyter_sandfs.filestore import open_file_store\n"
        "try: open_file_store('memory:')\n"
        "except Exception as error: print(type(error).__name__, error)"
    )

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert said == "Unsupported memory: stores need obstore: pip install 'jupyter_sandfs[cloud]'\n"


def test_a_key_that_the_service_would_not_take_is_refused(s3_url):
    long = s3_url.replace("?", "/" + "p" * 500 + "?")
    with open_file_store(long) as store:
        store.put("files/" + "k" * 300, b"")

        with pytest.raises(InvalidKey, match="this store takes keys of at most"):
            store.put("files/" + "k" * 600, b"")
