"""Cells run as in a notebook, each page in a process of its own, and failures name their line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
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
from tests.publish_tiny import post, project, run, write


def both(job: Job, ran: Ran) -> tuple[Job, Ran]:
    return job, ran


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
    page = "one `{python} 1`\ntwo\n\n```{python}\nprint('a\\nb\\nc')\n```\n\nthree\n"
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
        ("raise ValueError('bad column\\n\\nDetails: see log')", 6, "ValueError: bad column"),
        ("x = 1\nraise ValueError('\\nlate: words\\n')", 7, "raised ValueError: late: words"),
        ("e = KeyError('k')\ne.add_note('a note')\nraise e", 8, "raised KeyError: 'k'"),
        ("raise StopIteration", 6, "raised StopIteration"),
        ("%%time\nx = 1\n1 / 0", 8, "raised ZeroDivisionError"),
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


@pytest.fixture
def lingering(tmp_path: Path) -> Iterator[Callable[[], list[str]]]:
    """Give the programs still running of those that `PROGRAM` started, after a while at most."""

    def left() -> list[str]:
        pids = [
            pid for pid in (tmp_path / "pids").read_text().split() if Path("/proc", pid).exists()
        ]
        # What has ended and nobody has asked after is a zombie, and no harm.
        return [pid for pid in pids if ") Z " not in Path("/proc", pid, "stat").read_text()]

    def waited() -> list[str]:
        for _ in range(50):
            if not left():
                break
            time.sleep(0.1)
        return left()

    yield waited
    for pid in left():
        os.kill(int(pid), signal.SIGKILL)


# A cell that starts a program which holds the build's own output open.
PROGRAM = """\
import subprocess, time
program = subprocess.Popen(["sleep", "60"])
with open("pids", "a") as file: print(program.pid, file=file)
"""


@pytest.mark.parametrize("more", ["time.sleep(60)", "pass", "import os; os._exit(3)"])
def test_what_a_page_has_started_ends_with_it(
    tmp_path: Path, lingering: Callable[[], list[str]], more: str
) -> None:
    page = f"```{{python}}\n{PROGRAM}{more}\n```\n"
    job = Job(parse_source(page, "a.qmd"), tmp_path, timeout=1)
    with nullcontext() if more == "pass" else pytest.raises(SourceError):
        run_all([job], 1, both)
    assert lingering() == []


# Of the last one nothing is told: it ends the build at once.
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_an_interrupt_ends_everything(
    tmp_path: Path, lingering: Callable[[], list[str]], sent: signal.Signals
) -> None:
    root = project(tmp_path, {"one": post(f"```{{python}}\n{PROGRAM}time.sleep(60)\n```\n")})
    command = [sys.executable, "-m", "publish", "render", "--project", str(root)]
    # Tests that run in the background, or under nohup, are deaf to what is sent, and what they
    # start would be, too.
    heard = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    before = {each: signal.signal(each, handler) for each, handler in heard.items()}
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as building:
        for each, handler in before.items():
            signal.signal(each, handler)
        while not (root / "pids").exists() and building.poll() is None:
            time.sleep(0.1)
        os.killpg(building.pid, sent)
        # Whoever reads its output to the end waits for all that it has started.
        said = building.communicate(timeout=20)[1].decode()
    assert "Traceback" not in said
    assert lingering() == []


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
