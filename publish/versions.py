"""What a build runs on: cores, Python, the packages beside it, and publish's own code."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_OWN_IMPORT = re.compile(r"^\s*from publish(?:\.| import )(\w+)", re.MULTILINE)
_DISTRIBUTION = re.compile(r"(.+?)-([^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info$")


@cache
def code_digest(module: str) -> str:
    """Return the digest of a module of publish and of all others that it imports."""
    found: dict[str, bytes] = {}
    wanted = [module]
    while wanted:
        name = wanted.pop()
        path = Path(__file__).with_name(f"{name}.py")
        if name not in found and path.is_file():
            found[name] = path.read_bytes()
            wanted += _OWN_IMPORT.findall(found[name].decode())
    content = hashlib.sha256()
    for name in sorted(found):
        content.update(name.encode() + b"\0" + found[name] + b"\0")
    return content.hexdigest()


@cache
def versions() -> Mapping[str, str]:
    """Return the version of Python and of each installed package, by name.

    The names of their folders say it; reading what is in them would take longer than a build.
    Asked once: a preview goes on with the packages that it has loaded, whatever is installed.
    """
    found = {"Python": sys.version}
    # Earlier places win, as they do for imports.
    for place in reversed(sys.path):
        folder = Path(place or ".")
        if folder.is_dir():
            for name in sorted(path.name for path in folder.glob("*-info")):
                if match := _DISTRIBUTION.match(name):
                    found[match[1].lower()] = match[2]
    return found


def changed_version(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return which version differs, as part of a sentence, or an empty string."""
    for name in sorted(before.keys() | now.keys(), key=lambda name: (name != "Python", name)):
        if before.get(name) != now.get(name):
            shown = [found.get(name, "none").split()[0] for found in (before, now)]
            return f"{name} changed: {shown[0]} → {shown[1]}"
    return ""


def default_processes() -> int:
    """Return the number of pages to work on at a time: one per core this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
