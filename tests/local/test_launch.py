"""What a child is told, and what its failures say; a stand-in for the native runtime is inside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from fairlead.errors import LocalModelError
from fairlead.local.catalog import lookup
from fairlead.local.launch import Launch, cores, launch, private_launch, slot_context
from fairlead.local.native import INSTALL_LIBGOMP, INSTALL_RUNTIME
from fairlead.local.process import ModelProcess

if TYPE_CHECKING:
    from tests.local.conftest import FakeRuntime

NOWHERE = Path("/nowhere/weights.gguf")


def start(how: Launch | None = None) -> ModelProcess:
    return launch(lookup("smollm2"), NOWHERE, how or private_launch())


def failure() -> str:
    with pytest.raises(LocalModelError) as caught:
        start()
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_runtime_is_told_what_was_asked_for(runtime: FakeRuntime, tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    runtime.serve(f"""
        told = dict(vars(params), model=params.model.path, threads=params.cpuparams.n_threads)
        told["waiting"] = os.environ["GOMP_SPINCOUNT"]
        del told["cpuparams"]
        with open({str(seen)!r}, "w") as file:
            json.dump(told, file, default=list)""")
    start(Launch(key="the key", port=1234, slots=3)).stop()
    told = json.loads(seen.read_text())
    assert told["model"] == str(NOWHERE)
    assert told["model_alias"] == ["smollm2"]
    assert told["api_keys"] == ["the key"]
    assert (told["hostnames"], told["port"]) == (["127.0.0.1"], 1234)
    assert (told["n_ctx"], told["n_parallel"], told["kv_unified"]) == (3 * 5461, 3, False)
    assert told["waiting"] == "1000"
    assert told["threads"] == cores()


def test_a_key_is_on_no_command_line_and_in_no_environment_and_in_no_repr(
    runtime: FakeRuntime,
) -> None:
    how = private_launch()
    child = start(how)
    try:
        process = psutil.Process(child.pid)
        assert how.key not in " ".join(process.cmdline())
        assert how.key not in str(process.environ())
        assert child.endpoint.key == how.key
        assert how.key not in repr(how) + repr(child.endpoint) + str(child.endpoint)
    finally:
        child.stop()


@pytest.mark.parametrize(("slots", "tokens"), [(1, 8192), (2, 8192), (4, 4096), (16, 1024)])
def test_slots_divide_the_context_up_to_what_the_model_can_hold(slots: int, tokens: int) -> None:
    assert slot_context(lookup("smollm2"), slots) == tokens


def test_two_launches_have_different_keys() -> None:
    assert private_launch().key != private_launch().key
    assert len(private_launch().key) >= 32


def test_a_missing_package_says_how_to_install_it(runtime: FakeRuntime) -> None:
    runtime.module("raise ModuleNotFoundError(\"No module named 'xllamacpp'\")")
    assert failure() == INSTALL_RUNTIME


def test_a_missing_system_library_says_how_to_install_it(runtime: FakeRuntime) -> None:
    runtime.module(
        "raise ImportError('libgomp.so.1: cannot open shared object file: No such file')"
    )
    assert failure() == INSTALL_LIBGOMP


def test_any_other_import_trouble_is_quoted(runtime: FakeRuntime) -> None:
    runtime.module("raise ImportError('GLIBC_2.99 not found')")
    assert "smollm2 did not start (GLIBC_2.99 not found)" in failure()


def test_a_child_that_dies_is_quoted_by_its_last_line(runtime: FakeRuntime) -> None:
    runtime.serve("os.write(2, b'first\\nggml: out of memory\\n\\n'); os.abort()")
    message = failure()
    assert "did not start (ggml: out of memory)" in message
    assert "fairlead local remove" in message


def test_a_child_that_dies_in_silence_is_told_by_its_status(runtime: FakeRuntime) -> None:
    runtime.serve("os._exit(7)")
    assert "did not start (exit status 7)" in failure()


def test_a_child_whose_pipes_close_before_it_ends_is_told_by_its_status(
    runtime: FakeRuntime,
) -> None:
    runtime.serve("import time; os.closerange(1, 100); time.sleep(0.3); os._exit(7)")
    assert "did not start (exit status 7)" in failure()


def test_weights_that_the_runtime_refuses_are_quoted(runtime: FakeRuntime) -> None:
    runtime.serve("os.write(2, b'E bad magic\\n'); raise RuntimeError('Failed to init server')")
    assert "did not start (E bad magic)" in failure()


def test_a_child_that_takes_too_long_is_given_up(runtime: FakeRuntime) -> None:
    runtime.serve("import time; time.sleep(60)")
    before = psutil.Process().children()
    with pytest.raises(LocalModelError, match="took too long to start"):
        launch(lookup("smollm2"), NOWHERE, private_launch(), patience=0.3)
    assert psutil.Process().children() == before


def test_a_port_that_the_runtime_cannot_have_is_named(runtime: FakeRuntime) -> None:
    runtime.serve("os.write(2, b'E couldn\\'t bind HTTP server socket\\n'); raise RuntimeError")
    assert failure().endswith("choose another port")
