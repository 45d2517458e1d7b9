"""A source of files: a directory on the web."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nn.data.idx import gunzip
from nn.data.sources import PublishedFile, root_cause
from nn.errors import DataError


@dataclass(frozen=True)
class Mirror:
    """An HTTP(S) directory with the files under their names and `.gz`; `timeout` is seconds of silence borne."""

    url: str
    timeout: float = 10.0

    @property
    def name(self) -> str:
        """The URL."""
        return self.url

    def fetch(self, files: Sequence[PublishedFile]) -> Iterator[tuple[str, bytes]]:
        """Yield the files one after the other; the first failure ends it, since the next would wait as long."""
        for file in files:
            # A gzipped file is hardly ever larger than its content, and then by a few bytes only.
            payload = _download(f"{self.url.rstrip('/')}/{file.name}.gz", self.timeout, limit=file.size + 1024)
            yield file.name, gunzip(payload, f"{file.name}.gz", limit=file.size)


def _download(url: str, timeout: float, limit: int) -> bytes:
    import pooch
    from tqdm import tqdm

    buffer = _BoundedBuffer(limit)
    # pooch sets the bar's total from the answer; it must be positive before, or tqdm cannot say whether it is true.
    # `disable=None` hides the bar where the output is no terminal.
    with tqdm(total=limit, unit="B", unit_scale=True, desc=Path(url).name, leave=False, disable=None) as bar:
        download = pooch.HTTPDownloader(progressbar=bar, chunk_size=1 << 16, timeout=timeout)
        try:
            download(url=url, output_file=buffer, pooch=None)
        except (OSError, ValueError) as error:  # requests' exceptions are OSErrors; a malformed header, a ValueError
            raise DataError(root_cause(error)) from error
    return buffer.getvalue()


class _BoundedBuffer(io.BytesIO):
    """Refuses to grow past `limit`, so that a server cannot fill the memory."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def write(self, chunk: bytes, /) -> int:  # type: ignore[override]  # pooch writes bytes, nothing else
        if self.tell() + len(chunk) > self._limit:
            raise OSError(f"more than the {self._limit} bytes that the file can have")
        return super().write(chunk)
