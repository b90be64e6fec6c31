"""What a cell put out, as Markdown for pandoc."""

from __future__ import annotations

import base64
import html
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# The richest form wins; Quarto's order for documents that become HTML through pandoc.
MIME_ORDER = (
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/html",
    "text/latex",
    "text/plain",
)
# What a page shows inline; anything else is told by its text.
INLINE_ORDER = ("text/markdown", "text/plain")
# Bytes that one cell may put out: a page that shows more is a mistake.
MOST_OUTPUT = 2_000_000
IMAGE_SUFFIX = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}

# matplotlib figures are saved at twice the size at which they are shown, for sharp screens.
IMAGE_SCALE = 2

# Colours and movements of a terminal; other controls.
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_FLOAT_LABEL = re.compile(r"^(fig|tbl)-")
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~$^@\"'&=:%-]|\.(?=\.))")
_NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
# Halves of characters, which no file can hold.
_SURROGATES = re.compile("[\ud800-\udfff]")
# What an object without a text of its own is told by.
_ADDRESS = re.compile(r"<[\w.]+ object(?: at 0x\w+)?>")


@dataclass(frozen=True)
class Output:
    """One output of a cell; its kind is stdout, stderr, display or error.

    ``data`` holds the forms of a display by MIME type; for the other kinds its only key is
    ``text/plain``.
    """

    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class CellMarkdown:
    """The Markdown of a cell, and the files that it links to (name → bytes)."""

    text: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)


class TooMuchOutput(BaseException):
    """A cell has printed more than ``MOST_OUTPUT``; no ``except Exception`` of its own hides it."""


def reduce_output(output: Output, is_inline: bool = False) -> Output:
    """Return an output with the one form that is shown, as text or bytes.

    Raises
    ------
    ValueError
        Where it cannot be shown: why, as the end of a sentence.
    """
    order = INLINE_ORDER if is_inline else MIME_ORDER
    mime = next((mime for mime in order if mime in output.data), "text/plain")
    value = output.data.get(mime, "")
    unknown = ", ".join(sorted(output.data.keys() - MIME_ORDER))
    if unknown and mime == "text/plain" and (not value or _ADDRESS.fullmatch(str(value))):
        raise ValueError(f"shows {unknown}, which publish cannot put on a page")
    if not isinstance(value, bytes):
        value = _SURROGATES.sub("\ufffd", str(value))
        if mime in ("image/png", "image/jpeg"):
            try:
                value = base64.b64decode(value)
            except ValueError:
                raise ValueError(f"gives an {mime} that is neither bytes nor base64") from None
    return Output(output.kind, {mime: value} if mime in output.data else {})


def as_printed(text: str) -> str:
    """Return what a terminal would show at last, without its colours: progress bars overwrite."""
    lines = _ESCAPES.sub("", text).split("\n")
    last = (line.rstrip("\r").rpartition("\r")[2] for line in lines)
    return _CONTROLS.sub("", "\n".join(last))


def escape_markdown(text: str) -> str:
    """Return Markdown that shows ``text`` as it is."""
    return _MARKDOWN_SPECIAL.sub(r"\\\1", text)


def richest(data: Mapping[str, Any]) -> str | None:
    """Return the MIME type under which a display is shown, or None where there is none."""
    return next((mime for mime in MIME_ORDER if mime in data), None)


def inline_markdown(data: Mapping[str, Any]) -> str:
    """Return the display of an inline expression: its Markdown, or its text, escaped."""
    if "text/markdown" in data:
        return str(data["text/markdown"]).strip()
    text = str(data.get("text/plain", ""))
    # A number needs no escape, which in a formula would have another meaning.
    return text if _NUMBER.fullmatch(text) else escape_markdown(text)


def render_cell(
    code: str,
    outputs: Iterable[Output],
    options: Mapping[str, Any],
    image_name: str,
) -> CellMarkdown:
    """Return a cell as Markdown: its code where it is shown, its outputs, its caption.

    Parameters
    ----------
    code
        The cell's code without its option lines.
    outputs
        What the cell put out, in order.
    options
        The cell's options over those of its page.
    image_name
        Path, relative to the page, that image files begin with.
    """
    if not options.get("include", True):
        return CellMarkdown()
    files: dict[str, bytes] = {}
    shown = [
        _render_output(output, options, f"{image_name}-output-{number}", files)
        for number, output in enumerate(_visible(outputs, options), start=1)
    ]
    blocks = []
    if options.get("echo", True) and code.strip():
        blocks.append(_code_block(code, options))
    label = options.get("label", "")
    body = "\n\n".join(shown)
    if body:
        blocks.append(_wrap_output(body, label, options))
    if not blocks:
        return CellMarkdown()
    classes = [".cell", *(f".{name}" for name in str(options.get("column", "")).split())]
    anchor = f"#{label} " if label and not _FLOAT_LABEL.match(label) else ""
    text = "\n\n".join(blocks)
    if options.get("output") != "asis":
        text = f"::: {{{anchor}{' '.join(classes)}}}\n\n{text}\n\n:::"
    return CellMarkdown(f"\n{text}\n\n", files)


