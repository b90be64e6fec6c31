"""What both renderers owe a reader of the same sources: addresses, anchors, captions, numbers.

Every check takes a built tree. publish's is always checked, Quarto's where Quarto is on the PATH.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import html5lib
import pytest
import yaml

from experiments import results
from publish.build import build

ROOT = Path(__file__).parents[1]
SOURCES = ["index.qmd", *sorted(f"posts/{p.name}/index.qmd" for p in ROOT.glob("posts/*/"))]
NAMES = {"fig": "Figure", "tbl": "Table", "eq": "Equation", "sec": "Section"}
NOT_READ = {"script", "style", "svg", "math", "nav", "code", "pre", "head", "footer"}

_CELL = re.compile(r"^```\{python\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def with_publish(folder: Path) -> Path:
    build(ROOT, folder / "_site")
    return folder / "_site"


def with_quarto(folder: Path) -> Path:
    """Render a copy: two Quartos in one directory would harm each other."""
    quarto = shutil.which("quarto")
    if quarto is None:
        pytest.skip("Quarto is not on the PATH")
    left_out = shutil.ignore_patterns(".*", "_site", "data", "__pycache__", "tests")
    copy = shutil.copytree(ROOT, folder / "project", ignore=left_out)
    environment = {**os.environ, "QUARTO_PYTHON": sys.executable, "PYTHONPATH": str(copy)}
    done = subprocess.run([quarto, "render"], cwd=copy, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return copy / "_site"


BUILDERS = {"publish": with_publish, "quarto": with_quarto}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A function that returns the tree of a renderer, built once."""
    return cache(lambda name: BUILDERS[name](tmp_path_factory.mktemp(name)))


@pytest.fixture(params=BUILDERS)
def site(request: pytest.FixtureRequest, built: Callable[[str], Path]) -> Path:
    return built(request.param)


@cache
def page(path: Path) -> ET.Element:
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    return parser.parse(path.read_text(encoding="utf-8"))


def tag(element: ET.Element) -> str:
    """The name of an element without its namespace; comments count as scripts."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else "script"


def read(element: ET.Element) -> Iterator[str]:
    """The text that is read as sentences: no code, formulas, drawings or navigation."""
    # Quarto sets an equation's number inside the formula, publish beside it.
    is_number = element.get("class") == "equation-number"
    if tag(element) not in NOT_READ and not is_number:
        yield element.text or ""
        for child in element:
            yield from read(child)
            yield child.tail or ""


def words(element: ET.Element) -> str:
    return plain("".join(read(element)))


def plain(text: str) -> str:
    """A text with straight quotes, which some renderers curl, and single spaces."""
    text = text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'})
    return " ".join(text.split())


def ids(path: Path) -> dict[str, ET.Element]:
    return {element.attrib["id"]: element for element in page(path).iter() if element.get("id")}


def main(path: Path) -> ET.Element:
    return next(element for element in page(path).iter() if element.tag == "main")


def source(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def address(name: str) -> str:
    return name.replace(".qmd", ".html")


def captions(text: str) -> dict[str, str]:
    """The labels of figures and tables of a source with their captions, in order."""
    found = {}
    for cell in _CELL.findall(text):
        options = "\n".join(line[3:] for line in cell.splitlines() if line.startswith("#| "))
        option = yaml.safe_load(options) or {}
        label = str(option.get("label", ""))
        if label.startswith(("fig-", "tbl-")):
            found[label] = str(option.get("fig-cap") or option.get("tbl-cap"))
    return found


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_has_its_page_at_the_same_address(site: Path, name: str) -> None:
    front = yaml.safe_load(source(name).split("---\n", 2)[1])
    title = next(element for element in page(site / address(name)).iter() if element.tag == "title")
    assert front["title"] in words(title)
    assert front["title"] in words(page(site / address(name)))


def test_the_data_can_be_downloaded(site: Path) -> None:
    for path in ROOT.glob("results/*.parquet"):
        assert (site / "results" / path.name).read_bytes() == path.read_bytes()


def test_the_feed_names_the_listed_posts(site: Path) -> None:
    listed = yaml.safe_load(source("index.qmd").split("---\n", 2)[1])["listing"]["contents"]
    feed = ET.parse(site / "index.xml")
    links = [item.findtext("link") or "" for item in feed.iter("item")]
    assert len(links) == len(listed)
    for name in listed:
        folder = name.removesuffix("index.qmd")
        assert any(link.endswith((folder, f"{folder}index.html")) for link in links), links


@pytest.mark.parametrize("name", SOURCES)
def test_every_label_is_an_anchor_and_every_reference_leads_to_it(site: Path, name: str) -> None:
    text = source(name)
    anchors = ids(site / address(name))
    written = re.findall(r"\{#((?:eq|sec|fig|tbl)-[\w-]+)", text)
    for label in [*captions(text), *written]:
        assert label in anchors, label
    links = {element.get("href") for element in main(site / address(name)).iter("a")}
    prose = _CELL.sub("", text)
    for label in re.findall(r"@((?:fig|tbl|eq|sec)-[\w-]+)", prose):
        assert f"#{label}" in links, label


@pytest.mark.parametrize("name", SOURCES)
def test_figures_and_tables_are_numbered_in_order_under_their_captions(
    site: Path, name: str
) -> None:
    anchors = ids(site / address(name))
    counts: Counter[str] = Counter()
    for label, caption in captions(source(name)).items():
        kind = NAMES[label[:3]]
        counts[kind] += 1
        start = plain(re.split(r"[$`*\[@]", caption)[0])
        assert f"{kind} {counts[kind]}: {start}" in words(anchors[label])


@pytest.mark.parametrize("name", SOURCES)
def test_no_code_is_left_where_a_number_belongs(site: Path, name: str) -> None:
    text = words(main(site / address(name)))
    assert "{python}" not in text
    assert "?@" not in text


@pytest.mark.parametrize("name", SOURCES)
def test_no_word_stands_twice_where_prose_and_cells_meet(site: Path, name: str) -> None:
    paragraphs = [words(element) for element in main(site / address(name)).iter("p")]
    twice = [
        found[0]
        for text in paragraphs
        for found in re.finditer(r"\b([a-z]{2,}) \1\b", text, re.IGNORECASE)
    ]
    assert twice == []


def test_the_numbers_are_those_of_the_results(site: Path) -> None:
    last = results.load("fixed-lr").query("epoch == epochs")
    best = last.groupby("base_lr")["val_accuracy"].mean().max()
    assert f"{100 * best:.2f}" in words(main(site / "index.html"))


@pytest.mark.parametrize("name", SOURCES[1:])
def test_both_renderers_show_the_same_numbers(name: str, built: Callable[[str], Path]) -> None:
    trees = [built(renderer) for renderer in ("quarto", "publish")]
    quartos, ours = (numbers(main(tree / address(name))) for tree in trees)
    assert ours == quartos


def numbers(element: ET.Element) -> Counter[str]:
    """The numbers of paragraphs, tables and captions: what comes from the source and its cells."""
    if element.tag in ("p", "td", "figcaption"):
        return Counter(_NUMBER.findall(words(element)))
    if tag(element) in NOT_READ | {"header"}:
        return Counter()
    return sum((numbers(child) for child in element), Counter())


def test_numbers_are_counted_where_they_are_read() -> None:
    text = "<main><header><p>1</p></header><p>2, <code>3</code></p><td>4,000.5 2</td></main>"
    assert numbers(ET.fromstring(text)) == {"2": 2, "4,000.5": 1}
