"""What cells put out becomes Markdown: text, pictures, formulas, objects, and their code."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from tests.publish_tiny import run, to_html


def test_the_last_expression_is_shown(tmp_path: Path) -> None:
    markdown = run("```{python}\n1\n6 * 7\n```\n", tmp_path, echo=False).markdown
    assert "42" in markdown
    assert "<code>1<" not in markdown


def test_a_semicolon_hides_the_last_expression(tmp_path: Path) -> None:
    assert "42" not in run("```{python}\n6 * 7;\n```\n", tmp_path, echo=False).markdown


def test_printed_text_and_displays_keep_their_order(tmp_path: Path) -> None:
    cell = """\
    ```{python}
    #| echo: false
    from IPython.display import Markdown, display
    print("first")
    display(Markdown("*second*"))
    print("third")
    Markdown("*fourth*")
    ```
    """
    markdown = run(cell, tmp_path).markdown
    places = [markdown.index(word) for word in ("first", "*second*", "third", "*fourth*")]
    assert places == sorted(places)


def test_an_object_of_ones_own_may_be_called_a_figure_beside_pyplot(tmp_path: Path) -> None:
    own = "class Figure:\n    def _repr_markdown_(self): return '*mine*'"
    cell = f"```{{python}}\nimport matplotlib.pyplot as plt\n{own}\nFigure()\n```\n"
    assert "*mine*" in run(cell, tmp_path, echo=False).markdown


@pytest.mark.parametrize(
    ("methods", "shown"),
    [
        (("_repr_markdown_", "_repr_html_"), "from _repr_markdown_"),
        (("_repr_svg_", "_repr_html_"), 'src="page_files/figure-html/cell-1-output-1.svg"'),
        (("_repr_html_",), "from _repr_html_"),
        ((), "plain text"),
    ],
)
def test_the_richest_form_of_an_object_is_shown(
    tmp_path: Path, methods: tuple[str, ...], shown: str
) -> None:
    lines = [f"    def {name}(self): return 'from {name}'" for name in methods]
    thing = ["class Thing:", "    def __repr__(self): return 'plain text'", *lines, "Thing()"]
    cell = "\n".join(["```{python}", *thing, "```"])
    markdown = run(cell, tmp_path, echo=False).markdown
    assert shown in markdown
    assert markdown.count("from ") + markdown.count("plain text") <= 1


def test_plain_matplotlib_cells_give_an_image_of_stated_size(tmp_path: Path) -> None:
    cell = """\
    ```{python}
    #| label: fig-line
    #| fig-alt: A "line"
    import matplotlib.pyplot as plt
    plt.plot([1, 2])
    ```
    """
    executed = run(cell, tmp_path)
    name = "page_files/figure-html/fig-line-output-1.png"
    assert list(executed.files) == [name]
    assert executed.files[name].startswith(b"\x89PNG")
    assert f'src="{name}" alt="A &quot;line&quot;" width="' in executed.markdown
    assert "matplotlib.lines" not in executed.markdown


def test_a_figure_shown_as_last_expression_is_shown_once(tmp_path: Path) -> None:
    cell = "```{python}\nimport matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nfig\n```\n"
    assert len(run(cell, tmp_path).files) == 1


def test_a_formula_is_set(tmp_path: Path) -> None:
    code = "from IPython.display import Latex, Math\n{}"
    for shown in ('Math(r"a^2")', 'Latex(r"\\begin{aligned} a^2 \\end{aligned}")'):
        html = to_html(f"```{{python}}\n{code.format(shown)}\n```\n", tmp_path, echo=False).html
        assert "<math" in html
        assert "<msup>" in html


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("10%\r 20%\r100%\ndone", "100%\ndone"),
        ("20%\r", "20%"),
        ("a\r\nb\x07", "a\nb"),
        ("x" * 100_000, "x" * 100_000),
    ],
)
def test_text_is_shown_as_a_terminal_would_leave_it(
    tmp_path: Path, printed: str, shown: str
) -> None:
    markdown = run(f"```{{python}}\nprint({printed!r})\n```\n", tmp_path, echo=False).markdown
    assert f"<code>{shown}</code>" in markdown


@pytest.mark.parametrize("magic", ["%matplotlib inline", "%matplotlib"])
def test_a_notebooks_first_line_may_stay(tmp_path: Path, magic: str) -> None:
    cell = f"```{{python}}\n{magic}\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\n```\n"
    assert len(run(cell, tmp_path).files) == 1


def test_what_a_cell_printed_is_shown_as_it_is(tmp_path: Path) -> None:
    text = '<b>&amp; "x" </b>\n\n$1 < 2$ ```\n\n:::'
    page = to_html(f"```{{python}}\n#| echo: false\nprint({text!r})\n```\n", tmp_path).html
    (shown,) = re.findall(r"<pre([^>]*)><code>(.*?)</code></pre>", page, re.DOTALL)
    assert 'class="cell-output cell-output-stdout"' in shown[0]
    assert "<" not in shown[1]
    assert unescape(shown[1]) == text


def test_options_hide_code_output_and_warnings(tmp_path: Path) -> None:
    code = 'import warnings\nwarnings.warn("be" + "ware")\nprint("out" + "put")'
    assert "beware" in run(f"```{{python}}\n{code}\n```\n", tmp_path).markdown
    quiet = run(f"```{{python}}\n#| warning: false\n#| echo: false\n{code}\n```\n", tmp_path)
    assert "beware" not in quiet.markdown
    assert "output" in quiet.markdown
    assert "print" not in quiet.markdown
    silent = run(f"```{{python}}\n#| output: false\n{code}\n```\n", tmp_path).markdown
    assert "output" not in silent
    assert "print" in silent
    assert run(f"```{{python}}\n#| include: false\n{code}\n```\n", tmp_path).markdown == "\n"
    assert "output" not in run(f"```{{python}}\n#| eval: false\n{code}\n```\n", tmp_path).markdown


def test_output_as_is_is_markdown(tmp_path: Path) -> None:
    cell = '```{python}\n#| echo: false\n#| output: asis\nprint("## A heading")\n```\n'
    assert run(cell, tmp_path).markdown.strip() == "## A heading"


def test_a_cells_option_wins_over_its_pages(tmp_path: Path) -> None:
    cell = "```{python}\n#| echo: true\nshown = 1\n```\n\n```{python}\nhidden = 1\n```\n"
    markdown = run(cell, tmp_path, echo=False).markdown
    assert "shown = 1" in markdown
    assert "hidden" not in markdown


def test_code_can_be_folded(tmp_path: Path) -> None:
    folded = run("```{python}\nx = 1\n```\n", tmp_path, **{"code-fold": True}).markdown
    assert '<details class="code-fold"><summary>Code</summary>' in folded
    option = '```{python}\n#| code-fold: show\n#| code-summary: "A < B"\nx = 1\n```\n'
    assert '<details class="code-fold" open><summary>A &lt; B</summary>' in (
        run(option, tmp_path).markdown
    )
