from __future__ import annotations

import pytest
from traitlets import TraitError
from traitlets.config import Config

from jupyter_sandfs.config import STORE_URL_VARIABLE, TENANT_VARIABLE, Options, SandFS
from jupyter_sandfs.execution.host import HostLimits, HostOptions
from jupyter_sandfs.execution.python import PythonLimits


def test_without_configuration_the_defaults_count():
    assert SandFS().options({}) == Options(
        store_url=None,
        storage=None,
        tenant="",
        tenant_per_user=False,
        max_file_size=100 << 20,
        max_total_bytes=10 << 30,
        default_ttl=0.0,
        upload_ttl=86400.0,
        session_ttl=3600.0,
        cleanup_interval=3600.0,
        request_timeout=20.0,
        python=PythonLimits(),
        host=HostOptions(),
    )


def test_a_storage_is_configured_by_its_url():
    assert SandFS(storage="sqlite:///x.sqlite").options({}).storage == "sqlite:///x.sqlite"


@pytest.mark.parametrize(
    ("configured", "environment", "expected"),
    [("file:///a", "file:///b", "file:///a"), ("", "file:///b", "file:///b"), ("", "", None)],
)
def test_configuration_counts_more_than_the_environment(configured, environment, expected):
    sandfs = SandFS(config=Config({"SandFS": {"store_url": configured}}))

    assert sandfs.options({STORE_URL_VARIABLE: environment}).store_url == expected


def test_what_runs_is_configured():
    configured = {
        "python_seconds": 3.0,
        "python_memory": 5 << 20,
        "host_seconds": 7.0,
        "host_memory": 9 << 20,
        "host_processes": 11,
        "host_allow_unisolated": True,
        "host_env": False,
    }

    options = SandFS(config=Config({"SandFS": configured})).options({})
    assert options.python == PythonLimits(seconds=3.0, memory_bytes=5 << 20)
    assert options.host == HostOptions(
        allow_unisolated=True, prefixes=None, limits=HostLimits(seconds=7.0, memory_bytes=9 << 20, processes=11)
    )


@pytest.mark.parametrize(
    "name",
    [
        *("max_file_size", "max_total_bytes", "request_timeout", "python_seconds", "python_memory"),
        *("host_seconds", "host_memory", "host_processes"),
    ],
)
def test_nothing_can_be_bounded_by_zero(name):
    with pytest.raises(TraitError):
        SandFS(**{name: 0})


@pytest.mark.parametrize(("configured", "environment", "expected"), [("a", "b", "a"), ("", "b", "b"), ("", "", "")])
def test_the_tenant_comes_from_the_configuration_or_the_environment(configured, environment, expected):
    assert SandFS(tenant=configured).options({TENANT_VARIABLE: environment}).tenant == expected
