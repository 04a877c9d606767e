"""JSON values compared place by place: what one has that the other has not, and where.

A place is a tuple of keys and indexes. Lists are compared from both ends, so that what is added in
the middle shifts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

Place = tuple[str | int, ...]


def differences(without: object, whole: object, at: Place = ()) -> Iterator[Place]:
    """The places of `whole` that are not the same in `without`, as high up as they are new.

    Where something is only missing from `whole`, its parent counts.
    """
    if isinstance(without, dict) and isinstance(whole, dict):
        yield from _of_objects(without, whole, at)
    elif isinstance(without, list) and isinstance(whole, list):
        yield from _of_lists(without, whole, at)
    elif not same(without, whole):
        yield at


def same(one: object, other: object) -> bool:
    """Equality of JSON: true is not 1, but 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def value_at(value: object, place: Place) -> object:
    """What stands at a place that is there."""
    for key in place:
        value = value[key]  # type: ignore[index]  # the place is of this value
    return value


def stands(value: object, place: Place) -> bool:
    """Whether `value` has that place."""
    try:
        value_at(value, place)
    except (LookupError, TypeError):
        return False
    return True


def find(wanted: object, value: object, at: Place = ()) -> Place | None:
    """The first place at or below `at` where `wanted` stands in `value`."""
    if same(wanted, value):
        return at
    for key, inner in _items(value):
        found = find(wanted, inner, (*at, key))
        if found is not None:
            return found
    return None


def leaves(value: object, at: Place = ()) -> Iterator[Place]:
    """All places that hold no more of them; empty objects and lists among them."""
    inner = list(_items(value))
    if not inner:
        yield at
    for key, item in inner:
        yield from leaves(item, (*at, key))


def path(place: Place) -> str:
    """A place in the usual notation, such as `messages[0].content`."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
    return text.removeprefix(".")


def within(place: Place, outer: Place) -> bool:
    return place[: len(outer)] == outer


def _items(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _same_text(one: object, other: object) -> bool:
    """What most leaves are: not worth a generator each."""
    return type(one) is str and one == other


def _of_objects(without: dict[str, object], whole: dict[str, object], at: Place) -> Iterator[Place]:
    for key, value in whole.items():
        if key not in without:
            yield (*at, key)
        elif not _same_text(value, without[key]):
            yield from differences(without[key], value, (*at, key))
    if without.keys() - whole.keys():
        yield at


def _of_lists(without: list[object], whole: list[object], at: Place) -> Iterator[Place]:
    if len(without) == len(whole):
        for index, (one, other) in enumerate(zip(without, whole, strict=True)):
            if not _same_text(one, other):
                yield from differences(one, other, (*at, index))
        return
    shorter = min(len(without), len(whole))
    head = 0
    while head < shorter and same(without[head], whole[head]):
        head += 1
    tail = 0
    while tail < shorter - head and same(without[-1 - tail], whole[-1 - tail]):
        tail += 1
    new = range(head, len(whole) - tail)
    if not new:
        yield at
    for index in new:
        yield (*at, index)
