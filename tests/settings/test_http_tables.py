"""The tables within `[http]` stand for fields of one Struct, which may be set flat as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.errors import ConfigError
from fairlead.settings import Settings
from fairlead.types.http import HTTP_GROUPS, HttpSettings

FIELDS = [field for fields in HTTP_GROUPS.values() for field in fields.values()]


def loaded(folder: Path, text: str, **environ: str) -> HttpSettings:
    path = folder / "fairlead.toml"
    path.write_text(text)
    return Settings.load(path=path, environ=environ).http


def test_every_table_is_read(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        """
        [http]
        http_version = "http3"
        [http.pool]
        max_connections = 20
        max_connections_per_host = 10
        max_streams = 100
        max_idle = 30
        max_age = 300
        [http.quic]
        alt_svc = false
        early_data = true
        [http.tls]
        ca_file = "ca.pem"
        client_cert = "cert.pem"
        client_key = "key.pem"
        min_version = "1.3"
        """,
    )

    assert found == HttpSettings(
        http_version="http3",
        max_connections=20,
        max_connections_per_host=10,
        max_streams=100,
        max_idle=30,
        max_age=300,
        alt_svc=False,
        early_data=True,
        ca_file="ca.pem",
        client_cert="cert.pem",
        client_key="key.pem",
        min_tls="1.3",
    )


def test_flat_keys_and_variables_say_the_same(tmp_path: Path) -> None:
    text = "[http]\nmax_idle = 5\n[http.tls]\nmin_version = '1.3'"
    found = loaded(tmp_path, text, FAIRLEAD_HTTP_MAX_IDLE="7", FAIRLEAD_HTTP_MAX_STREAMS="9")

    assert found == HttpSettings(max_idle=7, min_tls="1.3", max_streams=9)


def test_every_key_of_a_table_is_a_field_once() -> None:
    assert sorted(set(FIELDS)) == sorted(FIELDS)
    assert set(FIELDS) <= set(HttpSettings.__struct_fields__)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[http.pool]\nmax_connection = 5", "http.pool.max_connection: there is no such key; did"),
        ("[http.pool]\nca_file = 'x'", "http.pool.ca_file: there is no such key"),
        ("[http.pool]\nmax_idle = 0", "http.pool.max_idle: must be above 0"),
        ("[http.tls]\nmin_version = '1.1'", "http.tls.min_version: there is no '1.1'"),
        ("[http]\nmax_idle = 5\npool = { max_idle = 6 }", "http.pool.max_idle: is set as http.max"),
        ("[http]\ntls = 3", "http.tls: must be a table"),
        ("http = 3", "http: must be a table"),
        (
            "[http]\nhttp_version = 'http9'",
            "http.http_version: there is no 'http9'; did you mean http3",
        ),
    ],
)
def test_what_is_wrong_is_named_as_it_was_written(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)

    assert words in str(caught.value)


def test_a_projects_file_may_not_hide_a_certificate_in_a_table(tmp_path: Path) -> None:
    (tmp_path / "fairlead.toml").write_text("[http.tls]\nca_file = 'evil.pem'")

    with pytest.raises(ConfigError, match=r"http\.ca_file: a project's file may not set this"):
        Settings.load(cwd=tmp_path, environ={"HOME": str(tmp_path / "home")})
