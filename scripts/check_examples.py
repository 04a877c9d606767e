"""Fails when a type checker finds fault with an example in the papers: they are how callers write.

Lines are numbered as on the page, so that what mypy says names the place.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from mypy import api

ROOT = Path(__file__).parent.parent
PAPERS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
CACHE = ROOT / ".mypy_cache" / "examples"


def main() -> int:
    with TemporaryDirectory() as folder:
        files = [path for paper in PAPERS for path in _written(paper, Path(folder))]
        # What callers may leave out, such as the types of their own functions, is not asked for.
        found, failed, code = api.run(
            [
                "--config-file=",
                "--check-untyped-defs",
                "--ignore-missing-imports",
                f"--cache-dir={CACHE}",
                *map(str, files),
            ]
        )
    problems = [_on_the_page(line) for line in found.splitlines() if ": error:" in line]
    print(failed, *problems, sep="\n") if code else print(f"{len(files)} examples are well typed")
    return code


def _written(paper: Path, folder: Path) -> list[Path]:
    """Each example as a module of its own, with nothing but empty lines in front of it."""
    text, paths = paper.read_text(), []
    for match in BLOCK.finditer(text):
        before = text[: match.start(1)].count("\n")
        paths.append(folder / f"{paper.stem.replace('-', '_')}_{before + 1}.py")
        paths[-1].write_text("\n" * before + match[1])
    return paths


def _on_the_page(line: str) -> str:
    return re.sub(r"^.*?(\w+)_\d+\.py:", r"\1.md:", line)


if __name__ == "__main__":
    sys.exit(main())
