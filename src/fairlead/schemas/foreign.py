"""Types that msgspec does not know: paths, and the models of pydantic where it has been loaded."""

from __future__ import annotations

import sys
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails


def is_pydantic(kind: object) -> bool:
    """Whether pydantic reads and writes values of the class `kind`: a model or its dataclass."""
    pydantic = sys.modules.get("pydantic")
    if pydantic is None or not isinstance(kind, type):
        return False
    return issubclass(kind, pydantic.BaseModel) or "__pydantic_validator__" in vars(kind)


def described(kind: type) -> dict[str, object]:
    """The model's own JSON Schema. Raises what pydantic raises."""
    return _adapter(kind).json_schema(ref_template="#/$defs/{model}")


def read(kind: type, value: object) -> object:
    """A JSON value as the model. Raises `ValueError` that says where and why."""
    import msgspec
    from pydantic import ValidationError

    try:
        # As JSON: a model that is strict with Python values still takes a date as a string.
        return _adapter(kind).validate_json(msgspec.json.encode(value))
    except ValidationError as error:
        raise ValueError(_first(error.errors(include_url=False, include_context=False))) from None


def is_field(value: object) -> bool:
    """Whether `value` is what pydantic's `Field` gives: words about a field, and no value of it."""
    fields = sys.modules.get("pydantic.fields")
    return fields is not None and isinstance(value, fields.FieldInfo)


def plain(value: object) -> object:
    """What msgspec does not write, as plain JSON values. Raises `TypeError` without a form."""
    if isinstance(value, PurePath):
        return str(value)
    if is_pydantic(type(value)):
        return _adapter(type(value)).dump_python(value, mode="json")
    raise TypeError(f"a {type(value).__name__} has no JSON form")


def _adapter(kind: type) -> TypeAdapter[object]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def _first(errors: list[ErrorDetails]) -> str:
    first = errors[0]
    said = first["msg"]
    said = said[:1].lower() + said[1:]
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
    return f"{said} - at `${place}`" if place else said
