"""The files that the patterns of ``project: render:`` and ``project: resources:`` stand for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from publish.errors import SourceError
from publish.keys import Ignored
from publish.write import MARK
from publish.yamltext import YamlText


def find_sources(root: Path, config: YamlText, path: str, sites: Collection[Path]) -> list[str]:
    """Return the sources to render: those of ``project.render``, or every .qmd that is no partial.

    Parameters
    ----------
    root
        The project's root.
    config, path
        ``_quarto.yml``, and its name for messages.
    sites
        Folders of finished sites, which hold copies of the sources; one that was published into
        the project is known by its mark.
    """
    found: set[str] = set()
    for pattern in _patterns(config, "render", path) or ["**/*.qmd"]:
        if pattern.startswith("!"):
            found -= {source for source in found if PurePosixPath(source).match(pattern[1:])}
            continue
        for file in _glob(root, config, "render", pattern, path):
            relative = file.relative_to(root)
            hidden = any(part.startswith(("_", ".")) for part in relative.parts)
            if file.suffix == ".qmd" and not hidden and not _is_built(file, root, sites):
                found.add(relative.as_posix())
    return sorted(found)


def find_resources(root: Path, config: YamlText, path: str, sites: Collection[Path]) -> list[str]:
    """Return the files of ``project.resources``; a folder stands for all its files."""
    found: dict[str, None] = {}
    for pattern in _patterns(config, "resources", path):
        for match in sorted(_glob(root, config, "resources", pattern, path)):
            files = [match] if match.is_file() else sorted(match.rglob("*"))
            for file in files:
                if file.is_file() and not _is_built(file, root, sites):
                    found[file.relative_to(root).as_posix()] = None
    return list(found)


def _is_built(file: Path, root: Path, sites: Collection[Path]) -> bool:
    """Say whether a file is part of a finished site."""
    folders = [root / folder for folder in list(file.relative_to(root).parents)[:-1]]
    return any(folder in sites or (folder / MARK).is_file() for folder in folders)


def unmatched(root: Path, config: YamlText, path: str) -> Iterator[Ignored]:
    """Yield the patterns that nothing matches: what they stand for may be made later."""
    for key in ("render", "resources"):
        for pattern in _patterns(config, key, path):
            if pattern[0] != "!" and not any(_glob(root, config, key, pattern, path)):
                yield Ignored(f"project.{key}", path, f"nothing matches {pattern}")


def _patterns(config: YamlText, key: str, path: str) -> list[str]:
    """Return patterns given as one text or a list; those from the root on lose their slash."""
    value: Any = (config.data.get("project") or {}).get(key)
    values = value if isinstance(value, list) else [value]
    patterns = [text for text in (str(item).lstrip("/") for item in values if item) if text]
    for pattern in patterns:
        if ".." in PurePosixPath(pattern.removeprefix("!")).parts:
            raise _mistake(config, key, path, f"{pattern} leads out of the project")
        if not PurePosixPath(pattern.removeprefix("!")).parts:
            raise _mistake(config, key, path, f"{pattern} stands for no files")
    return patterns


def _glob(root: Path, config: YamlText, key: str, pattern: str, path: str) -> Iterator[Path]:
    if not any(mark in pattern for mark in "*?[") and not (root / pattern).exists():
        raise _mistake(config, key, path, f"there is no file {pattern}")
    try:
        yield from root.glob(pattern)
    except ValueError:
        raise _mistake(
            config, key, path, f"{pattern} cannot be read: ** is a whole folder"
        ) from None


def _mistake(config: YamlText, key: str, path: str, message: str) -> SourceError:
    return SourceError(f'"{key}": {message}', path, config.lines.get(f"project.{key}"))
