"""The files that the patterns of ``project: render:`` and ``project: resources:`` stand for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from publish.errors import SourceError
from publish.keys import Ignored
from publish.write import MARK
from publish.yamltext import YamlText


def find_sources(root: Path, config: YamlText, path: str, sites: Collection[Path]) -> list[str]:
    """Return the sources to render: those of ``project.render``, or every .qmd that is no partial.

    As in Quarto a folder stands for its pages, and so does ``!folder/`` for those left out. What is
    to be left out is so at any depth, unless its pattern begins with a slash; so is, among what is
    wanted, a wildcard alone: ``*.qmd``.

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
    wanted, unwanted = _patterns(config, "render", path)
    found: set[str] = set()
    for pattern in wanted or ["*.qmd"]:
        for file in _files(_glob(root, config, "render", pattern, path)):
            relative = file.relative_to(root)
            hidden = any(part.startswith(("_", ".")) for part in relative.parts)
            if file.suffix == ".qmd" and not hidden and not _is_built(file, root, sites):
                found.add(relative.as_posix())
    return sorted(_without(found, unwanted))


def find_resources(root: Path, config: YamlText, path: str, sites: Collection[Path]) -> list[str]:
    """Return the files of ``project.resources``; a folder stands for all its files."""
    wanted, unwanted = _patterns(config, "resources", path)
    found: dict[str, None] = {}
    for pattern in wanted:
        for file in _files(sorted(_glob(root, config, "resources", pattern, path))):
            if file.is_file() and not _is_built(file, root, sites):
                found[file.relative_to(root).as_posix()] = None
    return _without(found, unwanted)


def matches(path: str, pattern: str) -> bool:
    """Say whether a pattern stands for a file, or for a folder that the file lies in."""
    return _fits(path.split("/"), [part for part in pattern.split("/") if part not in ("", ".")])


def _fits(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        # All of the pattern is used up: what is left lies in the folder that it stands for.
        return True
    if pattern[0] == "**":
        return any(_fits(parts[start:], pattern[1:]) for start in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _fits(parts[1:], pattern[1:])


def _files(found: Iterable[Path]) -> Iterator[Path]:
    for match in found:
        yield from [match] if match.is_file() else sorted(match.rglob("*"))


def _without(paths: Iterable[str], unwanted: Iterable[str]) -> list[str]:
    anywhere = [pattern if pattern.startswith("/") else f"**/{pattern}" for pattern in unwanted]
    return [path for path in paths if not any(matches(path, pattern) for pattern in anywhere)]


def _is_built(file: Path, root: Path, sites: Collection[Path]) -> bool:
    """Say whether a file is part of a finished site."""
    folders = [root / folder for folder in list(file.relative_to(root).parents)[:-1]]
    return any(folder in sites or (folder / MARK).is_file() for folder in folders)


def unmatched(root: Path, config: YamlText, path: str) -> Iterator[Ignored]:
    """Yield the patterns that nothing matches: what they stand for may be made later."""
    for key in ("render", "resources"):
        for pattern in _patterns(config, key, path)[0]:
            if not any(_glob(root, config, key, pattern, path)):
                yield Ignored(f"project.{key}", path, f"nothing matches {pattern}")


def _patterns(config: YamlText, key: str, path: str) -> tuple[list[str], list[str]]:
    """Return the patterns given as one text or a list: what is wanted, and what is to be left out.

    The latter are returned without their exclamation mark.
    """
    value: Any = (config.data.get("project") or {}).get(key)
    values = value if isinstance(value, list) else [value]
    given = [str(item) for item in values if item]
    for pattern in given:
        parts = PurePosixPath(pattern.removeprefix("!").lstrip("/")).parts
        if ".." in parts:
            raise _mistake(config, key, path, f"{pattern} leads out of the project")
        if not parts:
            raise _mistake(config, key, path, f"{pattern} stands for no files")
    wanted = [pattern for pattern in given if not pattern.startswith("!")]
    return wanted, [pattern[1:] for pattern in given if pattern.startswith("!")]


def _glob(root: Path, config: YamlText, key: str, pattern: str, path: str) -> Iterator[Path]:
    is_wild = any(mark in pattern for mark in "*?[")
    place = pattern.lstrip("/")
    if not is_wild and not (root / place).exists():
        raise _mistake(config, key, path, f"there is no file {place}")
    anywhere = key == "render" and is_wild and "/" not in pattern
    try:
        yield from root.glob(f"**/{place}" if anywhere else place)
    except ValueError:
        raise _mistake(
            config, key, path, f"{pattern} cannot be read: ** is a whole folder"
        ) from None


def _mistake(config: YamlText, key: str, path: str, message: str) -> SourceError:
    return SourceError(f'"{key}": {message}', path, config.lines.get(f"project.{key}"))
