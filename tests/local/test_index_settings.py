from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.errors import LocalModelError
from fairlead.local.index_settings import PYPI, IndexSettings, read_index_settings

NO_FILES = {"PIP_CONFIG_FILE": os.devnull}


def config(folder: Path, text: str) -> dict[str, str]:
    path = folder / "chosen.conf"
    path.write_text(text)
    return {"PIP_CONFIG_FILE": str(path)}


def test_without_settings_it_is_pypi() -> None:
    settings = read_index_settings(NO_FILES)
    assert settings == IndexSettings()
    assert settings.indexes == (PYPI,)


def test_the_environment_sets_everything() -> None:
    settings = read_index_settings(
        NO_FILES
        | {
            "PIP_INDEX_URL": "https://one.test/simple",
            "PIP_EXTRA_INDEX_URL": "https://two.test/simple file:///three",
            "PIP_FIND_LINKS": "/wheels /more",
            "PIP_CERT": "/own.pem",
            "REQUESTS_CA_BUNDLE": "/requests.pem",
            "PIP_PROXY": "http://proxy.test:3128",
            "PIP_DEFAULT_TIMEOUT": "7",
        }
    )
    assert settings.indexes == (
        "https://one.test/simple",
        "https://two.test/simple",
        "file:///three",
    )
    assert settings.find_links == ("/wheels", "/more")
    assert settings.certificates == ("/own.pem", "/requests.pem")
    assert settings.proxy == "http://proxy.test:3128"
    assert settings.timeout == 7.0


def test_the_environment_wins_over_a_file(tmp_path: Path) -> None:
    environment = config(tmp_path, "[global]\nindex-url = https://file.test/simple\n")
    assert read_index_settings(environment).indexes == ("https://file.test/simple",)
    environment["PIP_INDEX_URL"] = "https://environment.test/simple"
    assert read_index_settings(environment).indexes == ("https://environment.test/simple",)


def test_a_files_lists_may_span_lines_and_its_names_use_either_dash(tmp_path: Path) -> None:
    text = "[global]\nextra_index_url =\n    https://a.test/simple\n    https://b.test/simple\n"
    settings = read_index_settings(config(tmp_path, text))
    assert settings.indexes == (PYPI, "https://a.test/simple", "https://b.test/simple")


def test_the_users_file_is_read_where_none_is_chosen(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("the file has another place there")
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "pip.conf").write_text("[install]\nindex-url = https://user.test/simple\n")
    environment = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path / "none")}
    assert read_index_settings(environment).indexes[0] == "https://user.test/simple"
    environment |= config(tmp_path, "[global]\n")
    assert read_index_settings(environment).indexes[0] == PYPI


def test_no_index_leaves_only_the_links(tmp_path: Path) -> None:
    settings = read_index_settings(NO_FILES | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels"})
    assert settings.indexes == ()
    assert settings.find_links == ("/wheels",)


def test_an_index_told_only_to_uv_counts_unless_pip_has_one() -> None:
    environment = NO_FILES | {"UV_DEFAULT_INDEX": "https://uv.test/simple"}
    assert read_index_settings(environment).indexes == ("https://uv.test/simple",)
    environment["PIP_INDEX_URL"] = "https://pip.test/simple"
    assert read_index_settings(environment).indexes == ("https://pip.test/simple",)


@pytest.mark.parametrize("text", ["", "no section\n", "[global\n", "\udcff"])
def test_a_broken_file_is_passed_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.conf"
    path.write_bytes(text.encode(errors="surrogateescape"))
    assert read_index_settings({"PIP_CONFIG_FILE": str(path)}).timeout == 30.0


def test_a_timeout_that_is_no_number_says_where_to_look() -> None:
    with pytest.raises(LocalModelError, match="'soon' is not a number; see: pip config list"):
        read_index_settings(NO_FILES | {"PIP_TIMEOUT": "soon"})


def test_a_password_is_not_shown() -> None:
    settings = read_index_settings(NO_FILES | {"PIP_INDEX_URL": "https://me:canary@x.test/simple"})
    assert "canary" not in repr(settings)


def test_pip_itself_reads_the_same(tmp_path: Path) -> None:
    if importlib.util.find_spec("pip") is None:
        pytest.skip("pip is not installed here")
    text = "[global]\nindex-url = https://one.test/simple\nfind-links = /wheels\n"
    environment = config(tmp_path, text) | {"PIP_TIMEOUT": "9"}
    said = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        env={**environment, "PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    settings = read_index_settings(environment)
    assert f"index-url='{settings.indexes[0]}'" in said
    assert f"find-links='{settings.find_links[0]}'" in said
    assert f"timeout='{settings.timeout:g}'" in said
