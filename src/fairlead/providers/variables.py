"""The values of a table's variables, such as a region, and what is missing or wrong about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fairlead.errors import ConfigError
from fairlead.providers.cloud_files import told_by
from fairlead.providers.templates import filled, value_fits, words_of

if TYPE_CHECKING:
    from fairlead.auth.sources import Environment
    from fairlead.providers.schema import ProviderTable, Variable
    from fairlead.settings import ProviderSettings


_FILES = {"aws_profile": "AWS profile", "google_credentials": "Google credentials file"}


class Gap(Struct, frozen=True):
    """Why a variable has no value. `sentence` is the error; `remedy` what to set or correct."""

    sentence: str
    remedy: str
    missing: bool


class Variables(Struct, frozen=True):
    """What is known of a provider's variables. `chosen` are those that the settings give."""

    values: dict[str, str] = {}
    gaps: dict[str, Gap] = {}
    chosen: frozenset[str] = frozenset()

    def gap_in(self, template: str) -> Gap | None:
        """Why `template` cannot be filled: what is wrong, else all that is missing."""
        found = list(dict.fromkeys(self.gaps[w] for w in words_of(template) if w in self.gaps))
        wrong = next((gap for gap in found if not gap.missing), None)
        if wrong is not None or len(found) < 2:
            return wrong or next(iter(found), None)
        sentence = "; and ".join(gap.sentence for gap in found)
        return Gap(sentence, ", and ".join(gap.remedy for gap in found), missing=True)

    def fill(self, template: str) -> str:
        """`template` with its variables filled in. Raises `ConfigError` that says what to set."""
        gap = self.gap_in(template)
        if gap is not None:
            raise ConfigError(gap.sentence)
        return self.known(template)

    def known(self, template: str) -> str:
        """`template` with what has a value filled in, and the rest as it stands."""
        return filled(template, lambda word: self.values.get(word, f"{{{word}}}"))


def variables_of_table(
    name: str,
    table: ProviderTable,
    own: ProviderSettings | None,
    environment: Environment,
    *,
    any_value: bool,
) -> Variables:
    """The variables as settings, environment and defaults give them, in this order.

    `any_value` takes values that the table does not know, for an address of the user's own. Raises
    `ConfigError` for a variable of the settings that the table does not have.
    """
    given = dict(own.variables) if own is not None else {}
    _check_names(name, table, given)
    values: dict[str, str] = {}
    gaps: dict[str, Gap] = {}
    for word, spec in table.variables.items():
        if spec.of:
            found = _derived(spec, values, gaps)
        else:
            found = _read(name, word, spec, given, environment, any_value=any_value)
        if isinstance(found, str):
            values[word] = found
        else:
            gaps[word] = found
    return Variables(values, gaps, frozenset(given))


def _read(
    name: str,
    word: str,
    spec: Variable,
    given: dict[str, str],
    environment: Environment,
    *,
    any_value: bool,
) -> str | Gap:
    try:
        found = _found(name, word, spec, given, environment)
    except ConfigError as error:
        return Gap(f"{name}: {error}", word, missing=False)
    if found is not None:
        return _checked(name, word, spec, *found, any_value=any_value)
    if spec.default is not None:
        return spec.default
    places = [*spec.env, f"{word} under variables in [providers.{name}]"]
    sentence = f"{name}: the {word} is not known; set {' or '.join(places)}"
    return Gap(sentence, places[0], missing=True)


def _found(
    name: str, word: str, spec: Variable, given: dict[str, str], environment: Environment
) -> tuple[str, str] | None:
    """A value, and what gives it."""
    if value := given.get(word):
        return value, f"[providers.{name}] variables.{word}"
    for variable in spec.env:
        if value := environment.get(variable):
            return value, variable
    if spec.file is not None and (value := told_by(spec.file, environment)):
        return value, f"the {_FILES[spec.file]}"
    return None


def _derived(spec: Variable, values: dict[str, str], gaps: dict[str, Gap]) -> str | Gap:
    base = spec.of or ""
    if base in gaps:
        return gaps[base]
    template = spec.values.get(values[base], spec.default or "")
    return filled(template, values.__getitem__)


def _checked(
    name: str, word: str, spec: Variable, value: str, source: str, *, any_value: bool
) -> str | Gap:
    if not value_fits(value):
        allowed = "letters, digits and . _ - between them"
        return Gap(f"{source}: a {word} holds only {allowed}; correct it", source, missing=False)
    if spec.known and value not in spec.known and not any_value:
        return _unknown(name, word, spec, value, source)
    return value


def _unknown(name: str, word: str, spec: Variable, value: str, source: str) -> Gap:
    from difflib import get_close_matches

    near = get_close_matches(value, spec.known, 1, 0.7)
    hint = f"; did you mean {near[0]}?" if near else ""
    sentence = f"{source}: {name} has no {word} {value!r}{hint}"
    if not near:
        sentence += f"; set another, or the base_url of one that is new in [providers.{name}]"
    return Gap(sentence, source, missing=False)


def _check_names(name: str, table: ProviderTable, given: dict[str, str]) -> None:
    for word in given:
        settable = [known for known, spec in table.variables.items() if not spec.of]
        if word not in settable:
            hint = f"there are {', '.join(settable)}" if settable else "it has none"
            raise ConfigError(f"[providers.{name}] variables: there is no {word!r}; {hint}")
