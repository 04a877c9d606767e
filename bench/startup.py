"""What a process pays before it works, in wall time over an interpreter that does nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from bench import payloads
from bench.measure import taking_turns, wall_milliseconds
from bench.server import Server
from bench.sizes import Sizes
from bench.table import Row

_NOTHING = [sys.executable, "-c", "pass"]
_IMPORT = [sys.executable, "-c", "import fairlead"]
_CALL = (
    "from fairlead import Client\n"
    f"print(Client().chat('bench/{payloads.MODEL}', {payloads.PROMPT!r}).text)"
)
_HEAVY = ("asyncio", "click", "http", "msgspec", "pycurl", "rich", "socket", "ssl")
_LOADED = f"import sys, fairlead\nprint(*[name for name in {_HEAVY!r} if name in sys.modules])"


def importing(sizes: Sizes) -> Row:
    return _over_nothing("import fairlead", _IMPORT, sizes, 40.0)


def version(sizes: Sizes) -> Row:
    command = [str(Path(sys.executable).with_name("fairlead")), "--version"]
    return _over_nothing("fairlead --version", command, sizes, 100.0)


def cold_call(server: Server, sizes: Sizes) -> Row:
    """A new process that reads its settings, makes one blocking call and ends."""
    with TemporaryDirectory() as folder:
        settings = Path(folder, "fairlead", "fairlead.toml")
        settings.parent.mkdir()
        settings.write_text(
            f'[providers.bench]\nbase_url = "{server.url("call")}"\nkey_env = "BENCH_KEY"\n'
        )
        environment = {"XDG_CONFIG_HOME": folder, "BENCH_KEY": payloads.KEY}
        command = [sys.executable, "-c", _CALL]
        answer = subprocess.run(
            command, env=os.environ | environment, stdout=subprocess.PIPE, check=True
        )
        assert answer.stdout.decode().rstrip("\n") == payloads.WHOLE_TEXT
        return _over_nothing("a cold process, one call", command, sizes, 100.0, environment)


def loaded_modules() -> Row:
    """How many of the modules that must wait for their first use `import fairlead` loads."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED], stdout=subprocess.PIPE, text=True, check=True
    )
    names = done.stdout.split()
    label = " ".join(["heavy modules at import", *names])
    return Row(label, "modules", None, float(len(names)), "amount", 0.0)


def _over_nothing(
    name: str,
    command: list[str],
    sizes: Sizes,
    limit: float,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Row:
    with TemporaryDirectory() as bytecode:
        environ = os.environ | environment | {"PYTHONPYCACHEPREFIX": bytecode}
        # Where it is set, every start would compile every module anew.
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        floor, fairlead = taking_turns(
            partial(wall_milliseconds, partial(_run, _NOTHING, environ)),
            partial(wall_milliseconds, partial(_run, command, environ)),
            sizes.processes,
        )
    return Row(name, "ms", floor, fairlead, "excess", limit)


def _run(command: list[str], environ: dict[str, str]) -> None:
    subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)
