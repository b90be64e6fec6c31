"""The whole way: sources in a folder become a site, and a failed build changes nothing."""

from __future__ import annotations

import errno
import re
import subprocess
import sys
from pathlib import Path

import pytest

from publish.__main__ import main
from publish.build import build
from publish.errors import SourceError
from publish.write import write_site
from tests.publish_tiny import CONFIG, FRONT, post, project, render, tree, write

PORTS = [["serve", "--port", port] for port in ("-1", "99999", "x")]
NUMBER = "The answer is `{python} 6 * 7`.\n"


def test_pages_stand_at_quartos_addresses(tmp_path: Path) -> None:
    files = {"results/runs.parquet": "data", "results/notes.txt": "no"}
    root = project(tmp_path, {"one": post(NUMBER)}, **files)
    assert render(root).pages == 2
    built = tree(root / "_site")
    assert {"index.html", "posts/one/index.html", "index.xml", "404.html"} <= set(built)
    assert built["results/runs.parquet"] == b"data"
    assert "results/notes.txt" not in built
    assert b"The answer is 42." in built["posts/one/index.html"]
    assert b"42" in built["index.xml"]


def test_a_page_knows_its_title_dates_neighbours_and_source(tmp_path: Path) -> None:
    posts = {
        "one": post("x", "First <post>", "2025-01-01", "description: What it says\n"),
        "two": post("## A\n\n## B\n", "Second", "2025-02-01", "categories: [a, b]\n"),
    }
    root = project(tmp_path, posts)
    render(root)
    one = (root / "_site/posts/one/index.html").read_text(encoding="utf-8")
    two = (root / "_site/posts/two/index.html").read_text(encoding="utf-8")
    front = (root / "_site/index.html").read_text(encoding="utf-8")
    assert "<title>First &lt;post&gt; · Tiny</title>" in one
    assert '<time datetime="2025-01-01">1 January 2025</time>' in one
    assert '<meta name="description" content="What it says">' in one
    assert '<link rel="canonical" href="https://tiny.example/posts/one/">' in one
    assert 'rel="next" href="../../posts/two/index.html"' in one
    assert 'rel="prev" href="../../posts/one/index.html"' in two
    assert '<li class="toc-2"><a href="#b">B</a></li>' in two
    assert front.index("Second") < front.index("First &lt;post&gt;")
    assert (root / "_site/posts/one/index.qmd").read_text() == (
        root / "posts/one/index.qmd"
    ).read_text()


def test_every_local_address_is_relative(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("[data](/results/a.csv)")}, **{"results/a.csv": "1"})
    render(root)
    html = (root / "_site/posts/one/index.html").read_text(encoding="utf-8")
    addresses = re.findall(r'(?:href|src)="([^"]+)"', html)
    assert "../../results/a.csv" in addresses
    assert "../../static/style.css" in addresses
    assert (root / "_site/results/a.csv").is_file()
    assert not [address for address in addresses if address.startswith("/")]


