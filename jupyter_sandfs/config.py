"""What an administrator or user configures with traitlets, turned into plain values for everything below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from traitlets import Bool, Float, Int, List, TraitError, Unicode
from traitlets.config import Configurable

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.execution.bubblewrap import interpreter_prefixes
from jupyter_sandfs.execution.host import HostLimits, HostOptions
from jupyter_sandfs.execution.python import PythonLimits
from jupyter_sandfs.filestore.protocol import StoreLimits

STORE_URL_VARIABLE = "JUPYTER_SANDFS_STORE_URL"
TENANT_VARIABLE = "JUPYTER_SANDFS_TENANT"
SNAPSHOT_URL_VARIABLE = "SANDFS_SNAPSHOT_URL"
_LIMIT_VARIABLE = "JUPYTER_SANDFS_"


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Saving the default sandbox of a kernel by itself.

    Attributes:
        url: of the store; None saves nothing.
        keep: how many are kept of one notebook.
        restore: whether a kernel starts with the last one.
        interval: seconds between two looks whether there is something to save while the kernel runs; 0 for none.
    """

    url: str | None = None
    keep: int = 5
    restore: bool = True
    interval: float = 60.0


@dataclass(frozen=True, slots=True)
class Options:
    """Configuration as plain values.

    Attributes:
        store_url: the FileStore, as `open_file_store` takes it; None leaves the choice to it.
        tenant: whose files in the store these are; empty where the store has one owner.
        tenant_per_user: on a server, users have files and limits of their own.
        storage: where the default sandbox of a kernel is kept, as `open_storage` takes it; None keeps it in memory.
        store_limits: what each tenant may keep in the store.
        snapshots: where the default sandbox of a kernel is saved when it ends.
        session_ttl: seconds after the end of a Jupyter session until what was staged for it is removed.
        cleanup_interval: seconds between two looks for what has expired.
        request_timeout: seconds that a kernel has to answer one request.
        tool_timeout: seconds that a tool of an agent may take that comes over HTTP.
        mcp_session_ttl: seconds after which a session of an MCP client ends that nobody uses.
        python: limits of one snippet of Python.
        host: whether and how commands of the host run.
    """

    store_url: str | None
    tenant: str
    tenant_per_user: bool
    storage: str | None
    store_limits: StoreLimits
    snapshots: Snapshots
    session_ttl: float
    cleanup_interval: float
    request_timeout: float
    tool_timeout: float
    mcp_session_ttl: float
    python: PythonLimits
    host: HostOptions


class FileStoreLimits(Configurable):
    """What each tenant may keep in the staging store, such as `c.FileStoreLimits.max_file_size = 1 << 30`.

    What is not configured is taken from an environment variable, such as JUPYTER_SANDFS_MAX_FILE_SIZE, then from the
    defaults.
    """

    max_file_size = Int(None, min=1, allow_none=True, help="The largest file, in bytes. [100 MiB]").tag(config=True)
    max_total_bytes = Int(None, min=1, allow_none=True, help="All files together, in bytes. [10 GiB]").tag(config=True)
    max_files = Int(None, min=1, allow_none=True, help="The number of files. [1,000,000]").tag(config=True)
    keep_versions = Int(
        None, min=0, max=1000, allow_none=True, help="Older versions kept of one key, while there is room. [5]"
    ).tag(config=True)
    content_types = List(
        Unicode(),
        None,
        allow_none=True,
        help="""Media types that files may have, such as ["text/csv", "image/*"]; empty for all. In the environment they
        are separated by commas. [all]""",
    ).tag(config=True)
    default_ttl = Float(
        None, min=0, allow_none=True, help="Seconds a file lives if its writer says nothing; 0 keeps it. [0]"
    ).tag(config=True)
    run_ttl = Float(
        None,
        min=0,
        allow_none=True,
        help="As default_ttl, for what a run put out (runs/…); 0 for what default_ttl says. [30 days]",
    ).tag(config=True)
    upload_ttl = Float(
        None,
        min=1,
        allow_none=True,
        help="Seconds after which an unfinished upload that nobody goes on with is given up. [1 day]",
    ).tag(config=True)

    def limits(self, environ: Mapping[str, str]) -> StoreLimits:
        """Plain values. Raises InvalidRequest for a variable that holds none."""
        chosen: dict[str, Any] = {}
        for name, trait in self.traits(config=True).items():
            value = getattr(self, name)
            text = environ.get(_LIMIT_VARIABLE + name.upper(), "")
            if value is None and text:
                value = self._read(trait, name, text)
            if value is not None:
                chosen[name] = tuple(value) if isinstance(value, list) else value
        return StoreLimits(**chosen)

    def _read(self, trait: Any, name: str, text: str) -> Any:
        words = [word.strip() for word in text.split(",") if word.strip()]
        try:
            return trait._validate(self, words if isinstance(trait, List) else trait.from_string(text))  # noqa: SLF001  traitlets has no public way to check a value without setting it
        except (TraitError, ValueError):
            raise InvalidRequest(f"{_LIMIT_VARIABLE}{name.upper()} holds nothing for {name}: {text!r:.100}") from None


def limit_variables(limits: StoreLimits) -> dict[str, str]:
    """Limits as a server hands them to its kernels: those that are not the defaults, by environment variable."""
    plain = StoreLimits()
    return {
        _LIMIT_VARIABLE + name.upper(): ",".join(value) if isinstance(value, tuple) else str(value)
        for name in FileStoreLimits.class_trait_names(config=True)
        if (value := getattr(limits, name)) != getattr(plain, name)
    }


