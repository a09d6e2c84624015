from __future__ import annotations

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.filestore.nats.address import Address, parse, tenant_bucket


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("nats://h/b", Address(("nats://h",), "b")),
        ("nats://h:4222/b_1-x", Address(("nats://h:4222",), "b_1-x")),
        ("nats://u:p%40:s@h:1/b", Address(("nats://h:1",), "b", user="u", password="p@:s")),
        ("nats://t%2Fk@h/b", Address(("nats://h",), "b", token="t/k")),
        ("nats://a:1,b:2/b?replicas=3", Address(("nats://a:1", "nats://b:2"), "b", replicas=3)),
        ("nats://[::1]:4222/b?tls=true", Address(("tls://[::1]:4222",), "b")),
    ],
)
def test_a_url_says_where_the_bucket_is(url, address):
    assert parse(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "nats:",
        "nats://h",
        "nats://h/",
        "nats:///b",
        "nats://secret:secret@/b",
        "nats://h/b/c",
        "nats://h/b--c",
        "nats://h/b.c",
        "nats://h/b>",
        "nats://h/" + "b" * 65,
        "nats://h/b?replicas=0",
        "nats://h/b?replicas=9",
        "nats://h/b?tls=1",
        "nats://secret@h/b?secret=1",
        "nats://h/b#x",
        "nats://h:99999999/b",
        "nats://h,,i/b",
        "nats://h x/b",
    ],
)
def test_what_names_no_bucket_is_refused_without_repeating_it(url):
    with pytest.raises(InvalidRequest) as caught:
        parse(url)

    assert "secret" not in str(caught.value)


def test_an_address_does_not_show_its_secrets():
    shown = repr(parse("nats://name:secret@h/b")) + repr(parse("nats://secret@h/b"))

    assert "secret" not in shown
    assert "name" not in shown


def test_each_tenant_has_a_bucket_that_no_url_names():
    tenants = ["", "a", "b", "A", "a-b", "a/b", "x-y", "ä", "x" * 255]
    buckets = [tenant_bucket("files", tenant) for tenant in tenants]

    assert len(set(buckets)) == len(tenants)
    assert buckets[:3] == ["files", "files--a", "files--b"]
    for bucket in buckets[1:]:
        with pytest.raises(InvalidRequest):
            parse(f"nats://h/{bucket}")
