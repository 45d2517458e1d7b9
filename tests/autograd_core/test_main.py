"""The engine's command line."""

import subprocess
import sys
import time

import pytest

from autograd_core.__main__ import main


def run(capsys, *arguments):
    """Exit status, standard output, standard error."""
    try:
        status = main(arguments)
    except SystemExit as stopped:  # argparse
        status = stopped.code
    return status, *capsys.readouterr()


def totals(output):
    """The gradients at the end of a report."""
    lines = [line.split(" = ") for line in output.splitlines() if line.startswith("∂")]
    return {name: float(total) for name, *_, total in lines}


def test_lecture_example_in_full(capsys):
    assert run(capsys, "(x+y)*z", "x=-2", "y=5", "z=-4") == (
        0,
        """\
f = (x+y)*z

node  op        value  gradient  input  local gradient  · upstream  = passed on
x                  -2        -4
y                   5        -4
v1    add           3        -4  x                   1          -4           -4
                                 y                   1          -4           -4
z                  -4         3
f     multiply    -12         1  v1                 -4           1           -4
                                 z                   3           1            3

∂f/∂x = -4
∂f/∂y = -4
∂f/∂z = 3
""",
        "",
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["(x+y)*(y-z)", "x=2", "y=3", "z=2"], {"x": 1, "y": 6, "z": -5}),
        (["x1 - (x3 + x4)", "x1=1", "x3=2", "x4=3"], {"x1": 1, "x3": -1, "x4": -1}),
        (["x + y", "x=1", "y=2"], {"x": 1, "y": 1}),  # add copies
        (["x * y", "x=3", "y=2"], {"x": 2, "y": 3}),  # multiply switches
        (["maximum(x, y)", "x=3", "y=2"], {"x": 1, "y": 0}),  # max routes
        (["maximum(x, y)", "x=2", "y=2"], {"x": 0.5, "y": 0.5}),
        (["relu(x)", "x=-1"], {"x": 0}),  # ReLU stops
        (["relu(x)", "x=0"], {"x": 0}),
        (["x * x + x", "x=3"], {"x": 7}),  # branching adds
        (["-x*y", "x=1", "y=2"], {"x": -2, "y": -1}),
    ],
)
def test_gradients_of_the_lectures(capsys, arguments, expected):
    status, output, errors = run(capsys, *arguments)
    assert (status, errors) == (0, "")
    assert totals(output) == {f"∂f/∂{name}": gradient for name, gradient in expected.items()}


def test_network_of_deck_b(capsys):
    formula = "0.5*(sigmoid(0.5*sigmoid(0.5*x+1) + 0.5*sigmoid(w*x+0.5) + 0.25) - t)**2"
    _, output, _ = run(capsys, formula, "x=1", "w=1", "t=0")
    z, y2, x = 0.7441349, 0.8175745, 1.0
    assert totals(output)["∂f/∂w"] == pytest.approx(z * z * (1 - z) * 0.5 * y2 * (1 - y2) * x, rel=1e-4)


def test_result_gets_another_name_if_a_variable_is_called_f(capsys):
    _, output, _ = run(capsys, "f*2", "f=1")
    assert totals(output) == {"∂f_/∂f": 2}


def test_numbers_alone_are_a_graph_too(capsys):
    status, output, _ = run(capsys, "2*3")
    assert status == 0
    assert "f     multiply      6         1  2" in output


def test_a_formula_of_several_lines_is_shown_in_one(capsys):
    status, output, _ = run(capsys, "(x +\n  y)", "x=1", "y=2")
    assert (status, output.splitlines()[0]) == (0, "f = (x + y)")


def test_a_picture_of_another_kind_is_refused_in_one_line(capsys, tmp_path):
    status, output, errors = run(capsys, "x", "x=1", "--svg", str(tmp_path / "f.jpeg"))
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert "a drawing is written as .svg, .png, .html" in errors


def test_branches_are_shown_to_add_up(capsys):
    assert "∂f/∂y = 1 + 5 = 6\n" in run(capsys, "(x+y)*(y-z)", "x=2", "y=3", "z=2")[1]


def test_a_derivative_as_a_sum_over_paths(capsys):
    _, output, _ = run(capsys, "(x+y)*(y-z)", "x=2", "y=3", "z=2", "--wrt", "y")
    assert "f → v2 → y  ∂f/∂v2 · ∂v2/∂y = v1 · 1 = 5 · 1 = 5\n" in output
    status, output, errors = run(capsys, "x", "x=1", "--wrt", "y")
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert "no such name" in errors


def test_more_on_request(capsys):
    formula = ["x**2*y", "x=3", "y=2"]
    assert "by differences" in run(capsys, *formula, "--check")[1]
    assert "  2·x  " in run(capsys, *formula, "--symbols")[1]
    assert "\\end{align*}\n" in run(capsys, *formula, "--latex")[1]
    assert run(capsys, *formula, "--hessian")[1].endswith(
        "second derivatives  x  y\nx                   4  6\ny                   6  0\n"
    )


def test_infinities_and_nan_are_numbers(capsys):
    assert run(capsys, "x*y", "x=inf", "y=nan")[0] == 0


def test_names_are_compared_as_python_does(capsys):
    assert run(capsys, "µ*2", "μ=1")[0] == 0  # the micro sign and the Greek letter


