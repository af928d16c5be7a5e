"""Opening files: compression, encodings and limits."""

import gzip
import io
import tracemalloc
import zipfile
from base64 import b64encode
from pathlib import Path
from random import Random

import pytest

from cvi import ingest
from cvi.errors import BadInput, TooLarge
from cvi.ingest.source import Source

LINES = b'{"a": 1}\n{"b": 2}\n'
TEXT = LINES.decode()
UPLOAD = [
    ("plain", LINES),
    ("gz", gzip.compress(LINES)),
    ("two gz members", gzip.compress(LINES[:9]) + gzip.compress(LINES[9:])),
    ("utf-8 mark", b"\xef\xbb\xbf" + LINES),
    ("utf-16 with mark", TEXT.encode("utf-16")),
    ("utf-16 without mark", TEXT.encode("utf-16-le")),
    ("utf-16 big-endian", TEXT.encode("utf-16-be")),
    ("utf-16 in gz", gzip.compress(TEXT.encode("utf-16"))),
]


@pytest.mark.parametrize(("_name", "data"), UPLOAD, ids=[name for name, _ in UPLOAD])
def test_every_packing_gives_the_same_lines_and_document(_name: str, data: bytes) -> None:
    source = Source.from_bytes(data, "a.jsonl")
    assert [line.data for line in source.lines()] == [b'{"a": 1}\n', b'{"b": 2}\n']
    assert source.document() == source.head() == LINES


def test_an_upload_is_read_again_and_left_open() -> None:
    upload = io.BytesIO(gzip.compress(LINES))
    source = Source.from_file(upload, "a.jsonl.gz")
    assert source.document() == source.document() == LINES
    # Two readings at once do not disturb each other.
    one, two = source.lines(), source.lines()
    assert next(one).data == next(two).data
    assert next(one).data == b'{"b": 2}\n'
    assert not upload.closed


def test_a_cut_gz_gives_its_lines_and_then_a_problem() -> None:
    lines = b"".join(b'{"n": %d}\n' % n for n in range(50_000))
    cut = gzip.compress(lines)[:-2000]
    found = list(Source.from_bytes(cut, "a").lines())
    assert len(found) > 1000
    assert found[0].data == b'{"n": 0}\n'
    assert "cut off" in found[-1].problem
    with pytest.raises(BadInput, match="cut off"):
        Source.from_bytes(cut, "a").document()


def test_a_gz_that_holds_nothing_readable_is_bad_input() -> None:
    with pytest.raises(BadInput, match="not readable as gz"):
        Source.from_bytes(b"\x1f\x8b\x08\x00garbage", "a.gz").head()


def test_a_long_line_is_named_and_the_rest_goes_on() -> None:
    data = b"short\n" + b"x" * 500 + b"\nafter\n"
    found = list(Source.from_bytes(data, "a").lines(limit=100))
    assert [line.data for line in found] == [b"short\n", b"", b"after\n"]
    assert "longer than 100 bytes" in found[1].problem


def test_a_document_bomb_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(b" " * 3_000_000)
    with pytest.raises(TooLarge) as caught:
        Source.from_bytes(bomb, "a.json").document(limit=1_000_000)
    assert caught.value.limit == 1_000_000


@pytest.mark.parametrize("path", [".", "no-such-file.jsonl"])
def test_folders_and_missing_files_are_bad_input(path: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        Source.of(tmp_path / path)


def test_fingerprint_is_of_the_stored_bytes() -> None:
    size, digest = Source.from_bytes(b"abc", "a").fingerprint()
    assert size == 3
    assert digest.startswith("ba7816bf")


def test_a_zip_is_named() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "hello")
    with pytest.raises(BadInput, match="zip archive"):
        ingest.detect(Source.from_bytes(packed.getvalue(), "calls.csv"))


def test_streaming_a_large_gz_stays_small(tmp_path: Path) -> None:
    """Memory of a reading does not grow with the file: 30 MB of gz, 40 MB of text."""
    path = tmp_path / "large.jsonl.gz"
    random = Random(7)  # noqa: S311 - filler
    with gzip.open(path, "wb", compresslevel=1) as file:
        for number in range(400):
            text = b64encode(random.randbytes(75_000)).decode()
            row = f'{{"role": "user", "content": "{text}"}}'
            file.write(f'{{"id": "c{number}", "transcript": [{row}]}}\n'.encode())
    assert path.stat().st_size > 30_000_000
    tracemalloc.start()
    try:
        count = sum(isinstance(found, ingest.Item) for found in ingest.read(path))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 800
    assert peak < 40_000_000
