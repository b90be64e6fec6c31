"""Cells run as in a notebook; what they show becomes Markdown."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from publish.cache import Cache
from publish.errors import SourceError
from publish.execute import Ran
from publish.preload import imports, preloads
from publish.source import parse_source
from publish.stale import execute_pages
from publish.steps import Job, time_limit
from publish.workers import run_all
from tests.publish_tiny import run, to_html, write


def both(job: Job, ran: Ran) -> tuple[Job, Ran]:
    return job, ran


def test_the_last_expression_is_shown(tmp_path: Path) -> None:
    markdown = run("```{python}\n1\n6 * 7\n```\n", tmp_path, echo=False).markdown
    assert "42" in markdown
    assert "\n1\n" not in markdown


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
    ],
)
def test_text_is_shown_as_a_terminal_would_leave_it(
    tmp_path: Path, printed: str, shown: str
) -> None:
    markdown = run(f"```{{python}}\nprint({printed!r})\n```\n", tmp_path, echo=False).markdown
    assert f"\n{shown}\n" in markdown


@pytest.mark.parametrize("magic", ["%matplotlib inline", "%matplotlib"])
def test_a_notebooks_first_line_may_stay(tmp_path: Path, magic: str) -> None:
    cell = f"```{{python}}\n{magic}\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\n```\n"
    assert len(run(cell, tmp_path).files) == 1


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


def test_inline_code_is_computed_in_order(tmp_path: Path) -> None:
    page = (
        "```{python}\nn = 3\n```\n\n`{python} n + 1`\n\n```{python}\nn = 8\n```\n\n`{python} n`\n"
    )
    text = run(page, tmp_path, include=False).markdown.split()
    assert text == ["4", "8"]


def test_inline_text_cannot_become_mark_up(tmp_path: Path) -> None:
    markdown = run("`{python} '<b>*_$x$'`\n", tmp_path).markdown
    assert markdown.strip() == r"\<b\>\*\_\$x\$"


def test_inline_markdown_objects_stay_markdown(tmp_path: Path) -> None:
    page = "```{python}\nfrom IPython.display import Markdown\n```\n\n`{python} Markdown('**b**')`"
    assert run(page, tmp_path, include=False).markdown.strip() == "**b**"


def test_code_that_is_only_shown_is_not_computed(tmp_path: Path) -> None:
    page = "`` `{python} 1/0` ``\n\n```\n`{python} 1/0`\n```\n\n`x = 1`\n"
    assert run(page, tmp_path).markdown == page


def test_cells_run_at_the_project_root_and_import_from_it(tmp_path: Path) -> None:
    write(tmp_path, {"near_by.py": "VALUE = 5\n", "data/seven.txt": ""})
    page = "`{python} __import__('near_by').VALUE` `{python} __import__('os').listdir('data')`"
    assert run(page, tmp_path, path="posts/a/index.qmd").markdown == r"5 \[\'seven.txt\'\]"
    sys.modules.pop("near_by")


def test_a_page_leaves_no_trace(tmp_path: Path) -> None:
    before = (Path.cwd(), list(sys.path), sys.modules["__main__"])
    page = "```{python}\nimport os\nos.environ['TRACE'] = '1'\nos.chdir('/')\nleft = 1\n```\n"
    run(page, tmp_path)
    assert (Path.cwd(), list(sys.path), sys.modules["__main__"]) == before
    assert "TRACE" not in os.environ
    with pytest.raises(SourceError, match="NameError"):
        run("`{python} left`", tmp_path)


def test_every_line_of_markdown_knows_its_source(tmp_path: Path) -> None:
    page = "one `{python} 1`\ntwo\n\n```{python}\nprint('a\\nb')\n```\n\nthree\n"
    executed = run(page, tmp_path)
    lines = executed.markdown.split("\n")
    wanted = {"one 1": 1, "two": 2, "b": 4, "three": 8}
    assert {word: executed.line_map[lines.index(word)] for word in wanted} == wanted


@pytest.mark.parametrize(
    ("cell", "line", "words"),
    [
        ("#| label: fig-x\n\nok = 1\n1 / 0", 9, 'the cell "fig-x" raised ZeroDivisionError'),
        ("def f():\n    raise KeyError('k')\n\nf()", 9, "KeyError: 'k'"),
        ("x = 1\nx = = 2", 7, "SyntaxError: invalid syntax"),
        ("x = (", 6, "SyntaxError"),
        ("exit()", 6, "SystemExit"),
        ("import sys\nsys.exit(2)", 7, "SystemExit: 2"),
        ("import no_such_module", 6, "ModuleNotFoundError"),
    ],
)
def test_a_failing_cell_is_told_with_line_and_label(
    tmp_path: Path, cell: str, line: int, words: str
) -> None:
    page = f"---\ntitle: x\n---\n\n```{{python}}\n{cell}\n```\n"
    with pytest.raises(SourceError) as caught:
        run(page, tmp_path, path="posts/a/index.qmd")
    message = str(caught.value)
    assert message.startswith(f"posts/a/index.qmd:{line}: ")
    assert words in message
    assert "\n" not in message


def test_a_failing_inline_expression_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^page.qmd:3: `\{python\} 1/0` raised ZeroDivision"):
        run("a\n\nb `{python} 1/0`\n", tmp_path)


def test_an_expected_error_is_shown(tmp_path: Path) -> None:
    markdown = run("```{python}\n#| error: true\n1 / 0\n```\n\n`{python} 2`", tmp_path).markdown
    assert "ZeroDivisionError: division by zero" in markdown
    assert markdown.endswith("2")


def test_pages_run_in_processes_of_their_own(tmp_path: Path) -> None:
    pages = ["`{python} __import__('os').getpid()`", "no code", "`{python} 1 + 1`"]
    jobs = [Job(parse_source(text, f"{n}.qmd"), tmp_path) for n, text in enumerate(pages)]
    (first, second, third), *_ = execute_pages(jobs, 2, Cache(), lambda page, _: page)
    assert int(first.markdown) != os.getpid()
    assert (second.markdown.strip(), third.markdown.strip()) == ("no code", "2")


def test_a_cell_that_ends_its_process_is_told(tmp_path: Path) -> None:
    page = "```{python}\nx = 1\n```\n\n```{python}\n#| label: leave\nimport os\nos._exit(9)\n```\n"
    with pytest.raises(SourceError, match=r'^a.qmd:7: the cell "leave" ended its process'):
        run_all([Job(parse_source(page, "a.qmd"), tmp_path)], 1, both)


def test_what_cells_import_through_local_modules_is_imported_beforehand(tmp_path: Path) -> None:
    files = {
        "package/__init__.py": "from package import drawing\n",
        "package/drawing.py": "import yaml\nfrom matplotlib import figure\nimport other\n",
        "package/unused.py": "import scipy.stats\n",
        "other.py": "import jinja2\n\ndef late():\n    import html5lib\n",
    }
    write(tmp_path, files)
    page = parse_source("```{python}\nimport json, package\n```\n\n```{python}\n%x\n```\n", "a.qmd")
    names = preloads([Job(page, tmp_path)])
    assert {"yaml", "matplotlib.figure", "matplotlib.backends.backend_svg", "jinja2"} <= set(names)
    assert not [name for name in names if name.split(".")[0] in ("json", "scipy", "html5lib")]
    assert not [name for name in names if name.startswith(("package", "other"))]


def test_the_modules_that_code_imports_come_with_their_packages() -> None:
    code = "import a.b\nfrom c import (\n    d as z,  # why\n    e,\n)\nfrom . import f\n"
    code += "if x:\n    import g\n"
    assert imports(code) == ["a", "a.b", "c", "c.d", "c.e"]
    assert imports("%magic") == []


def test_a_cell_that_never_ends_is_stopped_and_told(tmp_path: Path) -> None:
    endless = "---\ntitle: x\n---\n```{python}\n#| label: loop\nwhile True:\n    pass\n```\n"
    jobs = [
        Job(parse_source(endless, "a.qmd"), tmp_path, timeout=0.5),
        # The build does not wait for a page that nobody wants any more.
        Job(parse_source("`{python} __import__('time').sleep(60)`", "b.qmd"), tmp_path),
    ]
    with pytest.raises(SourceError) as caught:
        run_all(jobs, 2, both)
    assert str(caught.value) == (
        'a.qmd:6: the cell "loop" was still running when the page\'s 0.5 s were over '
        "(`execute: timeout:` in the front matter allows more)"
    )


def test_a_page_may_be_given_more_time() -> None:
    assert time_limit({}) == 120
    assert time_limit({"execute": {"timeout": 300}}) == 300


def test_a_crash_is_told_by_its_signal(tmp_path: Path) -> None:
    page = "`{python} 1`\n\n`{python} __import__('os').kill(__import__('os').getpid(), 11)`\n"
    with pytest.raises(SourceError, match=r"^a.qmd:3: .* ended its process \(signal SIGSEGV\)"):
        run_all([Job(parse_source(page, "a.qmd"), tmp_path)], 1, both)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("while True:\n    print('x' * 10_000)", 4),
        ("try:\n    while True: print('x' * 10_000)\nexcept Exception: pass", 4),
        ("'x' * 3_000_000", 4),
        ("from IPython.display import display\nwhile True: display('x' * 100_000)", 4),
    ],
)
def test_a_flood_of_output_is_told(tmp_path: Path, code: str, line: int) -> None:
    page = f"\n```{{python}}\n#| label: flood\n{code}\n```\n"
    with pytest.raises(SourceError) as caught:
        run(page, tmp_path)
    assert str(caught.value) == (
        f'page.qmd:{line}: the cell "flood" puts out more than 2 MB, too much for a page'
    )
    with pytest.raises(SourceError, match=r"^page.qmd:1: .* more than 2 MB"):
        run("`{python} 'x' * 3_000_000`", tmp_path)
