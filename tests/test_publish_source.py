"""A .qmd is taken apart faithfully, and every mistake in it is told with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publish.errors import SourceError
from publish.source import Cell, Prose, parse_source

PAGE = """\
---
title: A page
execute:
  echo: false
---

Before.

```{python}
#| label: fig-a
#| fig-cap: "A caption: with a colon"
#| echo: true

x = 1
x
```

After.
"""


def mistake(text: str) -> str:
    with pytest.raises(SourceError) as caught:
        parse_source(text, "posts/a/index.qmd")
    return str(caught.value)


def test_a_page_is_front_matter_prose_and_cells() -> None:
    source = parse_source(PAGE, "a.qmd")
    before, cell, after = source.parts
    assert source.front_matter.data["title"] == "A page"
    assert isinstance(before, Prose)
    assert before.text.strip() == "Before."
    assert isinstance(cell, Cell)
    assert cell.code == "x = 1\nx"
    assert isinstance(after, Prose)
    assert after.text.strip() == "After."


def test_options_are_yaml_and_leave_the_code() -> None:
    cell = parse_source(PAGE, "a.qmd").parts[1]
    assert isinstance(cell, Cell)
    assert cell.options == {
        "label": "fig-a",
        "fig-cap": "A caption: with a colon",
        "echo": True,
    }


def test_lines_are_those_of_the_file() -> None:
    source = parse_source(PAGE, "a.qmd")
    before, cell, after = source.parts
    lines = PAGE.split("\n")
    assert isinstance(cell, Cell)
    assert isinstance(before, Prose)
    assert isinstance(after, Prose)
    assert lines[cell.line - 1] == "```{python}"
    assert lines[cell.code_line - 1] == "x = 1"
    assert lines[after.line - 1 + after.text.split("\n").index("After.")] == "After."
    assert lines[source.front_matter.lines["execute.echo"] - 1] == "  echo: false"


def test_a_shown_cell_is_not_run() -> None:
    source = parse_source("````{.markdown}\n```{python}\n1/0\n```\n````\n", "a.qmd")
    assert all(isinstance(part, Prose) for part in source.parts)


def test_doubled_braces_show_a_cell() -> None:
    (prose,) = parse_source("```{{python}}\nx\n```\n", "a.qmd").parts
    assert isinstance(prose, Prose)
    assert prose.text.startswith("```{.python}\n")


@pytest.mark.parametrize(
    "text",
    ["```{python}``` begins a cell.\n", "> ```{.python}\n> x\n> ```\n", "1. `{python}` is a tag\n"],
)
def test_words_about_cells_are_prose(text: str) -> None:
    (prose,) = parse_source(text, "a.qmd").parts
    assert isinstance(prose, Prose)
    assert prose.text == text


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("---\ntitle: x\n", 1, "never closed"),
        ("---\ntitle: x\ndate: [x\n---\n", 3, "broken YAML"),
        ("---\ntitle: x\ntitle: y\n---\n", 3, "given twice"),
        ("---\njust words\n---\n", 2, "key: value"),
        ("---\ndate: 2025-02-30\n---\n", 2, "broken YAML"),
        ("one\n\n```{python}\n1\n", 3, "never closed"),
        ("one\n\n```\n1\n", 3, "never closed"),
        ("```{python}\n#| lable: a\n1\n```\n", 2, 'did you mean "label"'),
        ("```{python}\n#| zzz: 3\n```\n", 2, "unknown cell option"),
        ("```{python}\n#| on: 1\n```\n", 2, 'unknown cell option "on"'),
        ("```{python}\n#| label: a\n#| echo: maybe\n```\n", 3, "true, false"),
        ("```{python}\n#| output: 1\n```\n", 2, "true, false, asis"),
        ("```{python}\n#| label: a b\n```\n", 2, "may hold only"),
        ("```{python}\n#| fig-cap: [a, b]\n```\n", 2, "takes a text"),
        ("```{r}\n1\n```\n", 1, "{python} cells only"),
        ("a\n{{< video x.mp4 >}}\n", 2, "no shortcodes"),
        ("a\n\n```{ python }\n1\n```\n", 3, "opens with {python} and nothing else"),
        ("a\n\n```{python} foo\n1\n```\n", 3, "opens with {python} and nothing else"),
        ("```{python echo=False}\n1\n```\n", 1, "such as `#| echo: false`"),
        ("```{python, my-label}\n1\n```\n", 1, "an option has a line of its own"),
        ("- a\n\n    ```{python}\n    1\n    ```\n", 3, "inside a list or a quote"),
        ("- ```{python}\n  1\n  ```\n", 1, "begin it at the margin"),
        ("> a\n>\n> ```{python}\n> 1\n> ```\n", 3, "begin it at the margin"),
        (
            "```{python}\n#| label: a\n```\n\n```{python}\n#| label: a\n```\n",
            5,
            "already taken by the cell on line 1",
        ),
    ],
)
def test_a_mistake_is_told_with_file_and_line(text: str, line: int, words: str) -> None:
    message = mistake(text)
    assert message.startswith(f"posts/a/index.qmd:{line}: ")
    assert words in message
    assert "\n" not in message


@given(st.lists(st.sampled_from(["word", "", "# title", "```", "~~~", "```{python}", "1 + 1"])))
def test_no_line_is_lost_and_none_made_up(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        source = parse_source(text, "a.qmd")
    except SourceError:
        assert any(line.startswith(("```", "~~~")) for line in lines)
        return
    for part in source.parts:
        expected = part.text.split("\n")[0] if isinstance(part, Prose) else "```{python}"
        assert (lines or [""])[part.line - 1] == expected
