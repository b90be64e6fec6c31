"""What one built page holds, and what is wrong with it taken alone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from publish.links import is_address

# Elements that make the browser fetch something while the page loads, and the attribute that
# says from where. A plain link fetches nothing until the reader follows it.
LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "track": "src",
    "input": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
    "image": "href",
    "use": "href",
}
LOADING_RELS = {
    *("stylesheet", "icon", "manifest", "preload", "modulepreload", "prefetch"),
    *("preconnect", "dns-prefetch"),
}
CSS_URL = re.compile(r"""(?:url\(\s*|@import\s+)["']?(https?:)?//""", re.IGNORECASE)
# How Quarto and pandoc show what they could not resolve.
_NO_LABEL = re.compile(r"\?@((?:fig|tbl|eq|sec)-[\w-]+)")
_NO_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]")
_NO_BLOCK = re.compile(r"(?<!\S):{3,}(?=[\s{]|$)")
# What these hold may be about anything.
_CODE = {"code", "pre", "script", "style", "annotation"}


@dataclass(frozen=True)
class Facts:
    """What one page holds: all that checking the site needs to know of it.

    ``links`` are addresses to follow or load, ``loads`` those that the page fetches while it
    opens; ``problems`` pairs a message with the text that shows the place in the page's source.
    """

    ids: frozenset[str]
    links: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    loads: tuple[str, ...] = ()


def inspect(html: str) -> Facts:
    """Return what one page holds and what is wrong with it taken alone."""
    # Imported here: a page that has been looked at before is not parsed again.
    import html5lib

    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    tree = parser.parse(html)
    problems = [
        (
            f"invalid HTML: {code.replace('-', ' ')} {_detail(data)}".strip(),
            str(data.get("name", "")),
        )
        for _, code, data in parser.errors
    ]
    ids: set[str] = set()
    links: list[str] = []
    loads: list[str] = []
    policy = _policy(tree)
    code: set[int] = set()
    # The section or figure that one is in.
    place = ""
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        tag = element.tag.rsplit("}", 1)[-1]
        attributes = {name.rsplit("}", 1)[-1]: value for name, value in element.attrib.items()}
        if identity := attributes.get("id"):
            if identity in ids:
                problems.append((f'the id "{identity}" is used twice', identity))
            ids.add(identity)
            place = identity if tag in ("section", "figure") else place
        for address in _addresses(tag, attributes):
            if is_address(address):
                links.append(address)
            else:
                problems.append((f"the address {address} cannot be read", address))
        problems.extend(_element_problems(tag, attributes, element))
        if tag in _CODE:
            code.update(map(id, element.iter()))
        if id(element) not in code:
            problems.extend(_unresolved(attributes, element))
        if _is_forbidden_script(tag, attributes, element.text or "", policy):
            message = (
                "a script inside the page, which its Content-Security-Policy keeps from running"
            )
            problems.append((message, place))
        if attributes.get("loading") != "lazy":
            loads.extend(filter(is_address, _loads(tag, attributes)))
    return Facts(frozenset(ids), tuple(links), tuple(problems), tuple(loads))


def _detail(data: Mapping[str, Any]) -> str:
    return ", ".join(str(value) for value in data.values())


def _addresses(tag: str, attributes: Mapping[str, str]) -> Iterator[str]:
    for name in ("href", "src", "data"):
        if name in attributes and (name != "data" or tag == "object"):
            yield attributes[name]


def _policy(tree: ET.Element) -> str:
    policies = (
        element.get("content", "")
        for element in tree.iter("meta")
        if element.get("http-equiv", "").lower() == "content-security-policy"
    )
    return next(policies, "")


def _is_forbidden_script(tag: str, attributes: Mapping[str, str], text: str, policy: str) -> bool:
    kind = attributes.get("type", "")
    is_code = not kind or kind == "module" or "javascript" in kind
    if tag != "script" or "src" in attributes or not is_code:
        return False
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'" not in policy


def _loads(tag: str, attributes: Mapping[str, str]) -> Iterator[str]:
    """Yield the addresses that the browser may fetch for an element while the page loads."""
    address = attributes.get(LOADS.get(tag, ""), "")
    if tag == "link" and LOADING_RELS & set(attributes.get("rel", "").split()):
        address = attributes.get("href", "")
    # A drawing uses marks of its own by the hundred, and fetches nothing for them.
    if address and not address.startswith("#"):
        yield address
    if "poster" in attributes:
        yield attributes["poster"]
    for candidate in attributes.get("srcset", "").split(","):
        yield from candidate.split()[:1]


def _element_problems(
    tag: str, attributes: Mapping[str, str], element: ET.Element
) -> Iterator[tuple[str, str]]:
    decorative = attributes.get("role") in ("presentation", "none") or "aria-hidden" in attributes
    if tag == "img" and not attributes.get("alt", "").strip() and not decorative:
        src = attributes.get("src", "")
        yield f"the image {src} has no alternative text (fig-alt)", src
    if tag == "svg" and not decorative and not _has_name(attributes, element):
        yield "a drawing (svg) has no name (aria-label or <title>)", "<svg"
    for name in attributes:
        if name.startswith("on"):
            yield f"{name}=, which the page's Content-Security-Policy keeps from running", name
    if tag in ("iframe", "object", "embed") and (address := attributes.get(LOADS[tag], "")):
        yield f"<{tag}>, which the page's Content-Security-Policy keeps from loading", address
    if tag == "a" and "href" in attributes and not decorative and not _link_text(element):
        yield f"the link to {attributes['href']} has no text", attributes["href"]
    for address in _loads(tag, attributes):
        if is_address(address) and urlsplit(address).netloc:
            yield f"<{tag}> loads {address} from another host", address
    css = (element.text or "" if tag == "style" else "") + attributes.get("style", "")
    if CSS_URL.search(css):
        yield "a style loads something from another host", "style"


def _unresolved(attributes: Mapping[str, str], element: ET.Element) -> Iterator[tuple[str, str]]:
    for text in (element.text, *(child.tail for child in element)):
        for label in _NO_LABEL.findall(text or ""):
            yield f"nothing has the label @{label}", f"@{label}"
        for mark in _NO_FOOTNOTE.findall(text or ""):
            yield f"there is no footnote {mark}", mark
        for mark in _NO_BLOCK.findall(text or ""):
            yield f"{mark} opens or closes no block, and shows as text", mark
    if "citation" in attributes.get("class", "").split():
        for key in attributes.get("data-cites", "").split():
            if any(child.text == f"{key}?" for child in element.iter()):
                yield f"@{key} is in no bibliography of this page", f"@{key}"


def _has_name(attributes: Mapping[str, str], svg: ET.Element) -> bool:
    titled = any(
        isinstance(child.tag, str) and child.tag.endswith("title") and (child.text or "").strip()
        for child in svg
    )
    return bool(attributes.get("aria-label") or attributes.get("aria-labelledby") or titled)


def _link_text(element: ET.Element) -> bool:
    named = element.get("aria-label") or element.get("title")
    inner = any(child.get("alt") or child.get("aria-label") for child in element.iter())
    return bool(named or inner or "".join(element.itertext()).strip())
