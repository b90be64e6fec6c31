"""Put a built site into its folder: all of it or nothing."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from publish.errors import SourceError

# Says that a directory is a published site, and so ours to replace.
MARK = ".published"


def refuse_unsafe_output(output: Path, root: Path) -> None:
    """Raise a SourceError for a folder whose loss would hurt: all of it is replaced."""
    if root == output or root.is_relative_to(output):
        raise SourceError(f"the site cannot be written to {output}: the sources are there")
    if output.is_dir() and any(output.iterdir()) and not (output / "index.html").is_file():
        raise SourceError(
            f"{output} holds something that is not a site; publish would replace all of it, "
            "so choose an empty or new folder"
        )
    if output.exists() and not output.is_dir():
        raise SourceError(f"{output} is a file, so the site cannot be written there")


def write_site(
    output: Path,
    files: Mapping[str, str | bytes],
    copies: Mapping[str, Path],
    gate: Callable[[Path], None] = lambda folder: None,
) -> None:
    """Write a site beside ``output`` and swap it in whole.

    A build that is cut off leaves the old site; a reader never sees half of the new one. ``gate``
    sees the new one first, and keeps it out by raising.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=output.parent, prefix=f".{output.name}-"))
    try:
        new = beside / "new"
        for address, path in copies.items():
            target = new / address
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        for address, content in files.items():
            target = new / address
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
        gate(new)
        old = beside / "old"
        try:
            if output.exists():
                output.rename(old)
            new.rename(output)
        except BaseException:
            # Between the two, where an interrupt may fall, there is no site in place.
            if old.exists() and not output.exists():
                old.rename(output)
            raise
    except OSError as error:
        # Python names the file that was read, which has nothing to do with it.
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            message = f"the site cannot be written to {output}: {error.strerror}"
            raise SourceError(message) from None
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