class SandFS(Configurable):
    """Options of jupyter_sandfs, such as `c.SandFS.store_url = "file:///data/staging"`."""

    store_url = Unicode(
        "",
        help=f"""The store for staged files: file:///DIR, memory:, nats://HOST/BUCKET, nats-embedded:, s3://BUCKET and
        others. Without it the environment variable {STORE_URL_VARIABLE} counts, then a directory in Jupyter's data.""",
    ).tag(config=True)
    tenant = Unicode(
        "",
        help=f"""Whose files in the store these are, where several servers share one, such as the user's name on a hub.
        Without it the environment variable {TENANT_VARIABLE} counts. Tenants see nothing of each other.""",
    ).tag(config=True)
    tenant_per_user = Bool(
        default_value=False,
        help="""Whether each user of Jupyter's identity provider has files and limits of their own on this server. Names
        have to be stable. Kernels belong to nobody: they see the files of the server's own tenant.""",
    ).tag(config=True)
    storage = Unicode(
        "",
        help="""Where a kernel keeps its default sandbox, such as sqlite:///sandbox.sqlite in the notebook's directory;
        one kernel at a time can have it open. Empty: in memory, lost with the kernel.""",
    ).tag(config=True)
    snapshot_url = Unicode(
        "",
        help=f"""A store, such as file:///DIR or s3://BUCKET/PREFIX, where a kernel saves its default sandbox when it is
        shut down or culled, and from where a kernel of the same notebook starts. Without it the environment variable
        {SNAPSHOT_URL_VARIABLE} counts; without both nothing is saved by itself.""",
    ).tag(config=True)
    snapshot_keep = Int(5, min=1, help="How many of the sandboxes saved so are kept of one notebook.").tag(config=True)
    snapshot_restore = Bool(
        default_value=True, help="Whether a kernel starts with what was saved last at snapshot_url."
    ).tag(config=True)
    snapshot_interval = Float(
        60.0,
        min=0,
        help="""Seconds between two looks of a running kernel whether its default sandbox has changed and is to be
        saved at snapshot_url: one that is killed saves nothing any more. 0 saves at the end only.""",
    ).tag(config=True)
    session_ttl = Float(
        24 * 3600.0, min=0, help="Seconds after a Jupyter session was deleted until files staged for it are removed."
    ).tag(config=True)
    cleanup_interval = Float(
        3600.0, min=1, help="Seconds between two looks for expired files and sessions that are gone."
    ).tag(config=True)
    request_timeout = Float(20.0, min=0.1, help="Seconds a kernel has to answer one request about its files.").tag(
        config=True
    )
    tool_timeout = Float(
        120.0, min=0.1, help="Seconds that a tool of an agent may take that comes over HTTP; it is stopped then."
    ).tag(config=True)
    mcp_session_ttl = Float(
        1800.0, min=0.1, help="Seconds after which a session of an MCP client ends that nobody uses."
    ).tag(config=True)

    python_seconds = Float(20.0, min=0.1, help="Seconds one snippet of sandboxed Python may take.").tag(config=True)
    python_memory = Int(256 << 20, min=1 << 20, help="Memory of one snippet's objects, in bytes.").tag(config=True)
    host_seconds = Float(60.0, min=0.1, help="Seconds one command of `host` may take.").tag(config=True)
    host_memory = Int(4 << 30, min=1 << 20, help="Memory of one command, in bytes.").tag(config=True)
    host_processes = Int(256, min=1, help="Processes that one command of `host` may have at once.").tag(config=True)
    host_allow_unisolated = Bool(
        False,
        help="""Run commands of `host` also where bubblewrap is missing: unprotected, with a warning each time. They can
        then read your files and use the network.""",
    ).tag(config=True)
    changes = Bool(False, help="Tell after each cell what it changed in the sandboxes.").tag(config=True)
    check = Bool(False, help="Make a command of a magic that fails an error of its cell.").tag(config=True)
    rich = Bool(True, help="Show tables, colours and bars where a notebook can; else text only.").tag(config=True)

    host_env = Bool(True, help="Let commands of `host` see the kernel's Python, read-only.").tag(config=True)

    def options(self, environ: Mapping[str, str]) -> Options:
        """Plain values; what was configured counts more than the environment."""
        return Options(
            store_url=self.store_url or environ.get(STORE_URL_VARIABLE) or None,
            tenant=self.tenant or environ.get(TENANT_VARIABLE, ""),
            tenant_per_user=self.tenant_per_user,
            storage=self.storage or None,
            store_limits=FileStoreLimits(parent=self).limits(environ),
            snapshots=Snapshots(
                url=self.snapshot_url or environ.get(SNAPSHOT_URL_VARIABLE) or None,
                keep=self.snapshot_keep,
                restore=self.snapshot_restore,
                interval=self.snapshot_interval,
            ),
            session_ttl=self.session_ttl,
            cleanup_interval=self.cleanup_interval,
            request_timeout=self.request_timeout,
            tool_timeout=self.tool_timeout,
            mcp_session_ttl=self.mcp_session_ttl,
            python=PythonLimits(seconds=self.python_seconds, memory_bytes=self.python_memory),
            host=self._host_options(),
        )

    def _host_options(self) -> HostOptions:
        limits = HostLimits(seconds=self.host_seconds, memory_bytes=self.host_memory, processes=self.host_processes)
        prefixes = interpreter_prefixes() if self.host_env else None
        return HostOptions(allow_unisolated=self.host_allow_unisolated, prefixes=prefixes, limits=limits)
