from __future__ import annotations

import base64
import json

import pytest
from tests.cli.conftest import Lab, answered, sent

M = ("-m", "lab/draw")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
JPEG = b"\xff\xd8\xff" + bytes(8)


def drawn(*pictures: bytes) -> object:
    return answered({"data": [{"b64_json": base64.b64encode(p).decode()} for p in pictures]})


def test_a_picture_is_kept_under_the_name_that_was_given(lab: Lab):
    server = lab.answers(drawn(PNG))
    words = ["-n", "1", "--size", "1024x1024", "-o", "quality", "high"]
    result = lab.run("image", *M, "A boat", "--save", "boat.png", *words)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "boat.png\n", "")
    assert (lab.folder / "boat.png").read_bytes() == PNG
    body = sent(server)
    assert (body["n"], body["size"], body["quality"]) == (1, "1024x1024", "high")


@pytest.mark.parametrize(
    ("given", "picture", "kept"),
    [
        ("boat", PNG, "boat.png"),
        ("boat.png", JPEG, "boat.jpg"),
        ("boat.jpeg", JPEG, "boat.jpeg"),
        ("boat.v1", JPEG, "boat.v1.jpg"),
    ],
)
def test_the_kind_of_picture_decides_how_its_name_ends(
    lab: Lab, given: str, picture: bytes, kept: str
):
    lab.answers(drawn(picture))
    assert lab.run("image", *M, "A boat", "--save", given).stdout == f"{kept}\n"
    assert (lab.folder / kept).read_bytes() == picture


def test_several_pictures_are_numbered(lab: Lab):
    lab.answers(drawn(PNG, JPEG))
    result = lab.run("image", *M, "--save", "boat", stdin="A boat\n")
    assert result.stdout == "boat-1.png\nboat-2.jpg\n"


def test_a_picture_that_nobody_named_replaces_no_other(lab: Lab):
    lab.answers(drawn(PNG))
    (lab.folder / "image.png").write_bytes(b"mine")
    assert lab.run("image", *M, "A boat").stdout == "image-2.png\n"
    assert (lab.folder / "image.png").read_bytes() == b"mine"


def test_an_address_is_printed_instead(lab: Lab):
    lab.answers(answered({"data": [{"url": "https://example.com/b.png\x1b[2J"}]}))
    result = lab.run("image", *M, "A boat")
    assert result.stdout == "https://example.com/b.png\n"
    assert "fetch it soon" in result.stderr
    assert list(lab.folder.iterdir()) == []


def test_json_tells_the_files(lab: Lab):
    lab.answers(drawn(PNG))
    found = json.loads(lab.run("image", *M, "A boat", "--save", "b", "--json").stdout)
    assert found["paths"] == ["b.png"]
    assert base64.b64decode(found["images"][0]["data"]) == PNG
    assert found["receipt"]["operation"] == "image"
