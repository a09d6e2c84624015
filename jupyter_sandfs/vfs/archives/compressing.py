"""Compressed streams, both ways, with flat memory and a bound on how much comes out of how little."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

from jupyter_sandfs.errors import InvalidArchive, LimitExceeded, Unsupported

GRACE_BYTES = 64 << 20  # that much may come out of anything
_STEP = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say: with gzip's header and checksum (RFC 1952)
_GZIP_LEVEL = 4
_ZSTD_LEVEL = 3
_ZSTD_WINDOW = 27  # 128 MiB: the most that zstd itself takes from a stream without being told to
_CUT_OFF = "it is cut off"


class Codec(NamedTuple):
    """A way to compress.

    Attributes:
        magic: how it begins.
        compressor: gives an object with `compress` and `flush`.
        expand: gives the original of compressed pieces.
    """

    magic: bytes
    compressor: Callable[[], Any]
    expand: Callable[[Iterable[bytes]], Iterator[bytes]]


def compress(chunks: Iterable[bytes], codec: Codec) -> Iterator[bytes]:
    """Give the compressed pieces, empty ones among them, so that whoever asks for one never waits for long.

    Raises:
        Unsupported: at once, for a codec that is not installed.
    """
    return _compressed(chunks, codec.compressor())


def _compressed(chunks: Iterable[bytes], compressor: Any) -> Iterator[bytes]:
    for chunk in chunks:
        for part in steps(chunk):
            yield compressor.compress(part)
    yield compressor.flush()


def steps(content: bytes) -> Iterator[memoryview]:
    """Parts of a content that don't keep a compressor busy for long, without a copy."""
    whole = memoryview(content)
    for at in range(0, len(content), _STEP):
        yield whole[at : at + _STEP]


def expand(chunks: Iterable[bytes], codec: Codec, ratio: float) -> Iterator[bytes]:
    """Give the original, of any number of compressed streams in a row.

    Raises:
        InvalidArchive: damaged or cut off.
        LimitExceeded: more than `ratio` bytes come out of one, beyond `GRACE_BYTES`.
    """
    taken = given = 0

    def counted() -> Iterator[bytes]:
        nonlocal taken
        for chunk in chunks:
            taken += len(chunk)
            yield chunk

    for piece in codec.expand(counted()):
        given += len(piece)
        check_ratio(given, taken, ratio)
        yield piece


def check_ratio(given: int, taken: int, ratio: float) -> None:
    if given > GRACE_BYTES + ratio * taken:
        raise LimitExceeded(f"the archive unpacks to more than {ratio:g} times its size (limits.archive_ratio)")


def _gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    decoder = None
    for chunk in chunks:
        data = chunk
        while data:
            if decoder is None:
                data = data.lstrip(b"\0")  # padding behind a stream, as gzip itself takes it
                decoder = zlib.decompressobj(_GZIP) if data else None
                continue
            try:
                yield decoder.decompress(data, _STEP)
            except zlib.error as error:
                raise InvalidArchive("", f"gzip: {error}") from error
            data = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
            decoder = None if decoder.eof else decoder
    if decoder is not None:
        raise InvalidArchive("", _CUT_OFF)


def _unzstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    zstd = _zstd()
    options = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW}
    decoder = None
    for chunk in chunks:
        data = chunk
        while data or (decoder is not None and not decoder.needs_input):
            decoder = decoder or zstd.ZstdDecompressor(options=options)
            try:
                yield decoder.decompress(data, _STEP)
            except zstd.ZstdError as error:
                raise InvalidArchive("", f"zstd: {error}") from error
            data = decoder.unused_data if decoder.eof else b""
            decoder = None if decoder.eof else decoder
    if decoder is not None:
        raise InvalidArchive("", _CUT_OFF)


def _zstd() -> Any:
    """The module for Zstandard: Python's own from 3.14 on, else its backport."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name)
        except ImportError:
            continue
    raise Unsupported("tar.zst needs Zstandard: pip install 'jupyter-sandfs[zstd]', or take tar.gz")


def _zstd_compressor() -> Any:
    zstd = _zstd()
    wanted = zstd.CompressionParameter
    return zstd.ZstdCompressor(options={wanted.compression_level: _ZSTD_LEVEL, wanted.checksum_flag: 1})


GZIP = Codec(b"\x1f\x8b", lambda: zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP), _gunzip)
ZSTD = Codec(b"\x28\xb5\x2f\xfd", _zstd_compressor, _unzstd)
