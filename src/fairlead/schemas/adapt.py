"""A JSON Schema as a provider takes it, and what it lost or changed on the way.

What has no place in the provider's subset moves into the description, where a model may still heed
it. Rewriting that says the same is not told of, nor is closing an object that says nothing of
further fields: asking for fields means asking for those.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec import Struct

from fairlead.schemas.merging import merged
from fairlead.schemas.references import followed
from fairlead.schemas.subsets import SUBSETS, Subset, SubsetName

Schema = dict[str, object]

_MEANINGLESS = frozenset(
    {"$schema", "$id", "$anchor", "$comment", "$vocabulary", "discriminator", "deprecated"}
    | {"readOnly", "writeOnly", "contentEncoding", "contentMediaType"}
)
_NO_MAPS = "fields of any name cannot be told of"
_SCALARS: Schema = {"type": ["string", "number", "boolean", "null"]}
_LOOKAROUND = ("(?=", "(?!", "(?<=", "(?<!")


class Change(Struct, frozen=True):
    """What became of the part at `path`; `lost` where the caller cannot get what was asked for."""

    path: str
    what: str
    lost: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.what}" if self.path else self.what


class Adapted(Struct, frozen=True):
    schema: Schema
    changes: tuple[Change, ...] = ()


def adapt(schema: Mapping[str, object], name: SubsetName) -> Adapted:
    """Raises `InvalidRequest` for a schema that refers to what it does not have."""
    adapter = _Adapter(schema, SUBSETS[name])
    made = adapter.whole()
    return Adapted(made, tuple(dict.fromkeys(adapter.changes)))


class _Adapter:
    def __init__(self, root: Mapping[str, object], subset: Subset) -> None:
        self._root = root
        self._subset = subset
        self.changes: list[Change] = []

    def whole(self) -> Schema:
        root: object = self._root
        definitions = {
            keyword: self._root[keyword]
            for keyword in ("$defs", "definitions")
            if isinstance(self._root.get(keyword), Mapping)
        }
        if "$ref" in self._root:
            beside = {key: value for key, value in self._root.items() if key != "$ref"}
            target = followed(self._root, {"$ref": self._root["$ref"]})
            root = {**target, **beside} if isinstance(target, Mapping) else beside
        assert isinstance(root, Mapping)
        made = self._part({k: v for k, v in root.items() if k not in definitions}, "")
        if self._subset.object_root and made.get("type") != "object":
            self._lose("", "the whole is no object; put it into a field of one")
        for keyword, parts in definitions.items():
            assert isinstance(parts, Mapping)
            made[keyword] = {name: self._part(p, f"{keyword}.{name}") for name, p in parts.items()}
        if not self._subset.recursive and _circular(self._root, definitions):
            self._lose("", "it refers to itself, which has no end")
        return made

    def _part(self, given: object, path: str) -> Schema:
        if not isinstance(given, Mapping) or not given:
            return self._anything(given, path)
        part = self._plain(given, path)
        if part.keys() == {"$ref"}:
            return part
        if "properties" in part or part.get("type") == "object":
            self._object(part, path)
        if part.get("type") == "array" or part.keys() & {"items", "prefixItems"}:
            self._array(part, path)
        for keyword in ("anyOf", "oneOf", "allOf"):
            options = part.get(keyword)
            if isinstance(options, list) and not self._refused(keyword, options):
                places = [_step(path, f"{keyword}[{place}]") for place in range(len(options))]
                part[keyword] = [self._part(o, p) for o, p in zip(options, places, strict=True)]
        self._move_unsupported(part, path)
        if self._subset.typed and not part.keys() & {"type", "anyOf", "$ref", "enum", "const"}:
            return {**part, **self._anything({}, path)}
        return part

    def _plain(self, given: Mapping[str, object], path: str) -> Schema:
        """Without what other words of the subset say as well."""
        keywords = self._subset.keywords
        part = {key: value for key, value in given.items() if key not in _MEANINGLESS}
        members = part.get("allOf")
        if isinstance(members, list) and (keywords is None or "allOf" not in keywords):
            part = merged(self._root, part) or part
        elif isinstance(members, list) and len(members) == 1 and "anyOf" not in part:
            part["anyOf"] = part.pop("allOf")
        if keywords is not None and isinstance(part.get("oneOf"), list) and "anyOf" not in part:
            part["anyOf"] = part.pop("oneOf")
            self._change(path, "oneOf became anyOf")
        if not self._subset.const and "const" in part:
            part["enum"] = [part.pop("const")]
        if "$ref" in part and len(part) > 1 and "anyOf" not in part:
            part["anyOf"] = [{"$ref": part.pop("$ref")}]
        return part

    def _object(self, part: Schema, path: str) -> None:
        known = part.get("properties")
        fields = dict(known) if isinstance(known, Mapping) else {}
        made = {name: self._part(value, _step(path, name)) for name, value in fields.items()}
        given = part.get("required")
        required = list(given) if isinstance(given, list | tuple) else []
        if self._subset.all_required:
            for name in [name for name in made if name not in required]:
                if not _takes_null(made[name]):
                    made[name] = _nullable(made[name])
                    self._change(_step(path, name), "is required; null stands for absent")
            required = list(made)
        if made or self._subset.closed:
            part["properties"] = made
        if required or self._subset.all_required:
            part["required"] = required
        self._rest(part, path, named=isinstance(known, Mapping))

    def _rest(self, part: Schema, path: str, *, named: bool) -> None:
        """What an object says of fields that it does not name."""
        rest = part.get("additionalProperties")
        if not self._subset.closed:
            if isinstance(rest, Mapping) and rest:
                part["additionalProperties"] = self._part(rest, _step(path, "*"))
            return
        patterns = part.pop("patternProperties", None)
        if isinstance(rest, Mapping) or patterns or (not named and rest is not False):
            self._lose(path, f"{_NO_MAPS}; use a list of objects with a name and a value")
        elif rest is True:
            self._change(path, "has no other fields than those named")
        part["additionalProperties"] = False

    def _array(self, part: Schema, path: str) -> None:
        places, items = part.get("prefixItems"), part.get("items")
        keywords = self._subset.keywords
        if (
            places
            and isinstance(places, list)
            and keywords is not None
            and "prefixItems" not in keywords
        ):
            del part["prefixItems"]
            options = [place for n, place in enumerate(places) if place not in places[:n]]
            if items is not False:
                options += [items] if isinstance(items, Mapping) else []
            else:
                part.setdefault("maxItems", len(places))
            items = options[0] if len(options) == 1 else {"anyOf": options}
            if len(options) > 1:
                self._change(path, "its places are no longer told apart")
        elif isinstance(places, list):
            part["prefixItems"] = [
                self._part(p, _step(path, f"[{n}]")) for n, p in enumerate(places)
            ]
        if isinstance(items, Mapping) or (self._subset.typed and items is not False):
            part["items"] = self._part(items, _step(path, "[]"))

    def _move_unsupported(self, part: Schema, path: str) -> None:
        moved = [
            keyword
            for keyword, value in part.items()
            if self._refused(keyword, value, part.get("type"))
        ]
        words = []
        for keyword in moved:
            words.append(f"{keyword}: {json.dumps(part.pop(keyword), ensure_ascii=False)}")
            self._change(_step(path, keyword), "not supported; it went into the description")
        if words:
            said = part.get("description")
            head = f"{said} " if isinstance(said, str) and said else ""
            part["description"] = f"{head}({', '.join(words)})"

    def _refused(self, keyword: str, value: object, kind: object = None) -> bool:
        subset = self._subset
        if subset.keywords is not None and keyword not in subset.keywords:
            return True
        if keyword == "format":
            return subset.formats is not None and kind == "string" and value not in subset.formats
        if keyword == "minItems" and subset.most_min_items is not None:
            return isinstance(value, int | float) and value > subset.most_min_items
        if keyword == "pattern" and subset.plain_patterns:
            return isinstance(value, str) and any(sign in value for sign in _LOOKAROUND)
        return False

    def _anything(self, given: object, path: str) -> Schema:
        if given is False:
            self._lose(path, "that nothing may stand there cannot be told of; leave it out")
        elif self._subset.typed:
            self._lose(path, "a value of any type cannot be told of; give it a type")
        return dict(_SCALARS) if self._subset.typed else {}

    def _change(self, path: str, what: str) -> None:
        self.changes.append(Change(path, what))

    def _lose(self, path: str, what: str) -> None:
        self.changes.append(Change(path, what, lost=True))


def _step(path: str, step: str) -> str:
    return f"{path}{step}" if step.startswith("[") or not path else f"{path}.{step}"


def _takes_null(part: Schema) -> bool:
    kind, values, options = part.get("type"), part.get("enum"), part.get("anyOf")
    if isinstance(values, list):
        return None in values
    if isinstance(options, list):
        return any(isinstance(option, dict) and _takes_null(option) for option in options)
    return kind == "null" or (isinstance(kind, list) and "null" in kind)


def _nullable(part: Schema) -> Schema:
    kind = part.get("type")
    if "$ref" in part or "const" in part or (kind is None and "anyOf" not in part):
        return {"anyOf": [part, {"type": "null"}]}
    made = dict(part)
    if isinstance(options := part.get("anyOf"), list):
        made["anyOf"] = [*options, {"type": "null"}]
        return made
    kinds = kind if isinstance(kind, list) else [kind]
    made["type"] = kind if "null" in kinds else [*kinds, "null"]
    if isinstance(values := part.get("enum"), list):
        made["enum"] = [*values, None]
    return made


def _circular(root: Mapping[str, object], definitions: Mapping[str, object]) -> bool:
    """Whether following references from some definition, or the whole, leads back to it."""
    starts: dict[str, object] = {"#": {k: v for k, v in root.items() if k not in definitions}}
    for keyword, parts in definitions.items():
        assert isinstance(parts, Mapping)
        starts |= {f"#/{keyword}/{name}": part for name, part in parts.items()}
    leads = {name: _references(part) & starts.keys() for name, part in starts.items()}

    def reached(name: str) -> set[str]:
        seen: set[str] = set()
        ahead = list(leads[name])
        while ahead:
            step = ahead.pop()
            if step not in seen:
                seen.add(step)
                ahead += leads[step]
        return seen

    return any(name in reached(name) for name in starts)


def _references(value: object) -> set[str]:
    if isinstance(value, Mapping):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(_references(item) for item in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(_references(item) for item in value))
    return set()
