"""What the explorers hand to the page: valid, escaped, light, the same each time."""

from __future__ import annotations

import json
import math
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis import explorer_momentum, explorer_steplr, shock
from analysis.explorer import Explorer, rounded, script_json
from analysis.explorer_steplr import Setting
from experiments.studies import STUDIES
from publish import vega
from publish.errors import SourceError
from tests import explorers_made_up as made_up
from tests.analysis_made_up import momentum_shock
from tests.publish_tiny import post, project, render, tree

MAKERS = [made_up.steplr, made_up.momentum]


@pytest.fixture(scope="module", params=MAKERS, ids=["steplr", "momentum"])
def shown(request: pytest.FixtureRequest) -> Explorer:
    return request.param()


def rows(explorer: Explorer) -> list[dict]:
    return explorer.spec["data"]["values"]


def test_the_specification_is_valid_vega_lite(shown: Explorer) -> None:
    altair = pytest.importorskip("altair")
    jsonschema = pytest.importorskip("jsonschema")
    altair.Chart.from_dict(json.loads(script_json(shown.spec)), validate=True)
    broken = {**shown.spec, "mark": "curve"}
    with pytest.raises(jsonschema.ValidationError):
        altair.Chart.from_dict(broken, validate=True)


@pytest.mark.parametrize("make", MAKERS)
def test_the_same_results_give_the_same_bytes(make: object) -> None:
    assert make().html() == make().html()  # type: ignore[operator]


def test_there_is_a_still_picture_with_words_data_and_receipt(shown: Explorer) -> None:
    html = shown.html()
    assert html.index("explorer") < html.index("</div>\n<div") < html.index("lr-figure")
    assert html.index("lr-figure") < html.index("data-fold") < html.index("receipt")
    assert re.search(r'role="group" aria-label="[^"]+ explorer"', html)
    assert '<svg role="img" aria-label=' in html
    assert html.count("<noscript>") == 1


def test_every_control_has_a_name_and_a_first_value_it_allows(shown: Explorer) -> None:
    controls = [param for param in shown.spec["params"] if "bind" in param]
    assert len(controls) == 4
    for param in controls:
        bind = param["bind"]
        assert bind["name"]
        if bind["input"] == "select":
            assert param["value"] in bind["options"]
            assert len(bind["labels"]) == len(bind["options"])
        else:
            assert bind["min"] <= param["value"] <= bind["max"]


def test_no_data_can_leave_the_script_or_the_block() -> None:
    evil = "</script><img src=x>\n```\n& \u2028 <!--"
    text = script_json({"run": evil})
    assert not re.search("[<>&`\u2028]", text)
    assert json.loads(text)["run"] == evil
    with pytest.raises(ValueError, match="JSON"):
        script_json([math.nan])


def test_the_page_holds_one_script_of_data(shown: Explorer) -> None:
    markdown = shown._repr_markdown_()
    assert markdown.count("</script>") == markdown.count("<script") == 1
    assert markdown.count("```") == 2


def test_numbers_are_short_and_what_is_none_is_none() -> None:
    assert rounded([0.123456, math.nan, math.inf, 1234.5]) == [0.123, None, None, 1230.0]


def test_the_whole_grid_is_light() -> None:
    declared = {
        (run.base_lr, *(value for _, value in run.schedule_args))
        for run in STUDIES["steplr"].runs(1)
        if run.schedule == "StepLR" and run.momentum == 0
    }
    explorer = made_up.steplr(3, settings=tuple(sorted(declared)))
    assert len(rows(explorer)) == len(declared) + 1
    assert len(script_json(explorer.spec)) < 90_000


def test_every_trained_staircase_is_there_in_words() -> None:
    explorer = made_up.steplr(3)
    named = {row["name"]: row["run"] for row in rows(explorer)}
    told = named["StepLR with base LR 0.01, γ 0.1 and step_size 10"]
    assert told.startswith("3 seeds; after the last epoch")
    assert "constant LR 0.1" in named
    assert all("±" in words for words in named.values())
    assert explorer_steplr.trained(made_up.staircases(1)) == "4 of 50"


def test_one_seed_has_no_band_and_no_interval() -> None:
    row = rows(made_up.steplr(1))[0]
    assert row["vh"] == []
    assert "one run, no interval" in row["run"]
    assert None not in rows(made_up.steplr(3))[0]["vh"]


def test_a_diverged_run_ends_the_line_and_is_counted() -> None:
    row = rows(made_up.steplr(3, loss=made_up.breaking))[0]
    assert row["v"][2] is not None
    assert row["v"][3] is None
    assert "(1 of 3 not finite)" in row["run"]


def test_the_nearest_setting_is_nearest_in_lr() -> None:
    settings = {Setting(0.1, 1.0, 30): 0, Setting(0.01, 0.1, 10): 0, Setting(0.01, 1.0, 30): 0}
    found = [
        explorer_steplr.closest(settings, Setting(*wanted), 30)
        for wanted in ((0.1, 0.95, 10), (0.01, 0.2, 10), (0.01, 0.9, 10), (0.01, 0.1, 30))
    ]
    assert [one.gamma for one in found] == [1.0, 0.1, 1.0, 1.0]
    assert found[0].base == 0.1


