"""sandfs:// in the libraries that people use on it: what one writes, all of them and the sandbox read."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import duckdb
import fsspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
import xarray as xr

from jupyter_sandfs.errors import SandboxNotFound
from jupyter_sandfs.sandbox import Sandbox

ROOT = "sandfs://default"


@pytest.fixture(autouse=True)
def sandbox(monkeypatch, tmp_path):
    monkeypatch.setattr(Sandbox, "defaults", replace(Sandbox.defaults, store_url=(tmp_path / "store").as_uri()))
    made = Sandbox()
    yield made
    for name in Sandbox.names():
        Sandbox.get(name).close()


@pytest.fixture
def system():
    return fsspec.filesystem("sandfs")


@pytest.fixture
def frame():
    return pd.DataFrame({"city": ["Aachen", "Łódź", "Oslo"], "rain": [0.5, 1.25, 3.0], "days": [1, 2, 3]})


FORMATS = {
    "csv": (lambda frame, url: frame.to_csv(url, index=False), pd.read_csv),
    "csv.gz": (lambda frame, url: frame.to_csv(url, index=False), pd.read_csv),
    "parquet": (lambda frame, url: frame.to_parquet(url), pd.read_parquet),
    "xlsx": (lambda frame, url: frame.to_excel(url, index=False), pd.read_excel),
    "feather": (lambda frame, url: frame.to_feather(url), pd.read_feather),
    "pkl": (lambda frame, url: frame.to_pickle(url), pd.read_pickle),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_pandas_writes_and_reads_each_format(sandbox, frame, kind):
    write, read = FORMATS[kind]

    write(frame, f"{ROOT}/data/rain.{kind}")

    pd.testing.assert_frame_equal(read(f"{ROOT}/data/rain.{kind}"), frame)
    assert (sandbox.fs.listdir("/data"), sandbox.fs.version(f"/data/rain.{kind}")) == ([f"rain.{kind}"], 1)


def test_pandas_writes_and_reads_a_partitioned_dataset(sandbox, frame):
    frame.to_parquet(f"{ROOT}/rain", partition_cols=["days"])

    assert sorted(sandbox.fs.listdir("/rain")) == ["days=1", "days=2", "days=3"]
    assert pd.read_parquet(f"{ROOT}/rain")["rain"].sum() == 4.75


def test_an_excel_sheet_that_fails_is_not_there(sandbox, frame):
    def write():
        with pd.ExcelWriter(f"{ROOT}/a.xlsx") as writer:
            frame.to_excel(writer)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert not sandbox.fs.exists("/a.xlsx")


def test_polars_writes_and_reads_files_of_ours(system, frame):
    rain = pl.DataFrame({"city": ["Aachen", "Łódź"], "rain": [0.5, 1.25]})
    with system.open("default/rain.parquet", "wb") as file:
        rain.write_parquet(file)
    with system.open("default/rain.csv", "wb") as file:
        rain.write_csv(file)

    with system.open("default/rain.parquet") as parquet, system.open("default/rain.csv") as csv:
        assert [pl.read_parquet(parquet).rows(), pl.read_csv(csv).rows()] == [rain.rows(), rain.rows()]


def test_polars_scans_what_pyarrow_finds(system, frame):
    frame.to_parquet(f"{ROOT}/rain.parquet")

    scanned = pl.scan_pyarrow_dataset(ds.dataset("default/rain.parquet", filesystem=system))

    assert scanned.filter(pl.col("days") > 1).select("rain").collect().to_series().to_list() == [1.25, 3.0]


def test_polars_takes_no_url_of_ours(sandbox):
    """Its own readers know the schemes of the clouds alone: give it a file, as above."""
    sandbox.fs.write_file("/a.csv", "a\n1\n")

    with pytest.raises((FileNotFoundError, pl.exceptions.ComputeError)):
        pl.read_csv(f"{ROOT}/a.csv")


def test_pyarrow_writes_and_reads_a_dataset_from_its_own_threads(sandbox, system):
    table = pa.table({"number": list(range(6)), "kind": ["x", "y"] * 3})
    how = {"filesystem": system, "format": "parquet", "partitioning": ["kind"], "partitioning_flavor": "hive"}
    ds.write_dataset(table, "default/numbers", **how)

    found = ds.dataset("default/numbers", filesystem=system, partitioning="hive")

    assert sorted(sandbox.fs.listdir("/numbers")) == ["kind=x", "kind=y"]
    assert found.to_table(filter=ds.field("kind") == "y")["number"].to_pylist() == [1, 3, 5]


def test_duckdb_queries_and_writes(sandbox, system, frame):
    frame.to_csv(f"{ROOT}/a.csv", index=False)
    frame.to_parquet(f"{ROOT}/b.parquet")
    with duckdb.connect() as base:
        base.register_filesystem(system)
        rows = base.execute(f"select sum(rain) from read_csv('{ROOT}/*.csv')").fetchall()
        base.execute(f"copy (select city from '{ROOT}/b.parquet' where days = 3) to '{ROOT}/c.parquet'")

    assert rows == [(4.75,)]
    assert pd.read_parquet(f"{ROOT}/c.parquet")["city"].tolist() == ["Oslo"]


def test_xarray_writes_and_reads_zarr(sandbox):
    measured = xr.Dataset({"t": (("x", "y"), np.arange(6.0).reshape(2, 3))}, coords={"x": [10, 20]})

    measured.to_zarr(f"{ROOT}/t.zarr", consolidated=False)

    assert sandbox.fs.is_file("/t.zarr/zarr.json")
    xr.testing.assert_identical(xr.open_zarr(f"{ROOT}/t.zarr", chunks=None, consolidated=False).load(), measured)


def test_a_transaction_writes_files_of_several_libraries_or_none(sandbox, system, frame):
    def write(then):
        with system.transaction:
            with system.open("default/a.csv", "wb") as file:
                frame.to_csv(file)
            with system.open("default/b.parquet", "wb") as file:
                frame.to_parquet(file)
            then()

    with pytest.raises(ZeroDivisionError):
        write(lambda: 1 / 0)
    assert sandbox.fs.listdir("/") == []
    write(lambda: None)
    assert sorted(sandbox.fs.listdir("/")) == ["a.csv", "b.parquet"]


# ---------------------------------------------------------------- universal_pathlib


@pytest.fixture
def upath():
    """UPath, which knows our class once this package is installed as pyproject says."""
    from upath import UPath
    from upath.registry import register_implementation

    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
    module, _, name = project["project"]["entry-points"]["universal_pathlib.implementations"]["sandfs"].partition(":")
    register_implementation("sandfs", getattr(import_module(module), name), clobber=True)
    return UPath


def test_a_upath_reads_writes_and_walks(sandbox, upath):
    path = upath(f"{ROOT}/notes/a.txt")
    path.parent.mkdir(parents=True)
    path.write_text("naïve")
    (path.parent / "b.bin").write_bytes(b"\0")

    assert (path.read_text(), path.exists(), path.is_file(), path.stat().st_size) == ("naïve", True, True, 6)
    assert sorted(each.name for each in path.parent.iterdir()) == ["a.txt", "b.bin"]
    assert [str(each) for each in upath(ROOT).glob("**/*.txt")] == [f"{ROOT}/notes/a.txt"]
    assert sandbox.fs.read_text("/notes/a.txt") == "naïve"


def test_a_upath_is_moved_copied_and_removed(sandbox, upath):
    path = upath(f"{ROOT}/a.txt")
    path.write_text("x")

    path.copy(upath(f"{ROOT}/copy.txt"))
    path.rename(f"{ROOT}/moved.txt")
    upath(f"{ROOT}/copy.txt").unlink()

    assert sandbox.fs.listdir("/") == ["moved.txt"]
    with pytest.raises(FileNotFoundError):
        path.read_text()


@pytest.mark.parametrize("given", ["/abs/f", "../../other/f", "\\abs\\f"])
def test_no_part_of_a_upath_leads_to_another_sandbox(sandbox, upath, given):
    other = Sandbox("other")
    other.fs.write_file("/f", "not yours")
    other.fs.write_file("/abs/f", "not yours")

    path = upath(f"{ROOT}/d") / given

    assert not path.exists()
    path.write_text("mine")
    assert (other.fs.read_text("/f"), other.fs.read_text("/abs/f")) == ("not yours", "not yours")


def test_a_file_name_that_hides_a_slash_stays_in_its_sandbox(system):
    Sandbox("other").fs.write_file("/f", "not yours")

    with pytest.raises(FileNotFoundError):
        system.cat("default/..%2f..%2fother/f")
    with pytest.raises(SandboxNotFound):
        system.cat("default\\..\\other\\f")
