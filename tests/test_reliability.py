"""docs/reliability.md says what the tests prove: no row without a test, no test without a row."""

from __future__ import annotations

from pathlib import Path

from tests.reliability import PAGE, Mark, Rows, document, gaps, marks, rows


def test_every_row_has_a_test_and_every_mark_a_row() -> None:
    assert gaps(rows(), marks()) == []


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(rows(), marks()), "run `make docs`"


def test_a_row_without_a_test_and_a_mark_without_a_row_are_told() -> None:
    wanted = Rows({"C1": {"what": "a", "made": "b"}}, {"I1": "holds"})
    found = [Mark("fault", "C9", "refused", "tests/test_a.py::test_x")]

    assert gaps(wanted, found) == [
        "no test proves fault C1",
        "no test proves invariant I1",
        "tests/test_a.py::test_x marks fault C9, which tests/faults/rows.toml does not have",
    ]


def test_marks_are_read_from_decorators_parameters_and_whole_files(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_a.py").write_text(
        "import pytest\n"
        "pytestmark = pytest.mark.invariant('I9')\n"
        "@pytest.mark.fault('C1', 'refused: ' 'an error')\n"
        "@pytest.mark.parametrize('a', [pytest.param(1, marks=pytest.mark.fault('C2', 'late'))])\n"
        "def test_c1_a_thing(a): ...\n"
    )

    assert marks(folder) == [
        Mark("invariant", "I9", "", "tests/test_a.py"),
        Mark("fault", "C1", "refused: an error", "tests/test_a.py::test_c1_a_thing"),
        Mark("fault", "C2", "late", "tests/test_a.py::test_c1_a_thing"),
    ]


def test_the_page_names_outcomes_once_and_tests_as_sentences() -> None:
    wanted = Rows({"C1": {"what": "nobody listens", "made": "a closed port"}}, {"I1": "It ends."})
    found = [
        Mark("fault", "C1", "an error", "tests/a/test_b.py::test_c1_refused_at_once"),
        Mark("fault", "C1", "an error", "tests/a/test_b.py::test_c1_refused_again"),
        Mark("invariant", "I1", "", "tests/test_c.py::test_the_end"),
    ]
    lines = document(wanted, found).splitlines()

    assert (
        "| C1 | nobody listens | a closed port | an error | "
        "`a/test_b.py`: refused at once, refused again |" in lines
    )
    assert "| I1 | It ends. | `test_c.py`: the end |" in lines
