"""YAML with line numbers: every mistake can be named by file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from publish.errors import SourceError

# The same loader in C, where PyYAML was built with it: several times as fast.
_FAST_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class YamlText:
    """A YAML mapping and the line on which each of its keys stands.

    ``lines`` maps a dotted key (``execute.echo``) to its line in the file, counted from 1.
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)


def parse_yaml(text: str, path: str, first_line: int = 1) -> YamlText:
    """Parse a YAML mapping that starts on ``first_line`` of the file ``path``.

    Raises
    ------
    SourceError
        Where the YAML is broken, is no mapping, or holds a key twice.
    """
    try:
        node, data = _load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "cannot be read"
        line = first_line + (mark.line if mark else 0)
        raise SourceError(f"broken YAML: {problem}", path, line) from None
    except ValueError as error:  # a date such as 2025-02-30
        line = first_line + _line_of_bad_value(text)
        raise SourceError(f"broken YAML: {error}", path, line) from None
    except RecursionError:
        raise SourceError("broken YAML: it is nested too deeply", path, first_line) from None
    if node is None:
        return YamlText()
    if not isinstance(node, yaml.MappingNode):
        raise SourceError("expected YAML of the form `key: value`", path, first_line)
    if loop := _loop(node, [], set()):
        line = first_line + (loop.start_mark.line if loop.start_mark else 0)
        raise SourceError("broken YAML: this refers to itself", path, line)
    lines: dict[str, int] = {}
    _collect_lines(node, "", path, first_line, lines)
    return YamlText(data, lines)


def _load(text: str) -> tuple[yaml.Node | None, Any]:
    def load(kind: Any) -> tuple[yaml.Node | None, Any]:
        loader = kind(text)
        node = loader.get_single_node()
        if node is None:
            return None, None
        _read_keys_as_texts(node, set())
        return node, loader.construct_document(node)

    try:
        return load(_FAST_LOADER)
    except yaml.YAMLError:
        # The one in Python tells better where a mistake is.
        return load(yaml.SafeLoader)


def _read_keys_as_texts(node: yaml.Node, done: set[int]) -> None:
    """Make every key the word that it is: ``on`` and ``no`` are true and false to YAML."""
    if id(node) in done:
        return
    done.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                key.tag = "tag:yaml.org,2002:str"
    for child in _children(node):
        _read_keys_as_texts(child, done)


def _line_of_bad_value(text: str) -> int:
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
            try:
                yaml.safe_load(event.value)
            except yaml.YAMLError:
                continue
            except ValueError:
                return event.start_mark.line if event.start_mark else 0
    return 0


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        yield from (part for pair in node.value for part in pair)
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _loop(node: yaml.Node, around: list[yaml.Node], sound: set[int]) -> yaml.Node | None:
    """Return a node that holds itself (``&a [*a]``), or None; ``sound`` ones were looked at."""
    if any(node is outer for outer in around):
        return node
    if id(node) not in sound:
        for child in _children(node):
            if found := _loop(child, [*around, node], sound):
                return found
        sound.add(id(node))
    return None


def _collect_lines(
    node: yaml.MappingNode, prefix: str, path: str, first_line: int, lines: dict[str, int]
) -> None:
    for key_node, value_node in node.value:
        key = f"{prefix}{key_node.value}"
        line = first_line + key_node.start_mark.line
        if key in lines:
            raise SourceError(f'the key "{key}" is given twice', path, line)
        lines[key] = line
        if isinstance(value_node, yaml.MappingNode):
            _collect_lines(value_node, f"{key}.", path, first_line, lines)
