"""The notebooks run from top to bottom, with the answers of their exercises, on the tests' small sample of MNIST.

They run in this process, which has compiled the kernels already; a warning is an error here.
"""

import base64
import copy
import importlib.util
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import autograd_core as ag

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ANSWER = re.compile(r"<details>.*?</details>", re.DOTALL)
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def code(path):
    """Every cell of code, and every block of code in an answer, in their order."""
    for cell in cells(path):
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            yield source
        else:
            yield from (block for answer in ANSWER.findall(source) for block in BLOCK.findall(answer))


@pytest.fixture
def as_in_a_kernel(monkeypatch):
    """Plots that are drawn nowhere, a small MNIST, random numbers of its own."""
    import matplotlib

    monkeypatch.setenv("MNIST_DIR", str(ROOT / "tests" / "data"))
    backend = matplotlib.get_backend()
    matplotlib.use("agg")
    with ag.seeded(0), matplotlib.rc_context():
        yield
        matplotlib.pyplot.close("all")
    matplotlib.use(backend)


def test_there_is_the_whole_course():
    assert [path.stem[:2] for path in NOTEBOOKS] == [f"{number:02}" for number in range(1, 15)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, as_in_a_kernel):
    names = {"__name__": "__main__"}
    for number, source in enumerate(code(path)):
        exec(compile(source, f"{path.name}, code {number}", "exec"), names)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_with_its_output_its_decks_and_two_exercises(path):
    assert all(cell["execution_count"] for cell in cells(path) if cell["cell_type"] == "code")
    text = "\n".join("".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "markdown")
    outputs = [output for cell in cells(path) for output in cell.get("outputs", [])]
    assert len(ANSWER.findall(text)) == text.count("<details>") == 2
    assert re.search(r"\*\*Decks? |\*\*Beyond the decks", text)
    assert "$" in text
    assert any(kind.startswith("image/") for output in outputs for kind in output.get("data", {}))


@pytest.fixture(scope="module")
def runner():
    spec = importlib.util.spec_from_file_location("notebooks_run", ROOT / "notebooks" / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def png(array):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode()


def test_outputs_that_say_the_same_are_kept_and_others_are_not(runner):
    def stream(text):
        return {"output_type": "stream", "name": "stdout", "text": [text]}

    def picture(array):
        return {"output_type": "display_data", "data": {"image/png": png(array)}}

    assert runner.alike(stream("accuracy 97.31 %\n"), stream("accuracy 97.4  %\n"))
    assert not runner.alike(stream("accuracy 97.31 %\n"), stream("accuracy 9.74 %\n"))
    assert not runner.alike(stream("loss 1"), stream("error 1"))
    assert not runner.alike(stream("1, 2"), stream("1, 2, 3"))
    white = np.full((50, 50), 255, np.uint8)
    moved, other = white.copy(), white.copy()
    moved[0, :20], other[:25] = 0, 0
    assert runner.alike(picture(white), picture(moved))
    assert not runner.alike(picture(white), picture(other))
    assert not runner.alike(stream("1"), picture(white))


def test_outputs_of_a_file_are_of_one_run(runner):
    def notebook(*texts):
        outputs = [[{"output_type": "stream", "name": "stdout", "text": [text]}] for text in texts]
        return {"cells": [{"cell_type": "code", "source": "x", "outputs": output} for output in outputs]}

    def tidied(old, new):
        runner.tidy(new, old)
        return ["".join(cell["outputs"][0]["text"]) for cell in new["cells"]]

    assert tidied(notebook("0.50", "0.60"), notebook("0.51", "0.61")) == ["0.50", "0.60"]
    assert tidied(notebook("0.50", "0.60"), notebook("0.51", "0.99")) == ["0.51", "0.99"]


def test_tidying_leaves_no_trace_of_the_run_and_refuses_stderr(runner):
    output = {"output_type": "stream", "name": "stdout", "text": ["0.50\n"]}
    cell = {"cell_type": "code", "source": "x", "id": "a", "metadata": {"execution": {}}, "outputs": [output]}
    old = {"cells": [cell], "metadata": {}}
    new = copy.deepcopy(old) | {"metadata": {"language_info": {"version": "3.11.7"}}}
    new["cells"][0]["outputs"][0]["text"] = ["0.51\n"]
    runner.tidy(new, old)
    assert new["cells"] == [cell | {"id": "cell-00", "metadata": {}}]
    assert list(new["metadata"]) == ["kernelspec"]
    new["cells"][0]["outputs"][0]["name"] = "stderr"
    with pytest.raises(RuntimeError, match="wrote to stderr"):
        runner.tidy(new, old)
