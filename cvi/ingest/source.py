"""Opening what someone hands us: a path or an upload, plain or gz, with limits that always hold.

Everything comes out as UTF-8 bytes without a byte order mark (UTF-16 is recoded on the way), so
no reader has to think about compression or about what a spreadsheet program wrote.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from cvi.errors import BadInput, TooLarge

MIB = 2**20
HEAD_BYTES = 64 * 1024
LINE_BYTES = 16 * MIB
DOCUMENT_BYTES = 256 * MIB

# What a cut or damaged gz raises while it is being read.
_BROKEN = (EOFError, zlib.error, gzip.BadGzipFile)


class Line(NamedTuple):
    """One line, counted from 1. `problem` says why there is no data."""

    number: int
    data: bytes
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A file by name and a way to open it afresh: it is read more than once (look, then read)."""

    name: str
    opener: Callable[[], BinaryIO]

    @classmethod
    def of(cls, given: Source | Path | str) -> Source:
        """A source as it is, or one for a path. Raises BadInput when there is no such file."""
        if isinstance(given, Source):
            return given
        path = Path(given)
        if path.is_dir():
            raise BadInput(
                "this is a folder", where=str(path), hint="Give its files, or expand it first."
            )
        if not path.exists():
            raise BadInput("no such file", where=str(path), hint="Check the path.")
        return cls(path.name, lambda: path.open("rb"))

    @classmethod
    def from_file(cls, file: BinaryIO, name: str) -> Source:
        """A source for an upload that is already open and seekable. It is never closed here."""
        return cls(name, lambda: cast("BinaryIO", io.BufferedReader(_Borrowed(file), HEAD_BYTES)))

    @classmethod
    def from_bytes(cls, data: bytes, name: str) -> Source:
        """A source for bytes in memory."""
        return cls(name, lambda: io.BytesIO(data))

    @contextmanager
    def raw(self) -> Iterator[BinaryIO]:
        """The bytes as they are stored."""
        try:
            opened = self.opener()
        except OSError as error:
            raise BadInput(
                f"cannot be opened: {error.strerror or error}", where=self.name
            ) from error
        with opened:
            yield opened

    @contextmanager
    def stream(self) -> Iterator[io.BufferedReader]:
        """The content: decompressed and in UTF-8. Raises BadInput when it breaks off at once."""
        with self.raw() as raw:
            # BufferedReader lends `peek` to whatever has `readinto`, an open upload for example.
            found = raw if hasattr(raw, "peek") else io.BufferedReader(cast("Any", raw))
            plain = cast("io.BufferedReader", found)
            if plain.peek(2)[:2] == b"\x1f\x8b":
                # GzipFile decompresses as a stream and has the same reading methods.
                plain = cast("io.BufferedReader", gzip.GzipFile(fileobj=plain, mode="rb"))
            encoding = _utf16(_peek(plain))
            yield io.BufferedReader(_Recoded(plain, encoding)) if encoding else plain

    def lines(self, limit: int = LINE_BYTES) -> Generator[Line]:
        """Line by line, in bounded memory. A line over `limit` bytes comes without its data."""
        with self.stream() as stream:
            number = 0
            while True:
                number += 1
                try:
                    data = stream.readline(limit + 1)
                    if len(data) > limit:
                        _skip_line(stream, limit, data)
                except _BROKEN as error:
                    yield Line(number, b"", f"the compressed data is cut off or damaged ({error})")
                    return
                if not data:
                    return
                data = data.removeprefix(codecs.BOM_UTF8) if number == 1 else data
                over = len(data) > limit
                yield Line(number, b"", over_limit("line", limit)) if over else Line(number, data)

    def document(self, limit: int = DOCUMENT_BYTES) -> bytes:
        """The whole content. Raises TooLarge past `limit` decompressed bytes."""
        with self.stream() as stream:
            try:
                data = stream.read(limit + 1)
            except _BROKEN as error:
                raise BadInput(
                    f"the compressed data is cut off or damaged ({error})",
                    where=self.name,
                    hint="Fetch the file again.",
                ) from error
        if len(data) > limit:
            raise TooLarge(
                f"{self.name}: {over_limit('document', limit)}",
                limit=limit,
                hint="Split it, or write one JSON object a line (JSONL), which has no such limit.",
            )
        return data.removeprefix(codecs.BOM_UTF8)

    def head(self, size: int = HEAD_BYTES) -> bytes:
        """The first bytes of the content, to tell the format by; less if the file is cut off."""
        parts: list[bytes] = []
        with self.stream() as stream:
            try:
                while size > 0 and (part := stream.read1(min(size, 8192))):
                    parts.append(part)
                    size -= len(part)
            except _BROKEN as error:
                if not parts:
                    raise BadInput(
                        f"not readable as gz ({error})", where=self.name, hint="Fetch it again."
                    ) from error
        return b"".join(parts).removeprefix(codecs.BOM_UTF8)

    def fingerprint(self) -> tuple[int, str]:
        """Size and SHA-256 of the file as stored."""
        digest, size = hashlib.sha256(), 0
        with self.raw() as raw:
            while part := raw.read(MIB):
                digest.update(part)
                size += len(part)
        return size, digest.hexdigest()


def over_limit(what: str, limit: int) -> str:
    """How a breach of a limit is worded everywhere."""
    size = f"{limit // MIB} MiB" if limit >= MIB else f"{limit} bytes"
    return f"the {what} is longer than {size}"


def _peek(stream: io.BufferedReader) -> bytes:
    try:
        return stream.peek(4)[:4]
    except _BROKEN:
        return b""  # whoever reads next meets the same damage and words it


def _skip_line(stream: io.BufferedReader, limit: int, data: bytes) -> None:
    """Read past the rest of an overlong line, up to sixteen times the limit (a bomb has no end)."""
    for _ in range(16):
        if not data or data.endswith(b"\n"):
            return
        data = stream.readline(limit)


def _utf16(first: bytes) -> str | None:
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a mark: every second byte of Latin text is zero.
    zeros = [byte == 0 for byte in first]
    if zeros == [False, True, False, True]:
        return "utf-16-le"
    return "utf-16-be" if zeros == [True, False, True, False] else None


class _Recoded(io.RawIOBase):
    """UTF-16 in, UTF-8 out."""

    def __init__(self, inner: io.BufferedReader, encoding: str) -> None:
        self._inner = inner
        self._decode = codecs.getincrementaldecoder(encoding)("replace").decode
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        while not self._ready:
            part = self._inner.read1(HEAD_BYTES)
            self._ready = self._decode(part, not part).encode("utf-8", "replace")
            if not part:
                break
        given, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)


class _Borrowed(io.RawIOBase):
    """A view of someone else's open file with its own position; closing it leaves theirs open."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            offset += self._file.seek(0, io.SEEK_END)
        elif whence == io.SEEK_CUR:
            offset += self._at
        self._at = max(offset, 0)
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        self._file.seek(self._at)
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
