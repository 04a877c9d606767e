"""What one field does to a request: where the request with it differs from the one without."""

from __future__ import annotations

from msgspec import Struct

from fairlead.errors import FairleadError
from fairlead.explaining.trees import Place, differences, find, stands, value_at
from fairlead.explaining.units import NOWHERE, Unit
from fairlead.explaining.written import BODY, Write, Written, more
from fairlead.types.explained import Outcome


class Finding(Struct, frozen=True):
    """The places that a field decides on, the one that holds its value, and what was said.

    `places` are those that are only there with the field, `new` of them, then those that are
    otherwise without. `removes` says that the field takes something out of the body, `emulated`
    how the encoding told that it is asked for in the prompt.
    """

    unit: Unit
    places: tuple[Place, ...] = ()
    found: Place | None = None
    dropped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    new: int = 0
    removes: bool = False
    emulated: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        if self.unit.fixed:
            return "lost"
        if self.removes and not self.places:
            return "converted"
        if not self.places:
            nothing_lost = not self.dropped and (self.unit.needless or not self.unit.spoken)
            return "converted" if nothing_lost else "lost"
        if self.emulated:
            return "emulated"
        found = self.found
        if found is None and self.unit.value is NOWHERE:
            found = self.places[0]  # what is opaque goes as it came, or not at all
        if found is None or self.unit.is_bytes:
            return "converted"
        return "sent" if self._at_home(found) else "renamed"

    def _at_home(self, found: Place) -> bool:
        """Whether the value stands under its own name; in a message, anywhere among them."""
        home = (BODY, *self.unit.home)
        return found[: len(home)] == home if self.unit.spoken else found == home


def finding(unit: Unit, write: Write) -> Finding:
    """Compare the requests; where none can be written without the field, look where it belongs."""
    whole = write(unit.whole)
    if unit.fixed:
        return Finding(unit)
    said: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    is_same = False
    for request in unit.without:
        try:
            other = write(request)
        except FairleadError:
            continue
        said = more(whole.dropped, other.dropped), more(whole.warnings, other.warnings)
        places = dict.fromkeys(differences(other.tree, whole.tree))
        removes = places.pop((BODY,), 0) is None
        if places or removes:
            new = [place for place in places if not stands(other.tree, place)]
            ordered = tuple(dict.fromkeys([*new, *places]))
            found = _found(unit, ordered, whole)
            if is_same and unit.spoken and found is None:
                break  # with other content nothing was other: what stands there is not its own
            told = _emulated(unit, whole)
            return Finding(unit, ordered, found, *said, len(new), removes, told)
        is_same = True
    home = (BODY, *unit.home)
    if said == ((), ()) and not unit.spoken and stands(whole.tree, home):
        return Finding(unit, (home,), _found(unit, (home,), whole))
    return Finding(unit, (), None, *said)


def _emulated(unit: Unit, whole: Written) -> tuple[str, ...]:
    """Such as `documents (put into the prompt)`."""
    head = f"{unit.field.partition('[')[0]} ("
    return tuple(what for what in whole.dropped if what.startswith(head))


def _found(unit: Unit, places: tuple[Place, ...], whole: Written) -> Place | None:
    if unit.value is NOWHERE:
        return None
    for place in places:
        found = find(unit.value, value_at(whole.tree, place), place)
        if found is not None:
            return found
    return None
