"""Tables from CSV files: columns of numbers and of categories, with nan where a cell is missing."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.errors import DataError

MISSING = ("", "NA", "N/A", "na", "nan", "NaN", "null", "NULL", "?")


@dataclass(frozen=True, eq=False)
class Table:
    """Columns by name, float64 of shape (N,), nan where a cell is missing.

    A column in `categories` holds numbers of categories: 0 for the first name in `categories[column]`, and so on.
    """

    columns: dict[str, NDArray[np.float64]]
    categories: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """The column called `name`. Raises `DataError`, with all names, if there is none."""
        if name not in self.columns:
            raise DataError(f"there is no column {name!r}; there are {', '.join(self.columns)}")
        return self.columns[name]

    def features(self, *names: str) -> NDArray[np.float64]:
        """A network's inputs: the columns side by side, each category as a column of 0 and 1 (nan if missing).

        Shapes: (N, F), F being 1 for a column of numbers, and the number of categories for one of them. To learn to
        fill in, scale and so on from the training data alone see `nn.data.preparation`.
        """
        if not names:
            raise DataError(f"features takes the names of columns, got none; there are {', '.join(self.columns)}")
        return np.concatenate([self._as_features(name) for name in names], axis=1)

    def labels(self, name: str) -> NDArray[np.int64]:
        """Classes to learn: the column's categories as whole numbers. Shapes: (N,).

        A column of numbers is taken, too. Raises `DataError` if one is missing, negative or not whole.
        """
        column = self[name]
        wrong = np.flatnonzero(~(column >= 0) | (column != np.floor(column)))
        if wrong.size:
            raise DataError(
                f"column {name!r} cannot be labels: {column[wrong[0]]} in row {wrong[0]} (from 0) is no class;"
                f" {wrong.size} such rows"
            )
        return column.astype(np.int64)

    def _as_features(self, name: str) -> NDArray[np.float64]:
        column = self[name]
        if name not in self.categories:
            return column[:, None]
        one_hot: NDArray[np.float64] = (column[:, None] == np.arange(len(self.categories[name]))).astype(np.float64)
        one_hot[np.isnan(column)] = np.nan
        return one_hot


def read_csv(
    path: str | Path,
    *,
    categorical: str | Collection[str] = (),
    categories: Mapping[str, Sequence[str]] | None = None,
    header: bool = True,
    delimiter: str = ",",
    missing: str | Collection[str] = MISSING,
) -> Table:
    """The table in the CSV file at `path`, UTF-8, quoted as spreadsheets do it.

    Columns named in `categorical` hold categories, numbered in sorted order; `categories` gives them and their order,
    for a second file that must agree with the first: `read_csv(test, categories=train.categories)`. All other columns
    hold numbers. A cell that is one of `missing` is missing. Spaces around cells are ignored. Without a `header` the
    columns are called "0", "1", ... Blank lines are skipped.

    Raises `DataError`, with the line, on rows of another length, on text in a column of numbers, and on categories that
    are not among those given; and if the file cannot be read or has no rows.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
    ...     _ = file.write("size,colour\\n1.5,red\\n?,blue\\n")
    ...     file.flush()
    ...     table = read_csv(file.name, categorical=["colour"])
    >>> table["size"].tolist(), table.labels("colour").tolist(), table.categories
    ([1.5, nan], [1, 0], {'colour': ('blue', 'red')})
    """
    categorical, missing = _collection(categorical), _collection(missing)
    rows = _read_rows(Path(path), delimiter)
    names = _header(rows.pop(0), path) if header and rows else [str(place) for place in range(len(rows[0].cells))]
    order = {name: tuple(names) for name, names in (categories or {}).items()}
    for name in (*sorted(categorical), *order):
        if name not in names:
            raise DataError(f"{path} has no column {name!r} to hold categories; it has {', '.join(names)}")
    if not rows:
        raise DataError(f"{path} has a header and no rows")
    for row in rows:
        if len(row.cells) != len(names):
            raise DataError(
                f"{path}, line {row.line}: expected {len(names)} cells ({', '.join(names)}), got {len(row.cells)}"
            )
    columns = {}
    for place, name in enumerate(names):
        if name in categorical and name not in order:
            order[name] = tuple(sorted({row.cells[place] for row in rows}.difference(missing)))
        parse: Callable[[str], float | None]
        if name in order:
            number_of = {category: float(number) for number, category in enumerate(order[name])}
            parse, expected = number_of.get, f"one of {', '.join(order[name])}"
        else:
            parse, expected = _number, "a number; if it holds categories, name it in categorical"
        numbers = [np.nan if row.cells[place] in missing else parse(row.cells[place]) for row in rows]
        if None in numbers:
            row = rows[numbers.index(None)]
            raise DataError(f"{path}, line {row.line}: column {name!r} holds {row.cells[place]!r}, expected {expected}")
        columns[name] = np.array(numbers, np.float64)
    return Table(columns, order)


def _collection(names: str | Collection[str]) -> frozenset[str]:
    return frozenset([names] if isinstance(names, str) else names)


class _Row(NamedTuple):
    line: int  # of the file, counted from 1, where the row begins
    cells: list[str]


def _read_rows(path: Path, delimiter: str) -> list[_Row]:
    """All rows but blank ones; at least one."""
    try:
        text = path.read_bytes().decode("utf-8-sig")  # spreadsheets put a mark before the text
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not in UTF-8 (byte {error.start}); save it as CSV in UTF-8") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}; give a CSV file") from error
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        raise DataError(f"read_csv: delimiter is {delimiter!r}, expected one character")
    # newline="" leaves line ends within quotes to the reader.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    rows, line = [], 1
    try:
        for cells in reader:
            if len(cells) > 1 or (cells and cells[0].strip()):
                rows.append(_Row(line, [cell.strip() for cell in cells]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}, line {line}: no CSV ({error})") from error
    if not rows:
        raise DataError(f"{path} is empty; expected rows of cells")
    return rows


def _header(row: _Row, path: str | Path) -> list[str]:
    twice = [name for name, count in Counter(row.cells).items() if count > 1]
    if twice or "" in row.cells:
        fault = f"{twice[0]!r} twice" if twice else "a column without a name"
        raise DataError(f"{path}, line {row.line}: the header has {fault}; each column needs a name of its own")
    return row.cells


def _number(cell: str) -> float | None:
    """The number in a cell; None if it has none. Python's 1_000 is none."""
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None
