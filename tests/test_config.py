from __future__ import annotations

import pytest
from traitlets import TraitError
from traitlets.config import Config

from jupyter_sandfs.config import STORE_URL_VARIABLE, TENANT_VARIABLE, Options, SandFS


def test_without_configuration_the_defaults_count():
    assert SandFS().options({}) == Options(
        store_url=None,
        tenant="",
        tenant_per_user=False,
        max_file_size=100 << 20,
        max_total_bytes=10 << 30,
        default_ttl=0.0,
        upload_ttl=86400.0,
        session_ttl=3600.0,
        cleanup_interval=3600.0,
        request_timeout=20.0,
    )


@pytest.mark.parametrize(
    ("configured", "environment", "expected"),
    [("file:///a", "file:///b", "file:///a"), ("", "file:///b", "file:///b"), ("", "", None)],
)
def test_configuration_counts_more_than_the_environment(configured, environment, expected):
    sandfs = SandFS(config=Config({"SandFS": {"store_url": configured}}))

    assert sandfs.options({STORE_URL_VARIABLE: environment}).store_url == expected


@pytest.mark.parametrize("name", ["max_file_size", "max_total_bytes", "request_timeout"])
def test_nothing_can_be_bounded_by_zero(name):
    with pytest.raises(TraitError):
        SandFS(**{name: 0})


@pytest.mark.parametrize(("configured", "environment", "expected"), [("a", "b", "a"), ("", "b", "b"), ("", "", "")])
def test_the_tenant_comes_from_the_configuration_or_the_environment(configured, environment, expected):
    assert SandFS(tenant=configured).options({TENANT_VARIABLE: environment}).tenant == expected
