"""Published files kept in a directory of the user's: checked when read, written whole or not at all."""

from collections.abc import Sequence
from pathlib import Path

from nn.atomic_write import check_writable, write_atomically
from nn.data.sources import PublishedFile, Report, Source, fetch_from_first_able
from nn.errors import DataError


def cached_files(
    files: Sequence[PublishedFile], directory: Path, sources: Sequence[Source], report: Report, advice: str
) -> dict[str, bytes]:
    """The content of each file, from `directory` where it is there and intact, else from the first able source.

    What was fetched is in the cache afterwards; nothing is written unless every file has been had and checked. Two
    processes may do this at once: each puts whole files in place, and both put the same.

    Raises `DataError` if no source has the files, `OutputError`, before anything is fetched, if the cache cannot be
    written; `advice` says in them how to do without.
    """
    held = {
        file.name: data for file in files if (data := _read_intact(directory / file.name, file, report)) is not None
    }
    missing = [file for file in files if file.name not in held]
    if not missing:
        return held
    writable = f"make the cache writable, or {advice}"
    check_writable(directory, advice=writable)
    fetched = fetch_from_first_able(missing, sources, report, advice)
    for name, data in fetched.items():
        write_atomically(directory / name, data, advice=writable)
    return held | fetched


def _read_intact(path: Path, file: PublishedFile, report: Report) -> bytes | None:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DataError(
            f"cannot read {path}: {error.strerror or error}; remove it, to have it fetched again"
        ) from error
    if file.matches(data):
        return data
    report(f"{path} is damaged (its checksum is wrong), so it is fetched again")
    return None
