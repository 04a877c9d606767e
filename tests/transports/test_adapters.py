"""The scenarios of every transport, over the adapters: the same tests as libcurl's."""

from __future__ import annotations

import pytest
from tests.adapters import KINDS, Owned, adapter, xfail_where_declared
from tests.transports.colours import Colour
from tests.transports.test_curl import (
    test_a_body_that_came_in_whole_leaves_the_connection_usable_even_unread,
    test_a_compressed_body_is_decoded,
    test_a_connection_is_used_again_and_the_facts_say_so,
    test_a_header_that_could_split_the_request_is_refused,
    test_a_large_body_survives_back_pressure,
    test_a_read_that_waits_too_long_says_so_on_time,
    test_a_response_closed_early_closes_its_connection,
    test_a_response_has_its_status_headers_and_body,
    test_a_server_that_never_answers_is_a_read_timeout_of_the_first_event,
    test_a_slow_reader_stops_the_sender,
    test_a_stream_is_read_as_it_comes,
    test_a_url_that_must_not_be_asked_for_is_refused,
    test_an_answer_past_the_cap_is_refused_after_what_came_before,
    test_dots_in_a_path_are_sent_as_they_are,
    test_every_method_is_sent_as_it_is_also_on_a_used_handle,
    test_insecure_http_may_be_allowed_and_a_unix_socket_needs_no_leave,
    test_only_the_headers_that_were_asked_for_and_no_surprises_are_sent,
    test_send_returns_with_the_headers_before_any_body,
)

from fairlead.ports import Limits
from fairlead.types.http import HttpSettings

class Adapted(Colour):
    """A colour over another library."""

    def __init__(self, kind: str, colour: str) -> None:
        super().__init__(colour)
        self.kind = kind

    def transport(
        self, settings: HttpSettings | None = None, limits: Limits | None = None
    ) -> Owned:
        return adapter(
            self.kind,
            blocking=self.name == "blocking",
            limits=limits,
            http=settings or HttpSettings(),
        )


@pytest.fixture(
    params=["httpx2-blocking", "httpx2-asyncio", "httpx-blocking", "httpx-asyncio", "aiohttp-asyncio"]
)
def colour(request: pytest.FixtureRequest) -> Adapted:
    kind, _, colour = request.param.partition("-")
    xfail_where_declared(request, kind)
    return Adapted(kind, colour)
