"""What a project says and publish does not read is named, with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from publish import keys, quartokeys
from publish.build import build
from publish.keys import Ignored, keys_read, summary
from publish.source import CELL_OPTIONS
from tests.publish_tiny import CONFIG, FRONT, load, post, project, render, write

REPOSITORY = Path(__file__).resolve().parent.parent


def named(root: Path, body: str) -> tuple[Ignored, ...]:
    """What a build names that has one post."""
    return render(
        project(root, {"one": post(body)}, **{"results/a.parquet": "", "p.svg": "<svg/>"})
    ).ignored


def test_keys_that_are_not_read_are_named_once_with_a_reason(tmp_path: Path) -> None:
    config = CONFIG.replace("  html:\n", "  pdf: default\n  html:\n    theme: cosmo\n")
    files = {
        "_quarto.yml": config + "lightbox: true\n",
        "posts/a/index.qmd": post(
            "x", more="listing:\n  contents: .\n  page-size: 3\nexecute: {cache: true}\n"
        ),
    }
    said = [str(item) for item in load(tmp_path, **files).ignored]
    assert (
        "ignored: format.html.theme in _quarto.yml (pages are styled by site/static/style.css)"
        in said
    )
    keys = {line.split()[1] for line in said}
    assert keys == {
        *("format.html.theme", "format.pdf", "lightbox"),
        *("listing.page-size", "execute.cache"),
    }
    assert len(said) == len(keys)


def test_blocks_that_quarto_lays_out_otherwise_are_named(tmp_path: Path) -> None:
    body = """\
    ::: {.panel-tabset}
    ## One
    :::

    :::: {.column-margin}
    ::: {layout="[1, 2]"}
    Beside, with a panel-tabset in words.
    :::
    ::::

    ```markdown
    ::: {.column-page}
    ```

    ::: {.callout-note title="aside"}
    ::: {.my-panel-tabset}
    :::
    aside
    :::
    """
    found = named(tmp_path, body)
    assert [item.key for item in found] == ["panel-tabset", "column-margin", "layout"]
    told = "ignored: panel-tabset in posts/one/index.qmd (its tabs stand one under the other)"
    assert str(found[0]) == told


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("::: {.columns}\n::: {.column width=40%}\nx\n:::\n:::\n", "columns"),
        ("::: {.grid}\n::: {.g-col-6}\nx\n:::\n:::\n", "grid"),
        ("> ::: {.grid}\n> x\n> :::\n", "grid"),
        ("A [note]{.aside}.\n", "aside"),
        ("::: aside\nx\n:::\n", "aside"),
        ('![](/p.svg){.column-margin fig-alt="a"}\n', "column-margin"),
        ("```{python}\n#| column: margin\n1\n```\n", "column-margin"),
        ("::: {.callout-note .column-margin}\nx\n:::\n", "column-margin"),
    ],
)
def test_what_quarto_lays_out_otherwise_is_named_wherever_it_stands(
    tmp_path: Path, body: str, key: str
) -> None:
    assert [item.key for item in named(tmp_path, body)] == [key]


def test_what_is_shown_plainly_is_named_by_a_build_that_recalls_its_pages(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("A [note]{.aside}.\n")}, **{"results/a.parquet": ""})
    for text in (FRONT, FRONT + "\nMore.\n"):
        write(root, {"index.qmd": text})
        assert [item.key for item in build(root, processes=1).ignored] == ["aside"]


@pytest.mark.parametrize(
    "part", ["PROJECT", "WEBSITE", "NAVBAR", "PAGE", "EXECUTE", "LISTING", "FEED"]
)
def test_no_key_is_both_read_and_not_read(part: str) -> None:
    assert not set(getattr(keys, f"{part}_KEYS")) & getattr(quartokeys, part)


def test_no_option_of_a_cell_is_both_read_and_not_read() -> None:
    assert not set(CELL_OPTIONS) & quartokeys.CELL


def test_options_of_cells_that_are_quartos_own_are_named(tmp_path: Path) -> None:
    cell = "```{python}\n#| fig-align: center\n#| tags: [a, b]\n#| layout-ncol: 2\n1\n```\n"
    found = named(tmp_path, f"{cell}\n{cell}")
    assert [item.key for item in found] == ["fig-align", "tags", "layout-ncol"]


def test_a_key_in_many_files_takes_one_line() -> None:
    items = [Ignored("a", "x.qmd", "r"), Ignored("b", "x.qmd", "r"), Ignored("a", "y.qmd", "r")]
    assert summary(items) == ["ignored: a in x.qmd and 1 more (r)", "ignored: b in x.qmd (r)"]


def test_keys_that_are_read_are_not_named_as_ignored(tmp_path: Path) -> None:
    assert load(tmp_path).ignored == ()


def test_a_pattern_that_nothing_matches_is_named(tmp_path: Path) -> None:
    config = CONFIG.replace("*.parquet", "*.csv")
    told = "ignored: project.resources in _quarto.yml (nothing matches results/*.csv)"
    assert [str(item) for item in load(tmp_path, **{"_quarto.yml": config}).ignored] == [told]
    files = {"_quarto.yml": CONFIG.replace("project:", "project:\n  render: [index.qmd, 'a*.qmd']")}
    assert load(tmp_path / "deep", **files, **{"posts/a/a.qmd": post("x")}).ignored == ()


def test_keys_of_the_navbar_that_are_quartos_own_are_named(tmp_path: Path) -> None:
    config = CONFIG.replace("  navbar:", "  page-footer: {left: x, border: true}\n  navbar:")
    config = config.replace("    left:", "    pinned: true\n    left:")
    config = config.replace("text: Posts", "text: Posts\n        icon: rss")
    found = load(tmp_path, **{"_quarto.yml": config}).ignored
    assert {item.key for item in found} == {
        *("website.navbar.pinned", "website.page-footer.border", "left.icon"),
    }


def test_a_key_that_nothing_reads_is_named(tmp_path: Path) -> None:
    front = "---\ntitle: x\nimage-alt: y\nlisting: {id: z, contents: posts}\n---\n"
    found = load(tmp_path, **{"index.qmd": front}).ignored
    assert [item.key for item in found] == ["image-alt", "listing.id"]


def test_widths_that_the_style_sheet_knows_are_not_named(tmp_path: Path) -> None:
    body = "::: {.column-page}\nx\n:::\n\n::: {.a layout-ncol=2}\nx\n:::\n"
    assert named(tmp_path, body) == ()
    narrow = "::: {.column-page-right}\nx\n:::\n"
    assert [item.key for item in named(tmp_path, narrow)] == ["column-page-right"]


def test_this_sites_configuration_is_read_in_full_but_for_what_is_quartos_own() -> None:
    config = yaml.safe_load((REPOSITORY / "_quarto.yml").read_text(encoding="utf-8"))
    assert config["website"]["title"] == "Learning Rates, Measured"
    for theme in config["format"]["html"]["theme"].values():
        for part in theme:
            assert part == "default" or (REPOSITORY / part).is_file()
    named = set(keys_read().replace(",", " ").replace(":", " ").split())
    own = {"theme", "respect-user-color-scheme"}
    assert set(config["format"]["html"]) <= named | own
    assert set(config["website"]) | set(config["project"]) <= named