def _visible(outputs: Iterable[Output], options: Mapping[str, Any]) -> list[Output]:
    if options.get("output") is False:
        return []
    hidden = set() if options.get("warning", True) else {"stderr"}
    return [output for output in outputs if output.kind not in hidden]


def _code_block(code: str, options: Mapping[str, Any]) -> str:
    block = fenced(code, ".python .cell-code")
    fold = options.get("code-fold", False)
    if fold is False:
        return block
    summary = html.escape(str(options.get("code-summary", "Code")))
    is_open = " open" if fold == "show" else ""
    return (
        f'```{{=html}}\n<details class="code-fold"{is_open}><summary>{summary}</summary>\n```\n\n'
        f"{block}\n\n```{{=html}}\n</details>\n```"
    )


def _wrap_output(body: str, label: str, options: Mapping[str, Any]) -> str:
    """Put a labelled or captioned output into the div that ``crossref`` turns into a figure."""
    is_table = label.startswith("tbl-") or (not label and "tbl-cap" in options)
    caption = options.get("tbl-cap" if is_table else "fig-cap", "")
    if not caption and not _FLOAT_LABEL.match(label):
        return body
    anchor = f"#{label} " if _FLOAT_LABEL.match(label) else ""
    kind = ".float-tbl" if is_table else ".float-fig"
    # One paragraph: no list or heading begins on a line that has begun with raw HTML, be it none.
    caption = f"` `{{=html}}{' '.join(str(caption).split())}" if caption else ""
    caption_block = f"::: {{.float-caption}}\n{caption}\n:::"
    return f"::: {{{anchor}.float {kind}}}\n\n{body}\n\n{caption_block}\n\n:::"


def _render_output(
    output: Output, options: Mapping[str, Any], name: str, files: dict[str, bytes]
) -> str:
    as_is = options.get("output") == "asis"
    if output.kind != "display":
        text = as_printed(str(output.data["text/plain"]))
        if as_is and output.kind == "stdout":
            return text
        return _printed(text.rstrip("\n"), output.kind)
    mime = richest(output.data)
    if mime is None:
        return ""
    value = output.data[mime]
    if mime == "text/markdown":
        return str(value)
    if mime == "text/html":
        block = fenced(str(value), "=html")
        # What `floats.scrolling` gives to other tables, so that wide ones scroll by keyboard.
        scrolls = '.table-scroll tabindex="0" role="group" aria-label="Table"'
        return f"::: {{{scrolls}}}\n\n{block}\n\n:::" if "<table" in str(value) else block
    if mime == "text/latex":
        # IPython's `Math` and sympy bring their dollars along, an environment does not.
        formula = str(value).strip()
        return formula if formula.startswith("$") else f"$$\n{formula}\n$$"
    if mime == "text/plain":
        return _printed(as_printed(str(value)), "display")
    file_name = f"{name}.{IMAGE_SUFFIX[mime]}"
    content = value.encode() if isinstance(value, str) else bytes(value)
    files[file_name] = content
    return fenced(_image_tag(file_name, content, options.get("fig-alt")), "=html")


def _printed(text: str, kind: str) -> str:
    # As code it would have its classes looked up among all languages that pandoc can colour, which
    # takes longer than everything else on a page.
    shown = html.escape(text)
    block = f'<pre class="cell-output cell-output-{kind}"><code>{shown}</code></pre>'
    return fenced(block, "=html")


def _image_tag(src: str, content: bytes, alt: str | None) -> str:
    size = ""
    if content.startswith(b"\x89PNG") and len(content) >= 24:
        # With the size in the page the text does not jump while the picture loads.
        width, height = struct.unpack(">II", content[16:24])
        size = f' width="{width // IMAGE_SCALE}" height="{height // IMAGE_SCALE}"'
    # No alt at all where the author gave none, so that `check` can say so.
    description = f' alt="{html.escape(str(alt))}"' if alt else ""
    return f'<p><img src="{html.escape(src)}"{description}{size}></p>'


def fenced(text: str, attributes: str) -> str:
    """Return a fenced block that holds ``text`` whatever back-ticks the text has."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks} {{{attributes}}}\n{text}\n{ticks}"