def test_picture_is_written(capsys, tmp_path):
    status, output, _ = run(capsys, "(x+y)*z", "x=-2", "y=5", "z=-4", "--svg", str(tmp_path / "f.svg"))
    assert status == 0
    assert output.startswith("f = ")
    assert (tmp_path / "f.svg").read_text(encoding="utf-8").startswith("<svg ")


def test_page_to_step_through_is_written(capsys, tmp_path):
    status, output, _ = run(capsys, "(x+y)*z", "x=-2", "y=5", "z=-4", "--html", str(tmp_path / "f.html"))
    assert status == 0
    assert output.startswith("f = ")
    page = (tmp_path / "f.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<title>f = (x+y)*z</title>" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required"),
        (["x"], "no value for x"),
        (["x", "x=1", "y=2"], "'y'"),
        (["x", "x=1", "x=1"], "twice"),
        (["x", "x=one"], "'one' is no number"),
        (["x", "x="], "no number"),
        (["x", "x"], "no assignment"),
        (["x", "=1"], "no assignment"),
        (["x", "1=1"], "no assignment"),
        (["x", "x=1e999"], "too large"),
        (["x", "x=1\n2"], "no number"),
        (["x", "sin=1", "x=1"], "name of an op"),
        (["sin", "sin=1"], "name of an op"),
        (["x", "x=1", "--unknown"], "unrecognized"),
        (["x", "x=1", "--svg"], "--svg"),
        (["--" + "x" * 5000, "x", "x=1"], "unrecognized"),
        (["(" * 10_000 + "x" + ")" * 10_000, "x=1"], "characters"),
        (["9**9**9**9"], "not a finite number"),
        (["__import__('os').getcwd()"], "cannot stand in an expression"),
        (["x\ny", "x=1", "y=1"], "no expression"),
        (["x\udcff", "x=1"], "cannot stand"),
    ],
)
def test_bad_input_gets_one_line_and_exit_status_2(capsys, arguments, message):
    status, output, errors = run(capsys, *arguments)
    assert (status, output) == (2, "")
    assert errors.startswith("python -m autograd_core: error: ")
    assert message in errors
    assert errors.count("\n") == 1
    assert len(errors) < 500


_HOSTILE = """
__import__('os').system('id')|().__class__|open('/etc/passwd')|x.__class__|x;y|x=1|lambda: 0|[x for x in y]|{x}|f'{x}'
1/0|0**-1|1e999|9**9**9**9|9e999-9e999|log(0)*0|sqrt(-1)|x**|x+|((x|x))|*x|x y|x,y|x[0]|x if y else z|x and y|not x|x<y
x//y|x%y|x@y|~x|x:=2|print(x)|exec('1')|eval('1')|exp|exp()|exp(x,y)|exp(x=y)|sum(x)|matmul(x,y)|softmax(x)|relu(*x)
x^2|2x|2if|0x1p3|1_000|1j|True|None|...|λx.x|x²|\x00|x\x1b[31m|x\\\ny|#x|'''|$x|`x`|x?
import os|del x|×|−x|x==y|pow(x,y,z)
"""


def test_hostile_expressions_get_one_clear_line_each(capsys):
    hostile = [text for line in _HOSTILE.strip().split("\n") for text in line.split("|")]
    hostile += [
        "-" * 3000 + "x",
        "(" * 900 + "x" + ")" * 900,
        "+".join("x" * 900),
        "9" * 1999,
        "sin(" * 300 + "x",
        "",
        " ",
    ]
    assert len(hostile) > 60
    before = time.process_time()
    for text in hostile:
        status, output, errors = run(capsys, text, "x=2")
        assert (status, output, errors.count("\n")) == (2, "", 1), text
        assert errors.startswith("python -m autograd_core: error: ")
        assert len(errors) < 1500
    assert time.process_time() - before < 1  # all of them together


@pytest.mark.parametrize("option", ["--svg", "--html"])
@pytest.mark.parametrize("path", ["missing/f", ".", ""])
def test_unwritable_picture_gets_one_line(capsys, tmp_path, monkeypatch, option, path):
    monkeypatch.chdir(tmp_path)
    status, output, errors = run(capsys, "x", "x=1", option, path)
    assert (status, output) == (2, "")
    assert f"cannot write {path!r}" in errors
    assert list(tmp_path.iterdir()) == []


def test_missing_igraph_gets_one_line(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "igraph", None)
    status, _, errors = run(capsys, "x", "x=1", "--svg", str(tmp_path / "f.svg"))
    assert (status, errors.count("\n")) == (2, 1)
    assert "autograd-core[show]" in errors
    assert run(capsys, "x", "x=1")[0] == 0  # the table needs none


def test_help_is_no_error(capsys):
    status, output, _ = run(capsys, "--help")
    assert status == 0
    assert '"(x+y)*z" x=-2 y=5 z=-4' in output


def process(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "autograd_core", *arguments], stderr=subprocess.PIPE, text=True, **options
    )


def test_reader_that_leaves_early_is_no_error():
    done = process("x*y", "x=1", "y=2", stdout=subprocess.PIPE)
    done.stdout.close()
    assert done.stderr.read() == ""
    done.stderr.close()
    assert done.wait() == 0


def test_terminal_without_these_letters_gets_others():
    done = process("x*2", "x=1", stdout=subprocess.PIPE, env={"PYTHONIOENCODING": "ascii"})
    output, errors = done.communicate()
    assert (done.returncode, errors) == (0, "")
    assert "?f/?x = 2" in output


def test_warmup_compiles_the_kernels_and_says_which(capsys):
    assert main(["warmup"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("gemm._multiply, float32: ")]
