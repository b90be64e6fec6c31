"""What a display cannot be is told, what it is goes into the page: pictures, captions, tables."""

from __future__ import annotations

import base64
import re
from html import escape
from pathlib import Path

import pytest

from publish.errors import SourceError
from publish.outputs import IMAGE_SUFFIX
from tests.publish_tiny import post, project, render, run, to_html

# A picture of 8 by 4 dots; no more of it than its size is looked at.
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x08\x00\x00\x00\x04"


@pytest.mark.parametrize(
    ("form", "use", "line"),
    [
        ("_repr_markdown_", "1\nA()", 7),
        ("_repr_html_", "A()", 6),
        ("_repr_png_", "from IPython.display import display\ndisplay(A())", 7),
        ("_repr_mimebundle_", "A()", 6),
        ("__repr__", "A()", 6),
    ],
)
def test_an_object_that_cannot_tell_its_form_is_an_error(
    tmp_path: Path, form: str, use: str, line: int
) -> None:
    thing = f"class A:\n    def {form}(self, **_):\n        raise KeyError('lost')\n\n"
    told = rf"^page.qmd:{line}: a cell without a label raised KeyError: 'lost'$"
    with pytest.raises(SourceError, match=told):
        run(f"```{{python}}\n{thing}{use}\n```\n", tmp_path)
    with pytest.raises(SourceError, match=r"^page.qmd:8: `\{python\} A\(\)` raised KeyError"):
        run(f"```{{python}}\n{thing}```\n\n`{{python}} A()`\n", tmp_path)


def test_a_form_that_an_object_says_it_has_not_is_none(tmp_path: Path) -> None:
    thing = "class A:\n    def _repr_html_(self): raise NotImplementedError\n"
    thing += "    def __repr__(self): return 'in words'\nA()"
    assert "in words" in run(f"```{{python}}\n{thing}\n```\n", tmp_path, echo=False).markdown


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg"])
@pytest.mark.parametrize("given", [PNG, base64.b64encode(PNG).decode()])
def test_a_picture_may_be_bytes_or_base64(tmp_path: Path, mime: str, given: bytes | str) -> None:
    show = f"from IPython.display import display\ndisplay({{{mime!r}: {given!r}}}, raw=True)"
    executed = run(f"```{{python}}\n{show}\n```\n", tmp_path)
    name = f"page_files/figure-html/cell-1-output-1.{IMAGE_SUFFIX[mime]}"
    assert executed.files == {name: PNG}
    assert 'width="4" height="2"' in executed.markdown


def test_a_picture_of_ipython_is_a_picture(tmp_path: Path) -> None:
    cell = f"```{{python}}\nfrom IPython.display import Image\nImage(data={PNG!r})\n```\n"
    assert list(run(cell, tmp_path).files.values()) == [PNG]


@pytest.mark.parametrize(
    ("show", "words"),
    [
        ("Image(data=b'GIF89a', format='gif')", "shows image/gif, which publish cannot put on"),
        ("JSON({'a': 1})", "shows application/json, which"),
        ("Javascript('f()')", "shows application/javascript, which"),
        ("display({'image/png': 'no picture'}, raw=True)", "gives an image/png that is neither"),
    ],
)
def test_what_no_page_can_show_is_told(tmp_path: Path, show: str, words: str) -> None:
    cell = f"from IPython.display import Image, JSON, Javascript, display\n{show}"
    with pytest.raises(SourceError) as caught:
        run(f"a\n\n```{{python}}\n#| label: x\n{cell}\n```\n", tmp_path)
    assert str(caught.value).startswith(f'page.qmd:5: the cell "x" {words}')


def test_text_beside_an_unknown_form_is_shown(tmp_path: Path) -> None:
    show = "display({'application/x-bar': {}, 'text/plain': '40 %'}, raw=True)"
    cell = f"```{{python}}\nfrom IPython.display import display\n{show}\n```\n"
    assert "<code>40 %</code>" in run(cell, tmp_path, echo=False).markdown


@pytest.mark.parametrize(
    "code",
    [
        "```{{python}}\nprint({})\n```\n",
        "```{{python}}\nfrom IPython.display import HTML\nHTML({})\n```\n",
        "`{{python}} {}`\n",
        "```{{python}}\n#| error: true\nraise ValueError({})\n```\n",
    ],
)
def test_half_a_character_is_shown_as_one_that_is_unknown(tmp_path: Path, code: str) -> None:
    root = project(tmp_path, {"one": post(code.format(r"'a\ud800b'"))})
    render(root)
    assert "a\ufffdb" in (root / "_site/posts/one/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "caption",
    [
        "(a) Loss by epoch; (b) accuracy",
        "2. Results",
        "- dash",
        "# x",
        "| x",
        "> x",
        "::: x",
        "1986",
    ],
)
def test_a_caption_is_a_paragraph_whatever_it_looks_like(tmp_path: Path, caption: str) -> None:
    cell = f'```{{python}}\n#| label: fig-a\n#| fig-cap: "{caption}"\nprint(1)\n```\n'
    html = to_html(cell, tmp_path).html
    (shown,) = re.findall(r"<figcaption>\s*(.*?)\s*</figcaption>", html, re.DOTALL)
    assert shown == f'<span class="float-number">Figure\u00a01:</span> {escape(caption)}'


def test_a_caption_keeps_its_mark_up_and_none_stays_none(tmp_path: Path) -> None:
    cell = "```{{python}}\n#| label: fig-a\n{}print(1)\n```\n"
    html = to_html(cell.format('#| fig-cap: "*Left*: x"\n'), tmp_path).html
    assert "</span> <em>Left</em>: x" in html
    html = to_html(cell.format(""), tmp_path).html
    assert '<span class="float-number">Figure\u00a01</span>' in html


def test_a_table_of_pandas_scrolls_as_others_do(tmp_path: Path) -> None:
    cell = "```{python}\nimport pandas as pd\npd.DataFrame({'a': [1]})\n```\n"
    scrolls = re.compile(r'<div class="table-scroll"[^>]*>')
    (ours,) = scrolls.findall(to_html(cell, tmp_path).html)
    (others,) = scrolls.findall(to_html("| a |\n|---|\n| 1 |\n\n: x {#tbl-a}", tmp_path).html)
    assert ours == others
    assert 'tabindex="0"' in ours
