"""The whole chain: a study is trained, stored, loaded by a post, and read on a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch

from experiments import data, plan, results, sweep, witness
from experiments.groups import on_device
from experiments.settings import Run
from publish.build import build
from publish.check import check_site

ROOT = Path(__file__).parents[1]
STUDY = "fixed-lr"

POST = """---
title: "A tiny study"
date: 2026-01-01
---

```{python}
#| include: false
from pathlib import Path

from experiments.results import load

last = load("fixed-lr", Path("results")).query("epoch == epochs")
```

The best loss is `{python} f"{last['val_loss'].min():.6f}"`.

```{python}
#| label: tbl-all
#| tbl-cap: "Every run."
#| output: asis
print("| LR | loss |")
print("|---|---|")
for row in last.itertuples():
    print(f"| {row.base_lr} | {row.val_loss:.6f} |")
```
"""


class Text(HTMLParser):
    """The text of a page, tags left out."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(page: Path) -> str:
    parser = Text()
    parser.feed(page.read_text(encoding="utf-8"))
    return " ".join("".join(parser.parts).split())


def test_a_number_travels_from_training_to_the_page(tmp_path: Path) -> None:
    runs = [Run(dataset="synthetic", epochs=2, base_lr=lr) for lr in (0.1, 0.01)]
    jobs = plan.jobs_for(STUDY, runs, witness.witness(runs))
    images = on_device(data.load("synthetic"), torch.device("cpu"))
    place = plan.Place(tmp_path / "results")
    sweep.train_and_save(jobs, images, place, lambda event: None)
    (tmp_path / "_quarto.yml").write_text(
        "project:\n  type: website\n  render: [index.qmd, posts/*/index.qmd]\n"
        "  resources: [results/*.parquet]\nwebsite:\n  title: Tiny\n"
    )
    (tmp_path / "index.qmd").write_text("---\ntitle: Tiny\nlisting:\n  contents: posts\n---\n")
    (tmp_path / "posts" / "tiny").mkdir(parents=True)
    (tmp_path / "posts" / "tiny" / "index.qmd").write_text(POST)
    (tmp_path / "site").symlink_to(ROOT / "site")

    build(tmp_path, processes=0)

    page = text_of(tmp_path / "_site" / "posts" / "tiny" / "index.html")
    last = results.load(STUDY, tmp_path / "results").query("epoch == epochs")
    assert f"The best loss is {last['val_loss'].min():.6f}." in page
    for loss in last["val_loss"]:
        assert f"{loss:.6f}" in page
    assert "Table 1: Every run." in page
    downloaded = tmp_path / "_site" / "results" / "fixed-lr.parquet"
    assert downloaded.read_bytes() == (tmp_path / "results" / "fixed-lr.parquet").read_bytes()


@pytest.fixture
def site(real_site: Path) -> Path:
    return real_site


def test_the_real_posts_build_and_pass_the_checks(site: Path) -> None:
    pages = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    posts = {path.parent.name for path in ROOT.glob("posts/*/index.qmd")}
    assert len(posts) >= 3
    assert set(pages) == {"index.html", "404.html", *(f"posts/{p}/index.html" for p in posts)}
    assert [str(finding) for finding in check_site(site, ROOT)] == []


def test_the_front_page_lists_every_post(site: Path) -> None:
    front = text_of(site / "index.html")
    for source in ROOT.glob("posts/*/index.qmd"):
        title = re.search(r'^title: "(.*)"$', source.read_text(), re.MULTILINE)
        assert title is not None
        assert title.group(1) in front


def test_a_figure_on_the_page_holds_the_stored_numbers(site: Path) -> None:
    frame = results.load("fixed-lr")
    plain = frame.query("epoch == epochs and base_lr == 0.1 and momentum == 0")
    best = plain["val_accuracy"].mean()
    for page in ("index.html", "posts/fixed-learning-rates/index.html"):
        assert f"{100 * best:.2f}" in text_of(site / page)
