"""The sentence model: made into a GGUF file, served by llama.cpp, compared with numpy."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path

import pytest

from fairlead.errors import LocalModelError
from fairlead.local.bert import convert
from fairlead.local.catalog import check_operation
from fairlead.local.gguf import ALIGNMENT
from fairlead.local.native import runtime_problem
from fairlead.local.server import LocalServer
from fairlead.local.weights import setup

np = pytest.importorskip("numpy")

CONFIG = {
    "num_hidden_layers": 0,
    "max_position_embeddings": 4,
    "hidden_size": 2,
    "intermediate_size": 2,
    "num_attention_heads": 1,
    "layer_norm_eps": 1e-12,
    "type_vocab_size": 1,
}
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "sea", "##side"]
SHAPES = {
    "embeddings.word_embeddings.weight": [len(WORDS), 2],
    "embeddings.position_embeddings.weight": [4, 2],
    "embeddings.token_type_embeddings.weight": [1, 2],
    "embeddings.LayerNorm.weight": [2],
    "embeddings.LayerNorm.bias": [2],
}


def safetensors(path: Path, *, dtype: str = "F32") -> None:
    header, data = {}, b""
    for name, shape in SHAPES.items():
        count = math.prod(shape)
        start = len(data)
        data += struct.pack(f"<{count}f", *range(count))
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, len(data)]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def converted(tmp_path: Path, **options: str) -> bytes:
    safetensors(tmp_path / "model.safetensors", **options)
    target = tmp_path / "model.gguf"
    vocabulary = "\n".join(WORDS).encode() + b"\n"
    convert(tmp_path / "model.safetensors", json.dumps(CONFIG).encode(), vocabulary, target)
    return target.read_bytes()


def test_the_numbers_are_copied_as_they_are_and_aligned(tmp_path: Path) -> None:
    data = converted(tmp_path)
    assert data[:8] == b"GGUF\x03\x00\x00\x00"
    assert len(data) % ALIGNMENT == 0
    words = struct.pack(f"<{2 * len(WORDS)}f", *range(2 * len(WORDS)))
    assert data.index(words) % ALIGNMENT == 0


def test_words_are_marked_where_llama_cpp_looks(tmp_path: Path) -> None:
    data = converted(tmp_path)
    for text in ("▁sea", "side", "[CLS]"):
        encoded = text.encode()
        assert struct.pack("<Q", len(encoded)) + encoded in data
    assert b"##side" not in data


def test_the_same_weights_give_the_same_file(tmp_path: Path) -> None:
    assert converted(tmp_path) == converted(tmp_path)


def test_other_numbers_than_expected_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalModelError, match="not the model"):
        converted(tmp_path, dtype="F16")


def test_weights_that_are_cut_short_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "model.safetensors"
    safetensors(source)
    source.write_bytes(source.read_bytes()[:-1])
    with pytest.raises(LocalModelError, match="not the model"):
        convert(source, json.dumps(CONFIG).encode(), "\n".join(WORDS).encode(), tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "operation", "hint"),
    [("minilm", "chat", "local/smollm2"), ("smollm2", "embeddings", "local/minilm")],
)
def test_a_model_refuses_what_another_does(name: str, operation: str, hint: str) -> None:
    with pytest.raises(Exception, match=hint):
        check_operation(name, operation)


def test_the_real_model_embeds_as_an_independent_reading_of_its_weights() -> None:
    if problem := runtime_problem():
        pytest.skip(f"the local model cannot run: {problem}")
    try:
        path = setup("minilm")
    except LocalModelError as error:
        pytest.skip(f"the weights cannot be fetched: {error}")
    server = LocalServer()
    try:
        vector = _embedded(server, "sea the cat")
    finally:
        server.close()
    expected = _forward(_Gguf(path), ["[CLS]", "▁sea", "▁the", "▁cat", "[SEP]"])
    cosine = float(vector @ expected / np.linalg.norm(vector) / np.linalg.norm(expected))
    assert cosine > 0.9999


def _embedded(server: LocalServer, text: str):
    from urllib.request import Request, urlopen

    where = server.start("minilm")
    request = Request(
        f"{where.base_url}/v1/embeddings",
        json.dumps({"model": "minilm", "input": text}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {where.key}"},
    )
    with urlopen(request) as answer:
        return np.array(json.load(answer)["data"][0]["embedding"])


class _Gguf:
    """As much of a reader as the comparison needs."""

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        self._at = 8
        tensors, entries = self._take("<QQ")
        self.metadata = {}
        for _ in range(entries):
            key = self._text()
            self.metadata[key] = self._value(self._take("<I")[0])
        places = {}
        for _ in range(tensors):
            name = self._text()
            (rank,) = self._take("<I")
            shape = self._take(f"<{rank}Q")[::-1]
            places[name] = (shape, self._take("<IQ")[1])
        base = -(-self._at // ALIGNMENT) * ALIGNMENT
        self.tensors = {
            name: np.frombuffer(self._data, "<f4", math.prod(shape), base + offset).reshape(shape)
            for name, (shape, offset) in places.items()
        }

    def _take(self, form: str):
        values = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return values

    def _text(self) -> str:
        (length,) = self._take("<Q")
        self._at += length
        return self._data[self._at - length : self._at].decode()

    def _value(self, kind: int):
        if kind == 8:
            return self._text()
        if kind == 9:
            inner, count = self._take("<IQ")
            return [self._value(inner) for _ in range(count)]
        return self._take({4: "<I", 5: "<i", 6: "<f", 7: "<?"}[kind])[0]


def _forward(model: _Gguf, words: list[str]):
    """BERT as its paper has it: attention and two layers of neurons, six times, then the mean."""
    weight, facts = model.tensors, model.metadata
    vocabulary = facts["tokenizer.ggml.tokens"]
    heads, epsilon = facts["bert.attention.head_count"], facts["bert.attention.layer_norm_epsilon"]
    ids = [vocabulary.index(word) for word in words]
    erf = np.vectorize(math.erf)

    def normed(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + epsilon)
        return x * weight[f"{name}.weight"] + weight[f"{name}.bias"]

    def dense(x, name):
        return x @ weight[f"{name}.weight"].T + weight[f"{name}.bias"]

    x = weight["token_embd.weight"][ids] + weight["position_embd.weight"][: len(ids)]
    x = normed(x + weight["token_types.weight"][0], "token_embd_norm")
    for layer in range(facts["bert.block_count"]):
        at = f"blk.{layer}."
        split = [
            dense(x, at + name).reshape(len(ids), heads, -1).transpose(1, 0, 2)
            for name in ("attn_q", "attn_k", "attn_v")
        ]
        scores = split[0] @ split[1].transpose(0, 2, 1) / math.sqrt(split[0].shape[-1])
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ split[2]
        mixed = mixed.transpose(1, 0, 2).reshape(len(ids), -1)
        x = normed(x + dense(mixed, at + "attn_output"), at + "attn_output_norm")
        inner = dense(x, at + "ffn_up")
        inner = inner * 0.5 * (1 + erf(inner / math.sqrt(2)))
        x = normed(x + dense(inner, at + "ffn_down"), at + "layer_output_norm")
    return x.mean(0)
