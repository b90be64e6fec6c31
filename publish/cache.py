"""What earlier builds made, in ``.cache/publish``: entries named by the digest of what they are of.

An entry is a file: the digest of its text, then its text. It is written beside and renamed, so two
builds at once do each other no harm, and one that is damaged counts as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(".cache", "publish")
# Entries that no build has used for this long are deleted.
KEPT_DAYS = 14


@dataclass(frozen=True)
class Cache:
    """Where entries lie, nowhere for None; a fresh one is written and not read."""

    folder: Path | None = None
    is_fresh: bool = False

    @property
    def recalls(self) -> bool:
        """Whether what is stored in it can be got again in the same build."""
        return self.folder is not None and not self.is_fresh


def key_of(*parts: Any) -> str:
    """Return the digest of values that JSON can hold; others count by their text."""
    # Whole pages are among them: their digests are soon made, their JSON is not.
    small = [["text", _digest(part)] if isinstance(part, str) else part for part in parts]
    return _digest(json.dumps(small, sort_keys=True, ensure_ascii=False, default=str))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def get(cache: Cache, key: str) -> Any:
    """Return an entry, or None where there is none or it is damaged."""
    if cache.folder is None or not cache.recalls:
        return None
    path = cache.folder / key
    try:
        digest, _, text = path.read_bytes().partition(b"\n")
        if hashlib.sha256(text).hexdigest().encode() != digest:
            return None
        # Its time says that it is still of use.
        os.utime(path)
        return json.loads(text)
    except (OSError, ValueError):
        return None


def put(cache: Cache, key: str, value: Any) -> None:
    """Store an entry; where the disk does not let us, the next build does the work again."""
    folder = cache.folder
    if folder is None:
        return
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    temporary = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".")
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
        Path(temporary).replace(folder / key)
    except OSError:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink(missing_ok=True)


def prune(cache: Cache) -> None:
    """Delete what no build has used for long, and what killed builds left behind."""
    if cache.folder is None:
        return
    limit = time.time() - KEPT_DAYS * 24 * 3600
    with contextlib.suppress(OSError):
        for path in cache.folder.rglob("*"):
            if path.is_file() and path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)
