"""What the tests in a browser share: a small site's sources, and ways to look at a page."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.publish_tiny import FRONT, post, project, render, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDE, NARROW = 1280, 390
SETTINGS = [(width, mode) for width in (WIDE, NARROW) for mode in ("light", "dark")]
POST = """
::: {.answer}
The short answer.
:::

## The question {#sec-question}

As @ada says,[^note] see @fig-plot, @tbl-wide and @sec-other. Here is $x_1$, and in a line
$a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r + s + t + u$. A formula:

$$ a = b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r + s $$ {#eq-long}

## The measurement

```{python}
#| label: fig-plot
#| fig-cap: "A drawing."
#| code-fold: true
class Drawing:
    def _repr_markdown_(self):
        svg = '<svg viewBox="0 0 360 200" role="img" aria-label="A line">'
        svg += '<path d="M0 0L360 200" stroke="currentColor"/></svg>'
        return f'```{{=html}}\\n<div class="lr-figure">{svg}{svg}</div>\\n```'

Drawing()
```

```{python}
#| label: tbl-wide
#| tbl-cap: "Many columns."
#| echo: false
from IPython.display import Markdown

cells = [f"column_number_{n}" for n in range(20)]
Markdown("\\n".join(f"| {' | '.join(row)} |" for row in (cells, ["---"] * 20, cells)))
```

## Another place {#sec-other}

![A small picture](small.svg)

::: {.callout-note collapse="true"}
## An aside
Folded away.
:::

[^note]: In a note about engines.

```python
print("shown")
```

A_very_long_word_without_any_place_to_break_it_which_no_phone_is_wide_enough_to_show_in_one_line_at_all.
"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"/>'
CATEGORIES = "categories: [figures, words]\n"
BOOK = "@book{ada, author={Ada One}, title={Notes on an Engine}, year={1843}}\n"


def small_site(root: Path) -> Path:
    """Build a site of three posts and return its folder."""
    posts = {
        "one": post(POST, "The first post", "2025-01-01", f"{CATEGORIES}bibliography: refs.bib\n"),
        "two": post("Words only.", "The second post", "2025-02-01", "categories: [words]\n"),
        "three": post("A word.", "The third post", "2025-03-01", "categories: [figures, one]\n"),
    }
    front = FRONT.replace("  feed: true\n", "  feed: true\n  categories: true\n")
    project(root, posts, **{"index.qmd": front})
    write(root, {"posts/one/refs.bib": BOOK, "posts/one/small.svg": PICTURE})
    render(root)
    return root / "_site"


@dataclass
class Visit:
    """A page in the browser and what went wrong while it was shown."""

    page: Page
    problems: list[str] = field(default_factory=list)


def open_visit(browser: Browser, width: int, mode: str) -> tuple[Visit, BrowserContext]:
    """Return a new page of a browser, watched for whatever goes wrong."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=mode,  # type: ignore[arg-type]
    )
    context.set_default_timeout(10_000)
    visit = Visit(context.new_page())

    def on_request(sent: Request) -> None:
        if not sent.url.startswith(("file:", "data:", "http://127.0.0.1:")):
            visit.problems.append(f"request to {sent.url}")

    visit.page.on("console", lambda message: visit.problems.append(message.text))
    visit.page.on("pageerror", lambda error: visit.problems.append(str(error)))
    visit.page.on("requestfailed", lambda sent: visit.problems.append(f"failed: {sent.url}"))
    visit.page.on("request", on_request)
    return visit, context


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def lightness(page: Page, name: str) -> float:
    """Mean of the colour channels of the body's ``name`` (0 to 255)."""
    colour = page.evaluate(f"getComputedStyle(document.body).{name}")
    channels = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(channels) / 3


def wait_until(page: Page, holds: str) -> None:
    """Wait for an expression; Playwright's own way needs an eval, which the policy forbids."""
    for _ in range(100):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {holds}")
