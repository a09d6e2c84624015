"""What an administrator or user configures with traitlets, turned into plain values for everything below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from traitlets import Bool, Float, Int, Unicode
from traitlets.config import Configurable

from jupyter_sandfs.execution.bubblewrap import interpreter_prefixes
from jupyter_sandfs.execution.host import HostLimits, HostOptions
from jupyter_sandfs.execution.python import PythonLimits

STORE_URL_VARIABLE = "JUPYTER_SANDFS_STORE_URL"
TENANT_VARIABLE = "JUPYTER_SANDFS_TENANT"


@dataclass(frozen=True, slots=True)
class Options:
    """Configuration as plain values.

    Attributes:
        store_url: the FileStore, as `open_file_store` takes it; None leaves the choice to it.
        tenant: whose files in the store these are; empty where the store has one owner.
        tenant_per_user: on a server, users have files and limits of their own.
        storage: where the default sandbox of a kernel is kept, as `open_storage` takes it; None keeps it in memory.
        max_file_size, max_total_bytes: limits of the store, in bytes.
        default_ttl: seconds that a stored file lives without a `ttl` of its own; 0 keeps it.
        upload_ttl: seconds after which an upload that nobody goes on with is given up.
        session_ttl: seconds after the end of a Jupyter session until what was staged for it is removed.
        cleanup_interval: seconds between two looks for what has expired.
        request_timeout: seconds that a kernel has to answer one request.
        python: limits of one snippet of Python.
        host: whether and how commands of the host run.
    """

    store_url: str | None
    tenant: str
    tenant_per_user: bool
    storage: str | None
    max_file_size: int
    max_total_bytes: int
    default_ttl: float
    upload_ttl: float
    session_ttl: float
    cleanup_interval: float
    request_timeout: float
    python: PythonLimits
    host: HostOptions


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
    max_file_size = Int(100 << 20, min=1, help="The largest staged file, in bytes.").tag(config=True)
    max_total_bytes = Int(10 << 30, min=1, help="What all staged files together may take, in bytes.").tag(config=True)
    default_ttl = Float(0.0, min=0, help="Seconds a staged file lives if its writer says nothing; 0 keeps it.").tag(
        config=True
    )
    upload_ttl = Float(
        24 * 3600.0, min=1, help="Seconds after which an unfinished upload that nobody goes on with is given up."
    ).tag(config=True)
    session_ttl = Float(
        3600.0, min=0, help="Seconds after a Jupyter session was deleted until files staged for it are removed."
    ).tag(config=True)
    cleanup_interval = Float(
        3600.0, min=1, help="Seconds between two looks for expired files and sessions that are gone."
    ).tag(config=True)
    request_timeout = Float(20.0, min=0.1, help="Seconds a kernel has to answer one request about its files.").tag(
        config=True
    )

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
            max_file_size=self.max_file_size,
            max_total_bytes=self.max_total_bytes,
            default_ttl=self.default_ttl,
            upload_ttl=self.upload_ttl,
            session_ttl=self.session_ttl,
            cleanup_interval=self.cleanup_interval,
            request_timeout=self.request_timeout,
            python=PythonLimits(seconds=self.python_seconds, memory_bytes=self.python_memory),
            host=self._host_options(),
        )

    def _host_options(self) -> HostOptions:
        limits = HostLimits(seconds=self.host_seconds, memory_bytes=self.host_memory, processes=self.host_processes)
        prefixes = interpreter_prefixes() if self.host_env else None
        return HostOptions(allow_unisolated=self.host_allow_unisolated, prefixes=prefixes, limits=limits)