def test_only_base_rates_that_the_study_declares_are_offered() -> None:
    (base,) = (one for one in made_up.steplr().spec["params"] if one["name"] == "base")
    assert base["bind"]["options"] == [0.01, 0.1]


def test_the_axis_of_step_lengths_is_one_for_all_forms() -> None:
    scale = made_up.momentum().spec["encoding"]["y"]["scale"]
    assert not re.search(r"\bform\b", json.dumps(scale))


def test_the_loss_axis_ends_at_what_the_base_rate_comes_down_to() -> None:
    spec = made_up.steplr(3, loss=lambda e, s: 1 / e).spec
    losses = next(view for view in spec["concat"] if view["title"]["text"] == "Loss")
    (low, _) = losses["encoding"]["y"]["scale"]["domain"]
    assert re.findall(r"base == ([\d.]+) \? ([\d.]+) :", low["expr"]) == [
        *(("0.01", "0.0333"), ("0.1", "0.0333")),
    ]


def test_rates_too_low_to_move_anything_are_alike() -> None:
    one, other = (Setting(0.01, gamma, 3).log_rates(30) for gamma in (0.01, 0.02))
    assert (one[-6:] == other[-6:]).all()


def test_without_momentum_one_run_stands_for_all_forms() -> None:
    found = rows(made_up.momentum())
    plain = [row for row in found if row["mu"] == 0]
    assert {row["form"] for row in plain} == {explorer_momentum.ALL}
    assert all("all forms are one" in row["run"] for row in plain)
    for form in explorer_momentum.FORMS:
        row = explorer_momentum.closest(found, form, "drop", 0.1, 0.0)
        assert row is not None
        assert row["mu"] == 0
    heavy = {row["form"] for row in found if row["mu"] == 0.9}
    assert heavy == {"lr-outside", "lr-inside"}
    assert [row["id"] for row in found] == list(range(len(found)))


def test_what_is_not_trained_is_not_shown_for_another_form() -> None:
    found = rows(made_up.momentum())
    assert explorer_momentum.closest(found, "corrected", "raise", 10, 0.9) is None
    row = explorer_momentum.closest(found, "lr-inside", "drop", 0.2, 0.8)
    assert row is not None
    assert row["mu"] == 0.9
    runs, steps = momentum_shock(1)
    no_inside = runs.query("formulation != 'lr-inside'")
    assert explorer_momentum.explorer(shock.windows(no_inside, steps), no_inside).html()


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Packing that takes no time; the snippets it was asked for."""
    asked: list[str] = []

    def javascript_bundle(snippet: str) -> str:
        asked.append(snippet)
        return "const t = 1; window.vegaEmbed = t;"

    fake = SimpleNamespace(javascript_bundle=javascript_bundle)
    monkeypatch.setitem(sys.modules, "vl_convert", fake)  # type: ignore[arg-type]
    monkeypatch.setattr(vega, "versions", lambda: {vega.PACKAGE: "1.2.3"})
    return asked


def test_the_library_is_packed_once_for_each_version(
    packed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = vega.library(tmp_path), vega.library(tmp_path)
    assert first == second
    assert len(packed) == 1
    assert "(() => {const t = 1;" in first, "its names are its own"
    monkeypatch.setattr(vega, "versions", lambda: {vega.PACKAGE: "1.2.4"})
    vega.library(tmp_path)
    assert len(packed) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["vega-1.2.3.js", "vega-1.2.4.js"]


def test_where_nothing_can_be_kept_it_is_packed_again(packed: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for _ in range(2):
        assert "vegaEmbed" in vega.library(tmp_path / "file" / "below")
    assert len(packed) == 2


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vega, "versions", dict)
    with pytest.raises(SourceError, match="vl-convert-python"):
        vega.library()


def test_only_pages_with_a_chart_load_its_script(
    packed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    plain = {"plain": post("Words only.", "Plain")}
    without = project(tmp_path / "without", plain)
    render(without)
    assert vega.ADDRESS not in tree(without / "_site")
    assert packed == []
    chart = made_up.momentum()._repr_markdown_()
    root = project(tmp_path / "with", {**plain, "chart": post(chart, "Chart")}, **made_up.FILES)
    render(root)
    site = tree(root / "_site")
    assert b"vegaEmbed" in site[vega.ADDRESS]
    script = b'<script defer src="../../static/explorer.js"></script>'
    assert script in site["posts/chart/index.html"]
    assert script not in site["posts/plain/index.html"]
    assert b"vega.js" not in site["posts/chart/index.html"], "it is fetched when it is near"
    assert b"application/json" not in site["index.xml"]
    assert b"still picture" in site["index.xml"]
