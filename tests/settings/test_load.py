"""Arguments over environment over project over user over defaults, and what is refused."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from fairlead.auth.secret import Secret
from fairlead.errors import ConfigError
from fairlead.ports import Limits, Timeouts
from fairlead.settings import ProviderSettings, RetrySettings, Settings
from fairlead.settings.load import _merge
from fairlead.types.http import HttpSettings

CANARY = "sk-canary-0123456789"


class Place:
    """A home folder and a project on disk."""

    def __init__(self, root: Path) -> None:
        self.project = root / "work" / "fairlead.toml"
        self.user = root / "home" / ".config" / "fairlead" / "fairlead.toml"
        self.project.parent.mkdir()
        self.user.parent.mkdir(parents=True)
        self.home = root / "home"

    def load(self, environ: dict[str, str] | None = None, **overrides: object) -> Settings:
        variables = {"HOME": str(self.home), **(environ or {})}
        return Settings.load(environ=variables, cwd=self.project.parent, **overrides)

    def refusal(self, environ: dict[str, str] | None = None, **overrides: object) -> str:
        with pytest.raises(ConfigError) as caught:
            self.load(environ, **overrides)
        return str(caught.value)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_with_nothing_set_there_are_the_defaults(place: Place) -> None:
    assert place.load() == Settings()
    assert Settings().retry == RetrySettings(max_retries=3, budget_percent=20, budget_floor=10)


def test_each_layer_stands_above_the_next(place: Place) -> None:
    place.user.write_text(
        'model = "user/m"\nunsupported = "drop"\n[timeouts]\nconnect = 1\nidle = 1'
    )
    assert place.load().model == "user/m"
    place.project.write_text('model = "project/m"\n[timeouts]\nconnect = 2')
    assert place.load().model == "project/m"
    environ = {"FAIRLEAD_MODEL": "environment/m", "FAIRLEAD_TIMEOUTS_POOL": "3"}
    assert place.load(environ).model == "environment/m"
    found = place.load(environ, model="argument/m", timeouts={"total": 4})
    assert found.model == "argument/m"
    assert found.unsupported == "drop"
    assert found.timeouts == Timeouts(connect=2, idle=1, pool=3, total=4)


def test_every_table_is_read(place: Place) -> None:
    place.user.write_text(
        """
        [aliases]
        fast = "groq/llama"
        [retry]
        max_retries = 0
        budget_percent = 12.5
        [http]
        http_version = "http2"
        max_idle = 5
        proxy = "http://proxy.example:3128"
        [limits]
        line = 1024
        [providers.mine]
        base_url = "https://llm.example/v1"
        key_env = ["A", "B"]
        dialect = "anthropic_messages"
        headers = { x-team = "a" }
        quirks = { tool_strict = false, unsupported = ["seed"] }
        timeouts = { connect = 1 }
        allow_insecure_http = false
        """
    )
    found = place.load()
    assert found.aliases == {"fast": "groq/llama"}
    assert found.retry == RetrySettings(max_retries=0, budget_percent=12.5)
    assert found.http == HttpSettings(
        http_version="http2", max_idle=5, proxy="http://proxy.example:3128"
    )
    assert found.limits == Limits(line=1024)
    assert found.providers["mine"] == ProviderSettings(
        base_url="https://llm.example/v1",
        key_env=("A", "B"),
        dialect="anthropic_messages",
        headers={"x-team": "a"},
        quirks={"tool_strict": False, "unsupported": ("seed",)},
        timeouts={"connect": 1.0},
    )
    assert found.timeouts_for("mine") == Timeouts(connect=1)
    assert found.timeouts_for("other") == Timeouts()


def test_arguments_may_be_structs(place: Place) -> None:
    own = ProviderSettings(base_url="https://llm.example", key=Secret("k"))
    found = place.load(timeouts=Timeouts(connect=1), providers={"mine": own})
    assert found.timeouts == Timeouts(connect=1)
    assert found.providers == {"mine": own}


def test_the_environment_is_read_as_text(place: Place) -> None:
    found = place.load(
        {
            "FAIRLEAD_HTTP_TRUST_ENV": "true",
            "FAIRLEAD_RETRY_MAX_RETRIES": "0",
            "FAIRLEAD_UNSUPPORTED": "warn",
            "FAIRLEAD_MODEL": "",
            "FAIRLEAD_CORPUS": "/elsewhere",
            "FAIRLEAD_CACHE": "/elsewhere",
        }
    )
    assert found.http.trust_env
    assert found.retry.max_retries == 0
    assert found.unsupported == "warn"
    assert found.model is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("modle = 'x'", "modle: there is no such key; did you mean model?"),
        ("[timeouts]\nconect = 1", "timeouts.conect: there is no such key; did you mean connect?"),
        ("[telepathy]\nx = 1", "telepathy: there is no such key; there are model, unsupported"),
        ("[providers.x]\nbase_ulr = 'x'", "providers.x.base_ulr: there is no such key; did you"),
        ("[providers.x.quirks]\ntool_strikt = true", "providers.x.quirks.tool_strikt: there is no"),
        ("[providers.x.timeouts]\nidel = 1", "providers.x.timeouts.idel: there is no such key"),
        ("warnings = ['x']", "warnings: there is no such key"),
        ("[timeouts]\nconnect = 'fast'", "timeouts.connect: must be a number, not text"),
        ("timeouts = 3", "timeouts: must be a table"),
        ("providers = 3", "providers: must be tables"),
        ("[providers]\nx = 3", "providers.x: must be a table"),
        ("[budgets]\nusd = 3", "budgets.usd: must be a table; write [budgets.<name>] above it"),
        ("[budget.team]\nusd = 3", "budget: there is no such key; did you mean budgets?"),
        ("[routes.fast]\nmodels = ['a/b']", "routes.fast.models: there is no such key; there are"),
        ("model = openai/gpt-5", "(at line 1, column 9); text stands between quotes"),
        ("[providers.x]\nkey = 3", "providers.x.key: must be text, not a whole number"),
        ("[providers.x]\ntimeouts = 3", "providers.x.timeouts: must be a table, not"),
        ("[aliases]\na = 3", "aliases: must be text, not a whole number"),
        ("unsupported = 'maybe'", "unsupported: there is no 'maybe'; it is one of error, "),
        ("[timeouts]\nconnect = 0", "timeouts.connect: must be above 0, not 0.0"),
        ("[timeouts]\nconnect = nan", "timeouts.connect: must be above 0, not nan"),
        ("[providers.x.timeouts]\nidle = -1", "providers.x.timeouts.idle: must be above 0"),
        ("[retry]\nmax_retries = -1", "retry.max_retries: must be at least 0, not -1"),
        ("[limits]\nline = 0", "limits.line: must be above 0, not 0"),
        ("[providers.x.headers]\n'x y' = 'a'", "providers.x.headers.x y: is no header name"),
        ('[providers.x.headers]\na = "b\\nc"', "providers.x.headers.a: holds a character"),
        ("[providers.x.headers]\nAuthorization = 'Bearer x'", "give the key as key or key_env"),
        ("[providers.x]\nkey_header = 'a b'", "providers.x.key_header: is no header name"),
        ("[providers.x]\ndialect = 'morse'", "providers.x.dialect: there is no 'morse'"),
        ("[timeouts\nconnect = 1", "not valid TOML"),
        ("unsupported = 'a\tb'", r"unsupported: there is no 'a\tb'"),
        ("[retry]\nmax_retries = -1" + "0" * 400, "retry.max_retries: "),
        ("[timeouts]\nidle = -1" + "0" * 400, "timeouts.idle: "),
        ('"mod\\nle" = 1', "mod?le: there is no such key"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(place: Place, text: str, words: str) -> None:
    place.user.write_text(text)
    message = place.refusal()
    assert message.startswith(f"{place.user}: ")
    assert words in message
    assert "\n" not in message


def test_a_slip_in_the_environment_is_refused_with_the_nearest_name(place: Place) -> None:
    message = place.refusal({"FAIRLEAD_MODLE": "x"})
    assert message == "there is no variable FAIRLEAD_MODLE; did you mean FAIRLEAD_MODEL?"
    assert "FAIRLEAD_TIMEOUTS_IDLE" in place.refusal({"FAIRLEAD_TIMEOUTS_IDEL": "1"})
    words = "the environment: FAIRLEAD_TIMEOUTS_CONNECT: must be a number, not text"
    assert words in place.refusal({"FAIRLEAD_TIMEOUTS_CONNECT": "fast"})


def test_a_slip_in_the_arguments_is_refused(place: Place) -> None:
    assert "the arguments: modle: " in place.refusal(modle="x")


def test_a_named_file_must_be_there(place: Place, tmp_path: Path) -> None:
    place.user.write_text("model = 'user/m'")
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        Settings.load(path=tmp_path / "none.toml", environ={"HOME": str(place.home)})
    named = tmp_path / "named.toml"
    named.write_text("unsupported = 'warn'")
    found = Settings.load(path=str(named), environ={"HOME": str(place.home)})
    assert (found.model, found.unsupported) == (None, "warn")


def test_a_new_address_does_not_inherit_the_key_of_the_one_below(place: Place) -> None:
    place.user.write_text(
        "[providers.x]\nbase_url = 'http://own.example'\nkey_env = 'MINE'\n"
        "headers = { x-token = 'a' }\nallow_insecure_http = true\ntimeouts = { idle = 1 }"
    )
    place.project.write_text("[providers.x]\nbase_url = 'https://evil.example'")
    expected = ProviderSettings(base_url="https://evil.example", timeouts={"idle": 1.0})
    assert place.load().providers["x"] == expected


def test_the_providers_that_a_project_sends_elsewhere_are_noted(place: Place) -> None:
    place.user.write_text("[providers.a]\nbase_url = 'https://a.example'")
    text = "[providers.b]\nbase_url = 'https://b.example'\n[providers.groq]\nkey_env = 'X'"
    place.project.write_text(text)
    assert place.load().project_addresses == ("b",)
    own = {"b": {"base_url": "https://own.example"}}
    assert place.load(providers=own).project_addresses == ()
    place.project.write_text("[providers.azure.variables]\nresource = 'theirs'")
    found = place.load()
    assert found.project_addresses == ("azure",)
    assert found.providers["azure"].variables == {"resource": "theirs"}
    place.user.write_text("project_addresses = []")
    assert "project_addresses: there is no such key" in place.refusal()


def test_a_new_key_replaces_the_sources_below(place: Place) -> None:
    place.user.write_text("[providers.x]\nbase_url = 'https://own.example'\nkey = 'k'")
    found = place.load(providers={"x": {"key_env": "OTHER"}}).providers["x"]
    assert found == ProviderSettings(base_url="https://own.example", key_env="OTHER")


own_tables = st.fixed_dictionaries({}, optional={"base_url": st.just(1), "key_env": st.just(1)})


@given(st.lists(own_tables, min_size=1, max_size=4))
def test_no_key_is_ever_paired_with_an_address_that_a_stronger_layer_named(
    tables: list[dict[str, int]],
) -> None:
    merged: dict[str, object] = {}
    for level, own in enumerate(tables):
        _merge(merged, {"providers": {"x": dict.fromkeys(own, level)}})
    providers = merged["providers"]
    assert isinstance(providers, dict)
    found = providers["x"]
    levels = [level for level, own in enumerate(tables) if "base_url" in own]
    assert found.get("base_url", -1) == max(levels, default=-1)
    if "key_env" in found:
        assert found["key_env"] >= found.get("base_url", -1)


def test_headers_and_timeouts_of_one_provider_come_together_from_all_layers(place: Place) -> None:
    place.user.write_text("[providers.groq]\nheaders = { a = '1' }\ntimeouts = { idle = 1 }")
    place.project.write_text("[providers.groq]\nheaders = { b = '2' }\ntimeouts = { pool = 2 }")
    found = place.load().providers["groq"]
    assert found.headers == {"a": "1", "b": "2"}
    assert found.timeouts == {"idle": 1.0, "pool": 2.0}


def test_a_key_in_a_projects_file_is_taken_and_warned_about(place: Place) -> None:
    place.project.write_text(f"[providers.x]\nbase_url = 'https://a.example'\nkey = '{CANARY}'")
    found = place.load()
    assert found.providers["x"].key == Secret(CANARY)
    assert len(found.warnings) == 1
    assert "providers.x.key" in found.warnings[0]
    assert CANARY not in found.warnings[0]


@pytest.mark.parametrize(
    "text",
    [
        "[providers.x]\nkey = 'CANARY\\n'",
        '[providers.x]\nkey = "CANARY\\n"',
        "[providers.x]\nkey = 'CANARY'\nbase_ulr = 'x'",
        "[providers.x]\nkey = 'CANARY'\ntimeouts = 3",
        "[providers.x]\nkey = 'CANARY'\n[timeouts]\nidle = 0",
        "[providers.x]\nkey = 'CANARY'\n[broken",
        "[providers.x]\nbase_url = 'https://u:CANARY@a.example'",
        "[providers.x]\nheaders = { X-Api-Key = 'CANARY' }",
    ],
)
def test_no_key_is_shown_by_a_failed_load(place: Place, text: str) -> None:
    place.user.write_text(text.replace("CANARY", CANARY) + "\nmodle = 1")
    environ = {"HOME": str(place.home), "OPENAI_API_KEY": CANARY}
    with pytest.raises(ConfigError) as caught:
        Settings.load(environ=environ, cwd=place.project.parent)
    leaks: list[str] = []
    error: BaseException | None = caught.value
    while error is not None:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        frames = [frame for frame in shown.stack if "test_load" not in frame.filename]
        leaks += [str(frame.locals) for frame in frames] + [str(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    assert CANARY not in str(leaks)


def test_no_key_of_the_arguments_is_shown_by_a_failed_load(place: Place) -> None:
    providers = {"x": {"key": CANARY, "base_ulr": "x"}}
    with pytest.raises(ConfigError) as caught:
        Settings.load(environ={"HOME": str(place.home)}, providers=providers)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = [frame for frame in shown.stack if "test_load" not in frame.filename]
    assert frames
    assert CANARY not in str([frame.locals for frame in frames])
    assert providers["x"]["key"] == CANARY


def test_settings_show_no_key(place: Place) -> None:
    found = place.load(providers={"x": {"base_url": "https://a.example", "key": CANARY}})
    assert CANARY not in repr(found)


def test_no_password_of_the_environment_is_shown_by_a_failed_load(place: Place) -> None:
    environ = {
        "HOME": str(place.home),
        "FAIRLEAD_HTTP_PROXY": f"http://ann:{CANARY}@proxy",
        "FAIRLEAD_STORE_URL": f"redis://:{CANARY}@host",
        "FAIRLEAD_UNSUPORTED": "warn",
    }
    with pytest.raises(ConfigError, match="did you mean FAIRLEAD_UNSUPPORTED") as caught:
        Settings.load(environ=environ)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = [frame for frame in shown.stack if "test_load" not in frame.filename]
    assert frames
    assert CANARY not in str([frame.locals for frame in frames])
