"""A sentence model of the BERT family from safetensors to GGUF, so that llama.cpp can serve it.

The numbers are copied as they are. Sources: llama.cpp's converter for the names of tensors and
metadata, the safetensors format for the header.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import BinaryIO

import msgspec

from fairlead.errors import LocalModelError
from fairlead.local.gguf import Tensor, Value, write_gguf

_CHUNK = 1 << 20
_MEAN_POOLING = 1
_NORMAL, _CONTROL = 1, 3
_SPECIAL = {
    "padding": "[PAD]",
    "unknown": "[UNK]",
    "cls": "[CLS]",
    "seperator": "[SEP]",  # the key is spelled so
    "mask": "[MASK]",
}
_ONCE = {
    "embeddings.word_embeddings.weight": "token_embd.weight",
    "embeddings.position_embeddings.weight": "position_embd.weight",
    "embeddings.token_type_embeddings.weight": "token_types.weight",
    "embeddings.LayerNorm.weight": "token_embd_norm.weight",
    "embeddings.LayerNorm.bias": "token_embd_norm.bias",
}
_IN_EACH_LAYER = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


class _Entry(msgspec.Struct):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


_HEADER = msgspec.json.Decoder(dict[str, object])


def convert(weights: Path, config: bytes, vocabulary: bytes, target: Path) -> None:
    """Write `target` out of the three files of the model. Raises `LocalModelError`."""
    try:
        shape = json.loads(config)
        words = vocabulary.decode().split("\n")
        while words and not words[-1]:
            words.pop()
        with weights.open("rb") as source, target.open("wb") as file:
            write_gguf(file, _metadata(shape, words), _tensors(source, shape["num_hidden_layers"]))
    except (KeyError, ValueError, struct.error, msgspec.MsgspecError) as error:
        raise LocalModelError(f"{weights.name} is not the model that was expected") from error


def _metadata(shape: dict[str, int], words: list[str]) -> dict[str, Value]:
    metadata: dict[str, Value] = {
        "general.architecture": "bert",
        "general.file_type": 0,
        "bert.block_count": shape["num_hidden_layers"],
        "bert.context_length": shape["max_position_embeddings"],
        "bert.embedding_length": shape["hidden_size"],
        "bert.feed_forward_length": shape["intermediate_size"],
        "bert.attention.head_count": shape["num_attention_heads"],
        "bert.attention.layer_norm_epsilon": float(shape["layer_norm_eps"]),
        "bert.attention.causal": False,
        "bert.pooling_type": _MEAN_POOLING,
        "tokenizer.ggml.model": "bert",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.token_type_count": shape["type_vocab_size"],
        "tokenizer.ggml.tokens": [_spaced(word) for word in words],
        "tokenizer.ggml.token_type": [_kind(word) for word in words],
    }
    for name, word in _SPECIAL.items():
        metadata[f"tokenizer.ggml.{name}_token_id"] = words.index(word)
    return metadata


def _spaced(word: str) -> str:
    """BERT marks what goes on inside a word, llama.cpp what begins one."""
    if _kind(word) == _CONTROL:
        return word
    return word[2:] if word.startswith("##") else f"\u2581{word}"


def _kind(word: str) -> int:
    return _CONTROL if word.startswith("[") and word.endswith("]") and len(word) > 2 else _NORMAL


def _tensors(source: BinaryIO, layers: int) -> list[Tensor]:
    (length,) = struct.unpack("<Q", source.read(8))
    header = _HEADER.decode(source.read(length))
    names = dict(_ONCE)
    for layer in range(layers):
        for ours, theirs in _IN_EACH_LAYER.items():
            for kind in ("weight", "bias"):
                names[f"encoder.layer.{layer}.{ours}.{kind}"] = f"blk.{layer}.{theirs}.{kind}"
    return [
        _tensor(source, 8 + length, msgspec.convert(header[ours], _Entry), theirs)
        for ours, theirs in names.items()
    ]


def _tensor(source: BinaryIO, base: int, entry: _Entry, name: str) -> Tensor:
    start, end = entry.data_offsets
    if entry.dtype != "F32":
        raise ValueError(f"{name} holds {entry.dtype}")

    def write(file: BinaryIO) -> None:
        source.seek(base + start)
        left = end - start
        while left:
            data = source.read(min(_CHUNK, left))
            if not data:
                raise ValueError("the weights are cut short")
            file.write(data)
            left -= len(data)

    return Tensor(name, entry.shape, write)
