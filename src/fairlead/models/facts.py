"""What is known of a model, and the shape of the data files that hold it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from fairlead.types.prices import Price, Rates

Modality = Literal["text", "image", "audio", "video", "pdf"]
Status = Literal["active", "alpha", "beta", "deprecated"]


class ModelFacts(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One model of one provider. None means that nobody said.

    Limits are in tokens: `context_window` for input and answer together, `max_input` where it has
    a limit of its own, `max_output` for the answer, reasoning included. `released` and `knowledge`
    are dates as their source writes them. `deprecated` models still answer, but are on their way
    out. `prices` are in the order of `fairlead.types.prices.Price`; `price_source` is a key of
    `fairlead.models.sources()`.
    """

    provider: str = ""
    id: str
    name: str | None = None
    aliases: tuple[str, ...] = ()
    status: Status = "active"
    context_window: int | None = None
    max_input: int | None = None
    max_output: int | None = None
    input: tuple[Modality, ...] = ()
    output: tuple[Modality, ...] = ()
    tools: bool | None = None
    structured_output: bool | None = None
    reasoning: bool | None = None
    temperature: bool | None = None
    open_weights: bool | None = None
    family: str | None = None
    released: str | None = None
    knowledge: str | None = None
    prices: tuple[Price, ...] = ()
    price_source: str | None = None

    @property
    def model(self) -> str:
        """The model as it is asked for: `provider/id`."""
        return f"{self.provider}/{self.id}"

    @property
    def price(self) -> Rates | None:
        """The rates of a short request today, in US dollars per million tokens."""
        import time

        from fairlead.policies.cost import price_in_force

        found = price_in_force(self.prices, time.time())
        return None if found is None else found.rates

    def takes(self, modality: Modality) -> bool:
        """Whether the model is known to read `modality`."""
        return modality in self.input


class Source(Struct, frozen=True):
    """A package that facts come from; `released` is the day (`YYYY-MM-DD`) of this version."""

    version: str
    released: str
    license: str
    url: str


class Pattern(Struct, frozen=True, array_like=True):
    """A regular expression that is searched in a lower-case name, and the model that it means."""

    expression: str
    id: str


class ProviderModels(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The data file of one provider.

    `same_as` names a provider with the same models. `borrows` names those whose models it hosts
    under names that its own list lacks. `bounded`: it refuses a longer answer than `max_output`,
    so that such a request need not be sent. `searches` is where a usage object counts searches.
    `same_tiers` are service tiers that cost what the usual one does. Nobody pays for an answer
    without words that ended for the reason `unbilled`.
    """

    provider: str
    same_as: str | None = None
    borrows: tuple[str, ...] = ()
    bounded: bool = False
    searches: tuple[str, ...] = ()
    same_tiers: tuple[str, ...] = ()
    unbilled: str | None = None
    models: tuple[ModelFacts, ...] = ()
    patterns: tuple[Pattern, ...] = ()
