"""Which files are read, and what an unreadable one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment
from fairlead.settings.files import ConfigPath, config_paths, project_file, read_layer, seal


def layer_problem(path: Path) -> str:
    return read_layer(ConfigPath("user", path)).problem


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_projects_file_is_found_upwards_to_the_repository(tmp_path: Path) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    deep = tmp_path / "repo" / "a" / "b"
    deep.mkdir(parents=True)
    home = tmp_path / "home"
    assert project_file(deep, home) is None
    outside = write(tmp_path / "fairlead.toml")
    assert outside.exists()
    assert project_file(deep, home) is None
    root = write(tmp_path / "repo" / "fairlead.toml")
    assert project_file(deep, home) == root
    near = write(tmp_path / "repo" / "a" / "fairlead.toml")
    assert project_file(deep, home) == near


def test_below_the_home_folder_the_search_ends_there(tmp_path: Path) -> None:
    write(tmp_path / "fairlead.toml")
    home = tmp_path / "home"
    deep = home / "a" / "b"
    deep.mkdir(parents=True)
    assert project_file(deep, home) is None
    own = write(home / "fairlead.toml")
    assert project_file(deep, home) == own


def test_outside_of_home_and_repository_no_folder_above_is_looked_at(tmp_path: Path) -> None:
    write(tmp_path / "fairlead.toml")
    work = tmp_path / "work"
    work.mkdir()
    assert project_file(work, tmp_path / "home") is None
    own = write(work / "fairlead.toml")
    assert project_file(work, tmp_path / "home") == own


def test_the_users_file_is_in_the_config_folder(tmp_path: Path) -> None:
    environment = Environment({"HOME": str(tmp_path)})
    (found,) = config_paths(environment, cwd=tmp_path)
    assert found == ConfigPath("user", tmp_path / ".config" / "fairlead" / "fairlead.toml")
    elsewhere = Environment({"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "x")})
    (found,) = config_paths(elsewhere, cwd=tmp_path)
    assert found.path == tmp_path / "x" / "fairlead" / "fairlead.toml"
    assert not found.exists


def test_the_projects_file_comes_before_the_users(tmp_path: Path) -> None:
    project = write(tmp_path / "work" / "fairlead.toml")
    found = config_paths(Environment({"HOME": str(tmp_path / "home")}), cwd=project.parent)
    assert [place.trust for place in found] == ["project", "user"]


def test_the_users_file_is_not_taken_for_a_projects_too(tmp_path: Path) -> None:
    user = write(tmp_path / ".config" / "fairlead" / "fairlead.toml")
    found = config_paths(Environment({"HOME": str(tmp_path)}), cwd=user.parent)
    assert found == (ConfigPath("user", user),)


def test_a_folder_that_was_deleted_holds_no_projects_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    (found,) = config_paths(Environment({"HOME": str(tmp_path)}))

    assert found.trust == "user"


def test_a_named_file_stands_in_place_of_all_others(tmp_path: Path) -> None:
    write(tmp_path / "fairlead.toml")
    named = tmp_path / "named.toml"
    environment = Environment({"HOME": str(tmp_path), "FAIRLEAD_CONFIG": str(named)})
    expected = (ConfigPath("user", named, required=True),)
    assert config_paths(environment, cwd=tmp_path) == expected
    other = tmp_path / "other.toml"
    found = config_paths(environment, path=other, cwd=tmp_path)
    assert found == (ConfigPath("user", other, required=True),)


def test_broken_toml_names_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "fairlead.toml", 'model = "x"\nkey = canary\n')
    problem = layer_problem(path)
    assert "not valid TOML" in problem
    assert "line 2" in problem
    assert "canary" not in problem


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / "fairlead.toml"
    assert layer_problem(path) == "cannot be read: No such file or directory"
    path.write_bytes(b'model = "\xff"')
    assert layer_problem(path) == "not UTF-8 text; save it as UTF-8"
    path.write_text("x = " + "9" * 5_000)
    assert layer_problem(path) == "not valid TOML: a number has too many digits"
    path.write_text("x = " + "[" * 100_000)
    assert "not valid TOML" in layer_problem(path)


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "fairlead.toml"
    path.write_bytes(b'\xef\xbb\xbfmodel = "x"')
    assert read_layer(ConfigPath("user", path)).table == {"model": "x"}


def test_keys_are_sealed_as_they_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "fairlead.toml", '[providers.x]\nkey = "canary"')
    layer = read_layer(ConfigPath("user", path))
    assert layer.table == {"providers": {"x": {"key": Secret("canary")}}}
    assert "canary" not in repr(layer)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"key": "canary\n"}, "providers.x.key holds a line break"),
        ({"headers": {"Authorization": "Bearer canary"}}, "x.headers.Authorization: give the key"),
        (
            {
                "key": "canary\n",
                "base_url": "https://u:canary@a.example",
                "headers": {"Cookie": "canary"},
            },
            "providers.x.base_url: holds a user name",
        ),
        ({"base_url": "https://u:canary@a.example/v1"}, "base_url: holds a user name or password"),
    ],
)
def test_what_cannot_be_sealed_is_taken_out(own: dict[str, object], words: str) -> None:
    table: dict[str, object] = {"providers": {"x": own}}
    assert words in seal(table)
    assert "canary" not in repr(table)


@pytest.mark.parametrize("table", [{}, {"providers": 3}, {"providers": {"x": 3}}])
def test_other_shapes_are_left_to_the_check(table: dict[str, object]) -> None:
    assert seal(table) == ""
