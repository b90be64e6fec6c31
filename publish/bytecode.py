"""What Python keeps of modules, which must never be older than the modules themselves."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from pathlib import Path


def drop_bytecode(source: str) -> None:
    """Delete what Python has kept of a module whose file was touched since, in whatever way.

    Python goes by the file's time and size, and ``cp -p`` or two saves a second leave both.
    """
    with contextlib.suppress(OSError):
        touched = os.stat(source).st_ctime_ns  # noqa: PTH116 - asked for every import of a page
        kept = Path(importlib.util.cache_from_source(source))
        if touched >= kept.stat().st_mtime_ns:
            kept.unlink()
