"""What an administrator or user configures with traitlets, turned into plain values for everything below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from traitlets import Float, Int, Unicode
from traitlets.config import Configurable

STORE_URL_VARIABLE = "JUPYTER_SANDFS_STORE_URL"


@dataclass(frozen=True, slots=True)
class Options:
    """Configuration as plain values.

    Attributes:
        store_url: the FileStore, as `open_file_store` takes it; None leaves the choice to it.
        max_file_size, max_total_bytes: limits of the store, in bytes.
        default_ttl: seconds that a stored file lives without a `ttl` of its own; 0 keeps it.
        request_timeout: seconds that a kernel has to answer one request.
    """

    store_url: str | None
    max_file_size: int
    max_total_bytes: int
    default_ttl: float
    request_timeout: float


class SandFS(Configurable):
    """Options of jupyter_sandfs, such as `c.SandFS.store_url = "file:///data/staging"`."""

    store_url = Unicode(
        "",
        help=f"""The store for staged files: file:///DIR, memory:, nats://HOST/BUCKET, nats-embedded:, s3://BUCKET and
        others.
        Without it the environment variable {STORE_URL_VARIABLE} counts, and then a directory in Jupyter's data.""",
    ).tag(config=True)
    max_file_size = Int(100 << 20, min=1, help="The largest staged file, in bytes.").tag(config=True)
    max_total_bytes = Int(10 << 30, min=1, help="What all staged files together may take, in bytes.").tag(config=True)
    default_ttl = Float(0.0, min=0, help="Seconds a staged file lives if its writer says nothing; 0 keeps it.").tag(
        config=True
    )
    request_timeout = Float(20.0, min=0.1, help="Seconds a kernel has to answer one request about its files.").tag(
        config=True
    )

    def options(self, environ: Mapping[str, str]) -> Options:
        """Plain values; what was configured counts more than the environment."""
        return Options(
            store_url=self.store_url or environ.get(STORE_URL_VARIABLE) or None,
            max_file_size=self.max_file_size,
            max_total_bytes=self.max_total_bytes,
            default_ttl=self.default_ttl,
            request_timeout=self.request_timeout,
        )
