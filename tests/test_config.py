from __future__ import annotations

import pytest
from traitlets import TraitError
from traitlets.config import Config

from jupyter_sandfs.config import (
    SNAPSHOT_URL_VARIABLE,
    STORE_URL_VARIABLE,
    TENANT_VARIABLE,
    FileStoreLimits,
    Options,
    SandFS,
    Snapshots,
    limit_variables,
)
from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.execution.host import HostLimits, HostOptions
from jupyter_sandfs.execution.python import PythonLimits
from jupyter_sandfs.filestore import StoreLimits


def test_without_configuration_the_defaults_count():
    assert SandFS().options({}) == Options(
        store_url=None,
        storage=None,
        tenant="",
        tenant_per_user=False,
        store_limits=StoreLimits(),
        snapshots=Snapshots(),
        session_ttl=86400.0,
        cleanup_interval=3600.0,
        request_timeout=20.0,
        tool_timeout=120.0,
        mcp_session_ttl=1800.0,
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
        *("request_timeout", "python_seconds", "python_memory", "snapshot_keep"),
        *("host_seconds", "host_memory", "host_processes"),
    ],
)
def test_nothing_can_be_bounded_by_zero(name):
    with pytest.raises(TraitError):
        SandFS(**{name: 0})


@pytest.mark.parametrize("name", ["max_file_size", "max_total_bytes", "max_files", "upload_ttl"])
def test_no_limit_of_the_store_is_zero(name):
    with pytest.raises(TraitError):
        FileStoreLimits(**{name: 0})


def test_limits_of_the_store_come_from_the_configuration_then_from_the_environment():
    configured = Config({"FileStoreLimits": {"max_file_size": 5, "content_types": ["text/csv"], "default_ttl": 0}})
    environment = {
        "JUPYTER_SANDFS_MAX_FILE_SIZE": "7",
        "JUPYTER_SANDFS_MAX_TOTAL_BYTES": "70",
        "JUPYTER_SANDFS_DEFAULT_TTL": "60",
        "JUPYTER_SANDFS_RUN_TTL": "",
    }

    limits = SandFS(config=configured).options(environment).store_limits

    assert limits == StoreLimits(max_file_size=5, max_total_bytes=70, content_types=("text/csv",), default_ttl=0)


def test_content_types_in_the_environment_are_separated_by_commas():
    limits = FileStoreLimits().limits({"JUPYTER_SANDFS_CONTENT_TYPES": "text/csv, image/*"})

    assert limits.content_types == ("text/csv", "image/*")


def test_limits_that_are_handed_over_arrive_as_they_were():
    limits = StoreLimits(max_total_bytes=7, content_types=("text/csv", "image/*"), run_ttl=0, keep_versions=0)

    variables = limit_variables(limits)

    assert variables == {
        "JUPYTER_SANDFS_MAX_TOTAL_BYTES": "7",
        "JUPYTER_SANDFS_CONTENT_TYPES": "text/csv,image/*",
        "JUPYTER_SANDFS_RUN_TTL": "0",
        "JUPYTER_SANDFS_KEEP_VERSIONS": "0",
    }
    assert FileStoreLimits().limits(variables) == limits


@pytest.mark.parametrize("text", ["many", "0", "-1", "1e400x"])
def test_a_variable_that_holds_no_limit_is_refused_by_name(text):
    expected = f"JUPYTER_SANDFS_MAX_FILES holds nothing for max_files: {text!r}"
    with pytest.raises(InvalidRequest) as caught:
        FileStoreLimits().limits({"JUPYTER_SANDFS_MAX_FILES": text})
    assert str(caught.value) == expected


@pytest.mark.parametrize(("configured", "environment", "expected"), [("a", "b", "a"), ("", "b", "b"), ("", "", None)])
def test_where_sandboxes_are_saved_by_themselves(configured, environment, expected):
    options = SandFS(snapshot_url=configured, snapshot_keep=2).options({SNAPSHOT_URL_VARIABLE: environment})

    assert options.snapshots == Snapshots(url=expected, keep=2)


@pytest.mark.parametrize(("configured", "environment", "expected"), [("a", "b", "a"), ("", "b", "b"), ("", "", "")])
def test_the_tenant_comes_from_the_configuration_or_the_environment(configured, environment, expected):
    assert SandFS(tenant=configured).options({TENANT_VARIABLE: environment}).tenant == expected
