"""docs/licences.md lists what the project asks for, each under a licence of the kind that the package says."""

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "docs" / "make_licences.py"


def test_every_dependency_is_listed_with_its_licence():
    spec = importlib.util.spec_from_file_location("make_licences", SCRIPT)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    listed, declared = made.rows(), made.declared()
    assert {"numpy", "igraph", "mpi4py", "pytest"} <= listed.keys() == declared.keys(), f"run python docs/{SCRIPT.name}"
    page = made.PAGE.read_text(encoding="utf-8")
    assert all(f"| {name} | {listed[name]} | {extras} |" in page for name, extras in declared.items())
    assert not {"not known", "not said"} & set(listed.values())
    installed = {name: said for name in declared if (said := made.licence(name))}
    assert len(installed) > 20
    # The wording may change with any release; whether others' programs have to be open may not without our noticing.
    for kind in ("GPL", "MPL"):
        assert {name for name, said in installed.items() if kind in said} == {
            name for name in installed if kind in listed[name]
        }