def test_every_page_has_a_policy_that_runs_no_script_inside(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x")})
    render(root)
    for name in ("index.html", "posts/one/index.html", "404.html"):
        html = (root / "_site" / name).read_text(encoding="utf-8")
        found = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', html)
        assert found
        rules = dict(rule.split(" ", 1) for rule in found[1].split("; "))
        assert rules["default-src"] == "'none'"
        assert "unsafe" not in rules["script-src"]
        # A policy holds for what comes after it.
        assert found.start() < html.index("<script")


def test_no_page_has_a_script_or_event_inside(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x")})
    render(root)
    for name in ("index.html", "posts/one/index.html", "404.html"):
        html = (root / "_site" / name).read_text(encoding="utf-8")
        own, *others = re.findall(r"<script([^>]*)>", html)
        # What runs before anything is drawn is named by its digest in the page's policy.
        assert own == ""
        assert all(re.fullmatch(r' defer src="[^"]+"', attributes) for attributes in others)
        assert not re.search(r"<[^>]+\son\w+=", html)


def test_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    figure = (
        "```{python}\n#| fig-alt: A line\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\n```\n"
    )
    sites = []
    for name in ("here", "there"):
        root = project(tmp_path / name, {"one": post(NUMBER + "\n" + figure)})
        render(root)
        sites.append(tree(root / "_site"))
    assert sites[0] == sites[1]


def test_what_is_gone_from_the_sources_is_gone_from_the_site(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x"), "two": post("x")})
    render(root)
    (root / "posts/two/index.qmd").unlink()
    render(root)
    assert not (root / "_site/posts/two").exists()


def test_a_failed_build_leaves_the_old_site_whole(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post(NUMBER)})
    render(root)
    before = tree(root / "_site")
    write(
        root, {"index.qmd": "---\ntitle: New\n---\n", "posts/one/index.qmd": post("`{python} 1/0`")}
    )
    with pytest.raises(SourceError, match=r"^posts/one/index.qmd:6: "):
        render(root)
    assert tree(root / "_site") == before
    assert sorted(path.name for path in root.iterdir()) == [
        "_quarto.yml",
        "_site",
        "index.qmd",
        "posts",
    ]


@pytest.mark.parametrize("step", ["write_bytes", "rename"])
def test_a_disc_that_fails_leaves_the_old_site_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    site = write(tmp_path, {"site/index.html": "old"}) / "site"
    original = getattr(Path, step)

    def fail(path: Path, *arguments: object) -> object:
        if path.name in ("index.html", "new"):
            raise OSError("no space left")
        return original(path, *arguments)

    monkeypatch.setattr(Path, step, fail)
    with pytest.raises(OSError, match="no space left"):
        write_site(site, {"index.html": "new"}, {})
    assert tree(tmp_path) == {"site/index.html": b"old"}


def test_a_full_disc_is_told_by_where_the_site_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path, {"one": post("x")})

    def fail(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(source), None, str(target))

    monkeypatch.setattr("publish.write.shutil.copyfile", fail)
    with pytest.raises(SourceError) as caught:
        render(root)
    told = f"the site cannot be written to {root / '_site'}: No space left on device"
    assert str(caught.value) == told


def test_a_heading_may_have_any_name(tmp_path: Path) -> None:
    names = ("Search", "Content", "Posts", "Preview", "Search results", "Search result 1")
    body = "".join(f"## {name}\n\nx\n\n" for name in names)
    root = project(tmp_path, {"one": post(body)}, **{"index.qmd": FRONT + body})
    render(root)
    for page in ("index.html", "posts/one/index.html"):
        html = (root / "_site" / page).read_text(encoding="utf-8")
        assert '<section id="posts"' in html
        assert '<a class="skip-link" href="#_content">' in html


def test_the_link_to_a_section_has_its_name_and_is_no_part_of_it(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post('## A *new* "one" & $x^2$\n\nx\n')})
    render(root)
    html = (root / "_site/posts/one/index.html").read_text(encoding="utf-8")
    heading, link = html.split('<div class="heading">')[1].split("</div>")[0].split("</h2>")
    assert "Link" not in heading
    assert 'href="#a-new-one-x2"' in link
    assert 'aria-label="Link to A new \u201cone\u201d &amp; x2"' in link


