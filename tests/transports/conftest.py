from __future__ import annotations

from collections.abc import Iterator

import pytest
import trustme
from tests.transports.colours import colour
from tests.transports.h2_server import H2Server

from fairlead.types.http import HttpSettings

__all__ = ["colour"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def http2(authority: trustme.CA) -> Iterator[H2Server]:
    with H2Server(authority) as server:
        yield server


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> HttpSettings:
    """Settings that trust the server `http2`."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return HttpSettings(ca_file=str(path))


@pytest.fixture(scope="module")
def over_http2(trusting: HttpSettings) -> HttpSettings:
    return HttpSettings(http_version="http2", ca_file=trusting.ca_file)
