import numpy as np
import pytest

from nn.data import read_csv

IRIS = "length,width,species\n5.1,3.5,setosa\n7.0,,versicolor\n6.3,3.3,\n4.9,NA,setosa\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_numbers_categories_and_what_is_missing(write):
    table = read_csv(write(IRIS), categorical=["species"])
    assert len(table) == 4
    assert list(table.columns) == ["length", "width", "species"]
    np.testing.assert_array_equal(table["length"], [5.1, 7.0, 6.3, 4.9])
    np.testing.assert_array_equal(table["width"], [3.5, np.nan, 3.3, np.nan])
    np.testing.assert_array_equal(table["species"], [0, 1, np.nan, 0])
    assert table.categories == {"species": ("setosa", "versicolor")}


def test_features_have_a_column_for_each_category(write):
    table = read_csv(write(IRIS), categorical="species")
    expected = [[5.1, 1, 0], [7.0, 0, 1], [6.3, np.nan, np.nan], [4.9, 1, 0]]
    np.testing.assert_array_equal(table.features("length", "species"), expected)


def test_labels_are_whole_numbers(write):
    table = read_csv(write("digit,name\n3,c\n0,a\n"), categorical=["name"])
    for name, expected in (("digit", [3, 0]), ("name", [1, 0])):
        assert table.labels(name).tolist() == expected
        assert table.labels(name).dtype == np.int64


def test_a_second_file_agrees_with_the_first_on_the_categories(write, refuses):
    train = read_csv(write(IRIS), categorical=["species"])
    test = read_csv(write("length,width,species\n1,2,versicolor\n"), categories=train.categories)
    assert test.labels("species").tolist() == [1]
    assert test.categories == train.categories
    with refuses("line 3", "column 'species' holds 'virginica', expected one of setosa, versicolor"):
        read_csv(write("length,width,species\n1,2,setosa\n1,2,virginica\n"), categories=train.categories)


@pytest.mark.parametrize(
    ("content", "arguments"),
    [
        ("a,b\r\n1,-2e3\r\n", {}),
        ("\ufeffa,b\n1,-2e3", {}),
        ("a;b\n1;-2e3\n", {"delimiter": ";"}),
        (' a , "b"\n\n 1 ,"-2e3"\n  \n', {}),
    ],
    ids=["windows", "byte order mark", "semicolons", "quotes, spaces, blank lines"],
)
def test_files_as_spreadsheets_write_them(write, content, arguments):
    table = read_csv(write(content), **arguments)
    assert {name: column.tolist() for name, column in table.columns.items()} == {"a": [1], "b": [-2000]}


def test_quoted_cells_may_hold_delimiters_and_lines(write, refuses):
    path = write('x,text\n1,"a, b"\n2,"two\nlines"\nthree,c\n')
    with refuses("line 5: column 'x' holds 'three', expected a number; if it holds categories"):
        read_csv(path, categorical=["text"])
    assert read_csv(path, categorical=["x", "text"]).categories["text"] == ("a, b", "c", "two\nlines")


def test_without_header_columns_have_numbers(write):
    table = read_csv(write("1,2\n3,4\n"), header=False)
    assert {name: column.tolist() for name, column in table.columns.items()} == {"0": [1, 3], "1": [2, 4]}


def test_what_counts_as_missing_can_be_said(write, refuses):
    path = write("x\n-1\n-\n")
    np.testing.assert_array_equal(read_csv(path, missing="-")["x"], [-1, np.nan])
    with refuses("line 3: column 'x' holds '-'"):
        read_csv(path)


def test_rows_of_nothing_but_missing_cells_are_rows(write):
    assert np.isnan(read_csv(write("a,b\n,\n"))["a"]).tolist() == [True]


@pytest.mark.parametrize(
    ("content", "arguments", "parts"),
    [
        ("a,b\n1,2\n3\n", {}, ["line 3: expected 2 cells (a, b), got 1"]),
        ("a,b\n1,2,3\n", {}, ["line 2: expected 2 cells (a, b), got 3"]),
        ("a,a\n1,2\n", {}, ["line 1: the header has 'a' twice"]),
        ("a,\n1,2\n", {}, ["line 1: the header has a column without a name"]),
        ("a,b\n", {}, ["has a header and no rows"]),
        ("", {}, ["is empty"]),
        ("\n \n", {"header": False}, ["is empty"]),
        ("a\n1_000\n", {}, ["line 2: column 'a' holds '1_000'"]),
        ('a\n1\n"2\n', {}, ["line 3: no CSV"]),
        (b"a\n\xff\n", {}, ["is not in UTF-8 (byte 2)"]),
        ("a\n1\n", {"categorical": ["b"]}, ["has no column 'b' to hold categories; it has a"]),
        ("a\n1\n", {"categories": {"b": ("x",)}}, ["has no column 'b'"]),
        ("a\n1\n", {"delimiter": ", "}, ["delimiter is ', ', expected one character"]),
    ],
)
def test_damaged_tables_are_refused_with_the_line(write, refuses, content, arguments, parts):
    with refuses("table.csv" if "delimiter" not in arguments else "read_csv", *parts):
        read_csv(write(content), **arguments)


def test_absent_files_and_columns_are_refused(write, tmp_path, refuses):
    with refuses("cannot read", "absent.csv", "No such file"):
        read_csv(tmp_path / "absent.csv")
    table = read_csv(write(IRIS), categorical=["species"])
    with refuses("there is no column 'colour'; there are length, width, species"):
        table["colour"]
    with refuses("names of columns, got none"):
        table.features()


def test_what_is_no_class_is_refused(write, refuses):
    table = read_csv(write(IRIS), categorical=["species"])
    with refuses("column 'species' cannot be labels: nan in row 2 (from 0) is no class; 1 such rows"):
        table.labels("species")
    with refuses("5.1 in row 0", "3 such rows"):
        table.labels("length")
    with refuses("-1.0 in row 1"):
        read_csv(write("x\n1\n-1\n")).labels("x")
