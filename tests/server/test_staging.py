from __future__ import annotations

import pytest

from jupyter_sandfs.filestore import StoreLimits
from jupyter_sandfs.filestore.objects.services import memory_bucket
from jupyter_sandfs.filestore.objects.store import ObjectFileStore
from jupyter_sandfs.server.staging import Staging
from jupyter_sandfs.server.tenants import KnownTenants


@pytest.fixture
def bucket():
    return memory_bucket()


@pytest.fixture
def known(tmp_path):
    return KnownTenants(tmp_path / "tenants", "base")


@pytest.fixture
def staging(bucket, known):
    return Staging(lambda tenant: ObjectFileStore(bucket, tenant=tenant), known, most_open=2)


@pytest.mark.parametrize("written", [b"", "ä".encode()[:1], b"an"])
def test_a_tenant_whose_note_is_being_written_is_left_out(known, tmp_path, written):
    known.note("bob")
    known.note("ann")
    note = next(each for each in (tmp_path / "tenants").iterdir() if each.read_bytes() == b"ann")
    note.write_bytes(written)

    assert known.all() == ["base", "bob"]


async def test_what_has_expired_is_removed_of_each_tenant_whoever_uses_it(staging, bucket):
    for tenant in ("base", "ann", "bob"):
        store = ObjectFileStore(bucket, tenant=tenant, limits=StoreLimits(), clock=lambda: 1_000_000.0)
        store.put("files/a", b"12345", ttl=1)

    await staging.clean()

    holds = {tenant: b"sha256" in bucket.read(f"t-{tenant}/names/files/a")[0] for tenant in ("base", "ann", "bob")}
    assert holds == {"base": False, "ann": False, "bob": False}


async def test_stores_in_memory_are_each_cleaned(known):
    stores = {tenant: ObjectFileStore(memory_bucket(), tenant=tenant) for tenant in ("base", "ann")}
    staging = Staging(stores.__getitem__, known, most_open=None)
    held = [(await staging.store(tenant)).sync for tenant in stores]
    for store in held:
        store.cleanup = lambda store=store: cleaned.append(store)
    cleaned = []

    await staging.clean()

    assert sorted(map(id, cleaned)) == sorted(map(id, held))


async def test_files_of_a_prefix_are_removed_of_each_tenant_that_was_ever_opened(staging, bucket, known):
    earlier = Staging(lambda tenant: ObjectFileStore(bucket, tenant=tenant), known, most_open=9)
    stores = [await earlier.store(tenant) for tenant in ("base", "ann", "x/" * 120)]
    for store in stores:
        await store.put("sessions/a/x", b"1")
        await store.put("sessions/ab/x", b"1")

    await staging.remove_all("sessions/a/")

    assert [[info.key for info in (await store.list()).items] for store in stores] == [["sessions/ab/x"]] * 3
