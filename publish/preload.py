"""What cells import, so that it can be imported once for all pages before any of them runs."""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Iterable
from importlib.machinery import PathFinder
from pathlib import Path

from publish.reads import UNSEEN_MODULES
from publish.source import Cell
from publish.steps import Job

# Imported only when something is drawn, and by every page that draws.
LATE = {"matplotlib": ("matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg")}

# An import at the beginning of a line: what is imported in a function is not loaded with it.
_IMPORT = re.compile(
    r"^(?:import|from +(?P<of>\w[\w.]*) +import) +\(?(?P<some>(?<=\()[^)]*|[^;(\n]*)", re.MULTILINE
)


def preloads(jobs: Iterable[Job]) -> list[str]:
    """Return the packages' modules that cells import, by themselves or through local modules.

    Local modules are left out, since they may change between two builds of one preview, and so
    are those that read files unseen: a page that does not use them must not seem to.
    """
    jobs = list(jobs)
    cells = {part.code for job in jobs for part in job.source.parts if isinstance(part, Cell)}
    wanted = [name for code in sorted(cells) for name in imports(code)]
    roots = sorted({job.root for job in jobs})
    seen: set[str] = set()
    found: list[str] = []
    while wanted:
        name = wanted.pop(0)
        if name in seen:
            continue
        seen.add(name)
        top = name.partition(".")[0]
        if _local(roots, top):
            code = (file.read_text("utf-8", errors="replace") for file in _local(roots, name))
            wanted += [more for text in code for more in imports(text)]
        elif top not in UNSEEN_MODULES and _is_installed(top):
            found.append(name)
            wanted += LATE.get(top, ())
    return found


def imports(code: str) -> list[str]:
    """Return the modules that code imports as it is loaded, in order, as far as its lines tell.

    ``from a import b`` gives ``a`` and ``a.b``, which may be no module. To parse every module takes
    several times as long, and all that can go wrong is that something is loaded late or in vain.
    """
    names: list[str] = []
    for found in _IMPORT.finditer(code):
        of = [found["of"]] if found["of"] else []
        some = re.sub(r"#.*|\bas +\w+", "", found["some"]).split(",")
        listed = [name.strip() for name in some if name.strip().replace(".", "").isidentifier()]
        names += [*of, *(f"{of[0]}.{name}" if of else name for name in listed)]
    # A module's packages are loaded before it.
    parents = [".".join(n.split(".")[: k + 1]) for n in names for k in range(n.count(".") + 1)]
    return list(dict.fromkeys(parents))


def _local(roots: Iterable[Path], name: str) -> list[Path]:
    """Return the files of a module that lies in one of the projects."""
    bases = [root.joinpath(*name.split(".")) for root in roots]
    files = [file for base in bases for file in (base.with_suffix(".py"), base / "__init__.py")]
    return [file for file in files if file.is_file()]


def _is_installed(top: str) -> bool:
    """Say whether a package is installed beside publish, and not in a place of its own."""
    if top in sys.stdlib_module_names:
        return False
    places = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    return PathFinder.find_spec(top, places) is not None
