"""Schemas and values made at random, small enough to meet each other often."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

from fairlead.schemas.growing import Path

Json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 6)
    | st.sampled_from([0.0, 0.5, 1.0, 2.5])
    | st.text("ab", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)
_TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]
_PATTERNS = ["^a", "b$", "ab", "^[ab]{2,}$"]


def _keywords(inner: st.SearchStrategy[object]) -> dict[str, st.SearchStrategy[object]]:
    size = st.integers(0, 3)
    names = st.sampled_from("abc")
    parts = st.lists(inner, min_size=1, max_size=3)
    return {
        "type": st.sampled_from(_TYPES)
        | st.lists(st.sampled_from(_TYPES), min_size=1, unique=True),
        "enum": st.lists(Json, min_size=1, max_size=4),
        "const": Json,
        "minimum": st.integers(-2, 4),
        "maximum": st.integers(-2, 4),
        "exclusiveMinimum": st.integers(-2, 4),
        "exclusiveMaximum": st.integers(-2, 4),
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "minLength": size,
        "maxLength": size,
        "pattern": st.sampled_from(_PATTERNS),
        "minItems": size,
        "maxItems": size,
        "uniqueItems": st.booleans(),
        "items": inner,
        "prefixItems": parts,
        "properties": st.dictionaries(names, inner, max_size=3),
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "b"]), inner, max_size=2),
        "additionalProperties": inner,
        "propertyNames": inner,
        "required": st.lists(names, unique=True, max_size=2),
        "minProperties": size,
        "maxProperties": size,
        "anyOf": parts,
        "oneOf": parts,
        "allOf": parts,
        "not": inner,
        "$ref": st.sampled_from(["#/$defs/one", "#/$defs/two"]),
    }


def _schema(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    keywords = _keywords(inner)
    chosen = st.lists(st.sampled_from(sorted(keywords)), unique=True, min_size=1, max_size=3)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({n: keywords[n] for n in names}))


Part = st.recursive(st.booleans() | st.just({}), _schema, max_leaves=6)


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, object]:
    """A schema with two definitions, of which the second may use the first."""
    root = draw(_schema(Part))
    assert isinstance(root, dict)
    two = draw(Part.filter(lambda part: "'#/$defs/two'" not in repr(part)))
    one = draw(Part.filter(lambda part: "$ref" not in repr(part)))
    return {**root, "$defs": {"one": one, "two": two}}


def growth(value: object) -> Iterator[tuple[object, Path | None]]:
    """Each state that a value passes through while it is written, and where it then grows."""
    yield from _inner(value)
    yield value, None


def _inner(value: object) -> Iterator[tuple[object, Path]]:
    if isinstance(value, str):
        yield from ((value[:size], ()) for size in range(len(value) + 1))
    elif isinstance(value, list):
        yield [], ()
        for place, item in enumerate(value):
            for state, growing in _inner(item):
                yield [*value[:place], state], (place, *growing)
            yield value[: place + 1], ()
    elif isinstance(value, dict):
        yield {}, ()
        done: dict[str, object] = {}
        for name, item in value.items():
            for state, growing in _inner(item):
                yield {**done, name: state}, (name, *growing)
            done = {**done, name: item}
            yield done, ()
