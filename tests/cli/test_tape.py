"""`fairlead tape import`: cassettes of vcrpy become tapes."""

from __future__ import annotations

from tests.tapes.test_vcr import cassette, with_body

from fairlead.tapes.folder import TapeFolder


def test_a_cassette_is_taken_over(lab, tmp_path) -> None:
    source = cassette(tmp_path, with_body("hello"), "c.json")

    result = lab.run("tape", "import", str(source), str(tmp_path / "tape"))

    assert (result.exit_code, result.stdout) == (0, "")
    assert "1 exchange taken over" in result.stderr
    (found,) = TapeFolder(tmp_path / "tape").read()
    assert found.answer.body == b"hello"


def test_what_is_no_cassette_is_refused(lab, tmp_path) -> None:
    source = cassette(tmp_path, "{}", "c.json")

    result = lab.run("tape", "import", str(source), str(tmp_path / "tape"))

    assert result.exit_code == 2
    assert "is no cassette of vcrpy" in result.stderr
