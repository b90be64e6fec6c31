"""The library that draws Vega-Lite charts in the browser, as one file of the site.

A page asks for it by an element with the attribute ``data-vega-lite``. The package vl-convert holds
the library and packs it, which takes seconds and gives the same bytes each time, so the file is
kept beside the installed packages.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from publish.errors import SourceError
from publish.versions import versions

MARK = "data-vega-lite="
ADDRESS = "static/vega.js"
PACKAGE = "vl_convert_python"
NOTICE = (
    "/* Vega, Vega-Lite and Vega-Embed, copyright University of Washington Interactive Data Lab "
    "and contributors, BSD-3-Clause; packed by vl-convert. */\n"
)


def library(folder: Path | None = None) -> str:
    """Return the library as a script that defines ``vegaEmbed`` and nothing else.

    Parameters
    ----------
    folder
        Where it is kept; by default beside the installed packages.

    Raises
    ------
    SourceError
        Where the package that packs it is not installed.
    """
    version = versions().get(PACKAGE)
    if version is None:
        raise SourceError("a page has a Vega-Lite chart, which takes the package vl-convert-python")
    kept = (folder or Path(sys.prefix) / "share" / "publish") / f"vega-{version}.js"
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    import vl_convert

    packed = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    # In a function of its own, or its short names would be everybody's.
    script = f"{NOTICE}(() => {{{packed}\n}})();\n"
    _keep(kept, script)
    return script


def _keep(path: Path, text: str) -> None:
    """Write a file whole; where packages are installed for reading only, do nothing."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)


if __name__ == "__main__":
    library()
