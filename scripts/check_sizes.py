"""Fails when a source file is too long, or files have grown long on the whole (DESIGN.md, §11)."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

LONGEST = 600
FEW_PAST = 400
FEW = 3
MEDIAN = 160


def main() -> int:
    root = Path(__file__).parent.parent / "src"
    sizes = {path: len(path.read_text().splitlines()) for path in root.rglob("*.py")}
    lengths = [size for path, size in sizes.items() if path.name != "__init__.py"]
    long = {path: size for path, size in sizes.items() if size > FEW_PAST}
    problems = [
        f"{path.relative_to(root)}: {size} lines, past {LONGEST}"
        for path, size in sizes.items()
        if size > LONGEST
    ]
    if len(long) > FEW:
        problems.append(f"{len(long)} files are past {FEW_PAST} lines, more than {FEW}")
    if median(lengths) > MEDIAN:
        problems.append(f"the median file has {median(lengths)} lines, more than {MEDIAN}")
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{len(sizes)} files, median {median(lengths):.0f} lines, longest {max(lengths)}")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
