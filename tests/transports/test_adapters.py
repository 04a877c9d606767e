"""The scenarios of every transport, over the adapters: the same tests as libcurl's.

Those that ask for what adapters declare they cannot do stand in `test_adapters_own.py`.
"""

from __future__ import annotations

from tests.transports.adapted import colour
from tests.transports.test_curl import (
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
    test_send_returns_with_the_headers_before_any_body,
)

__all__ = [
    "colour",
    "test_a_header_that_could_split_the_request_is_refused",
    "test_a_large_body_survives_back_pressure",
    "test_a_read_that_waits_too_long_says_so_on_time",
    "test_a_response_closed_early_closes_its_connection",
    "test_a_response_has_its_status_headers_and_body",
    "test_a_server_that_never_answers_is_a_read_timeout_of_the_first_event",
    "test_a_slow_reader_stops_the_sender",
    "test_a_stream_is_read_as_it_comes",
    "test_a_url_that_must_not_be_asked_for_is_refused",
    "test_an_answer_past_the_cap_is_refused_after_what_came_before",
    "test_dots_in_a_path_are_sent_as_they_are",
    "test_every_method_is_sent_as_it_is_also_on_a_used_handle",
    "test_send_returns_with_the_headers_before_any_body",
]
