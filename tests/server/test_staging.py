from __future__ import annotations

import pytest

from jupyter_sandfs.filestore import StoreLimits
from jupyter_sandfs.filestore.objects.services import memory_bucket
from jupyter_sandfs.filestore.objects.store import ObjectFileStore
from jupyter_sandfs.server.staging import Staging


@pytest.fixture
def bucket():
    return memory_bucket()


@pytest.fixture
def staging(bucket):
    return Staging(lambda tenant: ObjectFileStore(bucket, tenant=tenant), "base", most_open=9)


async def test_what_has_expired_is_removed_of_each_tenant_that_is_in_use(staging, bucket):
    for tenant in ("base", "ann", "bob"):
        store = ObjectFileStore(bucket, tenant=tenant, limits=StoreLimits(), clock=lambda: 1_000_000.0)
        store.put("files/a", b"12345", ttl=1)
    await staging.store("ann")

    await staging.clean()

    holds = {tenant: b"sha256" in bucket.read(f"t-{tenant}/names/files/a")[0] for tenant in ("base", "ann", "bob")}
    assert holds == {"base": False, "ann": False, "bob": True}


async def test_files_of_a_prefix_are_removed_of_each_tenant_that_is_in_use(staging):
    stores = [await staging.store(tenant) for tenant in ("base", "ann")]
    for store in stores:
        await store.put("sessions/a/x", b"1")
        await store.put("sessions/ab/x", b"1")

    await staging.remove_all("sessions/a/")

    assert [[info.key for info in (await store.list()).items] for store in stores] == [["sessions/ab/x"]] * 2