def test_each_page_has_its_own_language_and_the_site_that_of_the_project(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x", more="lang: de\n"), "two": post("x")})
    render(root)
    site = root / "_site"
    pages = ("posts/one/index.html", "posts/two/index.html", "404.html")
    found = [re.findall(r'<html lang="(.*?)"', (site / page).read_text()) for page in pages]
    assert found == [["de"], ["en"], ["en"]]
    assert "<language>en</language>" in (site / "index.xml").read_text()


def test_a_page_may_have_any_path(tmp_path: Path) -> None:
    plot = (
        "```{python}\n#| label: fig-a\n#| fig-cap: x\n#| fig-alt: y\n"
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n```\n"
    )
    files = {
        "posts/a b.qmd": post(f"[next](/posts/c%23d/index.qmd)\n\n{plot}"),
        "posts/c#d/index.qmd": post(f"[next](../%C3%BC/index.qmd)\n\n{plot}"),
        "posts/ü/index.qmd": post(f"[next](../e%3Ff/index.qmd)\n\n{plot}"),
        "posts/e?f/index.qmd": post(f"[next](../g%2520h/index.qmd)\n\n{plot}"),
        "posts/g%20h/index.qmd": post(f"[next](../a%20b.qmd)\n\n{plot}"),
        "_quarto.yml": CONFIG.replace("href: index.qmd", "href: posts/a b.qmd"),
        "index.qmd": FRONT.replace("feed: true", "feed: true\n  categories: true"),
    }
    # The gate of the build follows every link.
    root = project(tmp_path, {}, **files)
    assert render(root).pages == 6
    front = (root / "_site/index.html").read_text(encoding="utf-8")
    for address in ("a%20b.html", "c%23d/index.html", "%C3%BC/index.html", "g%2520h/index.html"):
        assert f'href="./posts/{address}"' in front
    assert "https://tiny.example/posts/e%3Ff/index.html" in (root / "_site/index.xml").read_text()
    assert '"posts/c%23d/index.html"' in (root / "_site/search-index.js").read_text()


@pytest.mark.parametrize("output", [".", "..", "posts"])
def test_a_folder_of_something_else_is_never_replaced(tmp_path: Path, output: str) -> None:
    root = project(tmp_path / "project", {"one": post("x")})
    with pytest.raises(SourceError):
        build(root, root / output, processes=0)
    assert (root / "posts/one/index.qmd").is_file()


def test_the_copies_of_sources_in_a_site_are_no_sources(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x")})
    for _ in range(2):
        assert build(root, root / "out", processes=0).pages == 2


def test_nothing_outside_the_project_is_copied(tmp_path: Path) -> None:
    write(tmp_path, {"secret.txt": "s"})
    root = project(tmp_path / "project", {"one": post("[x](../../../secret.txt)")})
    with pytest.raises(SourceError, match=r"secret\.txt leads nowhere"):
        render(root)


def test_a_feed_without_an_address_is_named_as_not_made(tmp_path: Path) -> None:
    config = CONFIG.replace("  site-url:", "  description:")
    root = project(tmp_path, {}, **{"_quarto.yml": config, "results/a.parquet": ""})
    (said,) = render(root).ignored
    assert "set website: site-url" in str(said)
    assert not (root / "_site/index.xml").exists()


def test_drafts_and_hidden_text_stay_out(tmp_path: Path) -> None:
    root = project(tmp_path, {"one": post("x", "Hidden", more="draft: true\n")})
    render(root)
    assert b"Hidden" not in b"".join(tree(root / "_site").values())


def test_a_project_may_bring_its_own_templates(tmp_path: Path) -> None:
    page = "<!DOCTYPE html><title>mine: {{ title }}</title>"
    names = ("listing.html.j2", "404.html.j2")
    root = project(tmp_path, {}, **{f"site/templates/{name}": page for name in names})
    render(root)
    assert (root / "_site/index.html").read_text() == page.replace("{{ title }}", "Tiny")


def test_a_hole_in_a_template_is_told(tmp_path: Path) -> None:
    root = project(tmp_path, {}, **{"site/templates/listing.html.j2": "{{ no_such_name }}"})
    with pytest.raises(SourceError, match=r"^site/templates/listing.html.j2.*no_such_name"):
        render(root)


def publish(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = Path(__file__).resolve().parent.parent
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "publish", "--project", str(root), *arguments],
        capture_output=True,
        text=True,
        cwd=code,
    )


def test_the_command_says_where_the_site_is_and_who_made_it(tmp_path: Path) -> None:
    posts = {"one": post("```{python}\nprint(1)\n```\n")}
    root = project(tmp_path, posts, **{"results/a.parquet": ""})
    done = publish(root, "--output", str(tmp_path / "out"))
    assert (done.returncode, done.stderr) == (0, "")
    ran, last = done.stdout.splitlines()
    assert ran == "ran posts/one/index.qmd: it has not run before"
    assert re.fullmatch(r".*/out/index\.html: 2 pages rendered by publish in \d+\.\d s", last)
    again = publish(root, "--output", str(tmp_path / "out")).stdout.splitlines()
    assert again[0] == "nothing to run"


def test_a_mistake_is_one_line_and_status_1(tmp_path: Path) -> None:
    done = publish(project(tmp_path, {"one": post("```{python}\n#| label: bad\n\n1/0\n```\n")}))
    assert done.returncode == 1
    assert done.stderr.strip() == (
        'publish: posts/one/index.qmd:9: the cell "bad" raised ZeroDivisionError: division by zero'
    )
    assert not (tmp_path / "_site").exists()


@pytest.mark.parametrize("arguments", [["paint"], ["--colour"], ["render", "--jobs", "0"], *PORTS])
def test_bad_use_of_the_command_line_is_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_help_names_the_keys_that_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "number-sections" in capsys.readouterr().out
