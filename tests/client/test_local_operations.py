"""Operations beside chat at the real llama.cpp server."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from array import array
from collections.abc import Iterator
from typing import Any

import pytest
from tests.conformance.runs import Run, bytewise, stream, whole

from fairlead import AsyncClient, Client, Settings, TextDelta, UnsupportedFeature
from fairlead.auth.secret import Secret
from fairlead.dialects.completion.llamacpp_infill import DIALECT as INFILL
from fairlead.errors import ContextLengthError, LocalModelError, ServerError, StreamInterrupted
from fairlead.local.server import shared_server
from fairlead.ports import Limits
from fairlead.settings import ProviderSettings
from fairlead.types.http import Headers
from fairlead.types.operations import CompletionRequest
from fairlead.types.targets import Target

MODEL = "local/smollm2"
EMBEDDER = "local/minilm"
PROMPT = "The sky is"


@pytest.fixture(scope="module", autouse=True)
def _server() -> None:
    try:
        shared_server().start()
    except LocalModelError as error:
        pytest.skip(f"the local model cannot run: {error}")


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(Settings()) as client:
        yield client


def test_streamed_and_whole_completions_agree(client: Client) -> None:
    one = client.complete(MODEL, PROMPT, max_tokens=12, temperature=0)
    with client.stream_completion(MODEL, PROMPT, max_tokens=12, temperature=0) as stream:
        events = list(stream)
        two = stream.result()

    assert one.text == two.text != ""
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == two.text
    assert one.finish_reason == two.finish_reason == "length"
    assert one.usage is not None
    assert two.usage is not None
    assert (one.usage.input_tokens, one.usage.output_tokens) == (3, 12)
    assert (two.usage.input_tokens, two.usage.output_tokens) == (3, 12)


def test_the_other_colour_gets_the_same(client: Client) -> None:
    async def run() -> str:
        async with AsyncClient(Settings()) as other:
            answer = await other.complete(MODEL, PROMPT, max_tokens=5, temperature=0)
            return answer.text

    answer = client.complete(MODEL, PROMPT, max_tokens=5, temperature=0)
    assert asyncio.run(run()) == answer.text


def test_a_stop_word_ends_it_and_is_left_out(client: Client) -> None:
    answer = client.complete(MODEL, "one two three four", max_tokens=40, temperature=0, stop=["."])
    assert "." not in answer.text


def test_log_probabilities_are_read(client: Client) -> None:
    asked = {"logprobs": 2}
    answer = client.complete(MODEL, PROMPT, max_tokens=3, temperature=0, extra_body=asked)
    assert answer.logprobs is not None
    assert "".join(token.token for token in answer.logprobs) == answer.text


def test_what_the_server_would_leave_out_without_a_word_is_refused(client: Client) -> None:
    with pytest.raises(UnsupportedFeature, match="suffix"):
        client.complete(MODEL, PROMPT, suffix="blue")
    with pytest.raises(UnsupportedFeature, match="user"):
        client.complete(MODEL, PROMPT, user="u")


def test_a_prompt_over_the_context_window_is_typed(client: Client) -> None:
    with pytest.raises(ContextLengthError, match="context"):
        client.complete(MODEL, "word " * 40_000, max_tokens=5)


def test_tokens_are_counted_as_the_answer_counts_them(client: Client) -> None:
    question = "In one sentence: why is the sky blue?"
    counted = client.count_tokens(MODEL, question)
    answer = client.chat(MODEL, question, max_tokens=1)
    assert answer.usage is not None
    assert counted.tokens == answer.usage.input_tokens


TEXTS = ("A cat sits on the mat.", "A kitten lies on the rug.", "Bonds fell as rates rose.")


@pytest.fixture
def embedder(client: Client) -> Client:
    try:
        shared_server().start(EMBEDDER.partition("/")[2])
    except LocalModelError as error:
        pytest.skip(f"the local model cannot run: {error}")
    return client


def cosine(one: array[float], two: array[float]) -> float:
    return sumprod(one, two) / (sumprod(one, one) * sumprod(two, two)) ** 0.5


def sumprod(one: array[float], two: array[float]) -> float:
    return sum(x * y for x, y in zip(one, two, strict=True))


def test_vectors_come_in_order_and_mean_something(embedder: Client) -> None:
    answer = embedder.embed(EMBEDDER, TEXTS)
    cat, kitten, bonds = answer.embeddings
    alone = embedder.embed(EMBEDDER, TEXTS[2]).embeddings[0]

    assert cosine(cat, kitten) > cosine(cat, bonds) + 0.2
    assert cosine(alone, bonds) > 0.999
    assert answer.usage is not None
    assert answer.usage.input_tokens > 0


def test_base64_and_decimal_numbers_are_the_same_vector(embedder: Client) -> None:
    one = embedder.embed(EMBEDDER, TEXTS[0])
    two = embedder.embed(EMBEDDER, TEXTS[0], extra_body={"encoding_format": "float"})

    assert (one.embeddings[0].typecode, two.embeddings[0].typecode) == ("f", "d")
    assert list(one.embeddings[0]) == pytest.approx(list(two.embeddings[0]), abs=1e-6)


def test_shorter_vectors_are_refused_as_the_server_would_ignore_the_wish(
    embedder: Client,
) -> None:
    with pytest.raises(UnsupportedFeature, match="dimensions"):
        embedder.embed(EMBEDDER, TEXTS, dimensions=64)
    with pytest.raises(UnsupportedFeature, match="input_type"):
        embedder.embed(EMBEDDER, TEXTS, input_type="query")


def test_shorter_vectors_that_a_server_ignored_are_an_error_after_the_fact(
    embedder: Client,
) -> None:
    endpoint = shared_server().start("minilm")
    own = ProviderSettings(base_url=f"{endpoint.base_url}/v1", key=Secret(endpoint.key))
    with Client(Settings(providers={"mine": own})) as client:
        with pytest.raises(UnsupportedFeature, match="have 384 numbers") as caught:
            client.embed("mine/minilm", TEXTS, dimensions=64)
    assert caught.value.receipt is not None
    assert caught.value.receipt.attempts[0].status == 200


def native(path: str, **body: Any) -> tuple[int, bytes]:
    """What the server answers in its own words, which are those of filling a gap."""
    endpoint = shared_server().start()
    headers = {
        "authorization": f"Bearer {endpoint.key}",
        "content-type": "application/json",
    }
    sent = json.dumps({"temperature": 0, **body}).encode()
    request = urllib.request.Request(endpoint.base_url + path, sent, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def aim() -> Target:
    return Target("llamacpp", "smollm2", "completion", INFILL.name, "http://127.0.0.1/infill")


def run(body: bytes, *, streamed: bool, pieces: Iterator[bytes] | None = None) -> Run:
    request = CompletionRequest(model="smollm2", prompt=PROMPT)
    decoder = INFILL.decoder(request, aim(), Limits())
    if not streamed:
        return whole(decoder, body)
    return stream(decoder, [body] if pieces is None else pieces)


def test_the_servers_own_words_are_read_streamed_and_whole() -> None:
    _, body = native("/completion", prompt=PROMPT, n_predict=12)
    _, sent = native("/completion", prompt=PROMPT, n_predict=12, stream=True)
    one, two = run(body, streamed=False).response, run(sent, streamed=True).response

    assert one is not None
    assert two is not None
    assert one.text == two.text == json.loads(body)["content"] != ""
    assert (one.finish_reason, one.raw_finish_reason) == ("length", "limit")
    assert one.usage is not None
    assert two.usage is not None
    assert (one.usage.input_tokens, one.usage.output_tokens) == (3, 12)
    assert (two.usage.input_tokens, two.usage.output_tokens) == (3, 12)


def test_its_stream_reads_the_same_in_any_split_and_is_never_cut_unnoticed() -> None:
    _, sent = native("/completion", prompt=PROMPT, n_predict=12, stream=True)
    expected = run(sent, streamed=True)
    assert run(sent, streamed=True, pieces=bytewise(sent)) == expected

    last = sent.rindex(b"data: ")
    for place in range(len(sent)):
        cut = run(sent[:place], streamed=True)
        if place <= last:
            assert isinstance(cut.failure, StreamInterrupted)
        else:
            assert cut.failure is None or isinstance(cut.failure, StreamInterrupted)
            assert (cut.response or expected.response) == expected.response


def test_a_model_that_cannot_fill_a_gap_is_a_typed_error() -> None:
    status, body = native("/infill", input_prefix="def f(", input_suffix=")")
    error = INFILL.decode_error(status, Headers(()), body, aim())
    assert isinstance(error, ServerError)
    assert not error.retryable
    assert "not supported" in str(error)
