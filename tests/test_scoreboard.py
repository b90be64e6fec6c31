"""The scoreboard shows every claim with its verdict, and says what the verdict turns on."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from analysis import coverage, method, scoreboard, stats
from analysis.claims import CLAIMS, check, check_every, evidence
from analysis.receipts import receipt
from analysis.verdicts import Part, Verdict
from experiments import results, store, studies
from experiments.settings import Run
from tests.analysis_made_up import fixed_lr
from tests.examples import record


def of(*outcomes: bool | None) -> Verdict:
    parts = tuple(Part(f"part {at}", outcome) for at, outcome in enumerate(outcomes))
    return Verdict("A1", "says <so>", 3, parts)


def test_a_verdict_turns_on_what_fails_then_on_what_is_open() -> None:
    assert scoreboard.decisive(of(True, None, False, False)).sentence == "part 2"
    assert scoreboard.decisive(of(True, None, True)).sentence == "part 1"
    assert scoreboard.decisive(of(True, True)).sentence == "part 0"


def test_a_score_links_to_the_full_card_and_escapes() -> None:
    scores = scoreboard.scores([of(True, False)])
    html = scores.html()
    link = f'posts/{CLAIMS["A1"].post}/index.html#claim-A1"'
    assert f'href="../../{link}' in html
    assert f'href="./{link}' in scores.at(".").html()
    assert "says &lt;so&gt;" in html
    assert "part 1" in html
    assert "part 0" not in html


def test_the_board_leads_to_the_card_of_every_claim_with_its_verdict_in_words() -> None:
    frame = fixed_lr()
    verdicts = {claim_id: check(claim_id, frame) for claim_id in ("A1", "A2", "A3")}
    html = scoreboard.board(verdicts)._repr_markdown_()
    cards = scoreboard.scores(verdicts.values()).html()
    tiles = re.findall(r'<li class="([^"]+)"><a href="#([^"]+)">(.*?)</a>', html)
    for (kind, anchor, words), (claim_id, verdict) in zip(tiles, verdicts.items(), strict=True):
        assert f'class="{kind} score" id="{anchor}"' in cards
        assert f">{verdict.verdict}<" in words
        assert CLAIMS[claim_id].short in words
    outcomes = [verdict.verdict for verdict in verdicts.values()]
    assert f"{outcomes.count('refuted')} refuted" in html
    assert html.count("<rect") == len(verdicts)


def test_every_claim_is_judged_from_the_committed_results() -> None:
    verdicts = check_every(evidence())
    assert list(verdicts) == [
        *(f"A{n}" for n in range(1, 10) if f"A{n}" in CLAIMS),
        *(f"B{n}" for n in range(1, 5)),
        *(f"C{n}" for n in range(1, 14) if f"C{n}" in CLAIMS),
    ]
    assert all(verdict.id == claim_id for claim_id, verdict in verdicts.items())
    assert all(verdict.parts for verdict in verdicts.values())


def test_coverage_counts_declared_and_trained_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runs = [
        Run(dataset="synthetic", epochs=2, base_lr=lr, seed=s) for lr in (0.1, 0.2) for s in (0, 1)
    ]
    study = studies.Study("Why?", 2, lambda seeds: [run for run in runs if run.seed in seeds])
    monkeypatch.setattr(coverage, "STUDIES", {"tiny": study, "never-trained": study})
    monkeypatch.setattr(coverage, "RESULTS", tmp_path)
    monkeypatch.setattr(coverage, "load", lambda name: results.load(name, tmp_path))
    store.save("tiny", [record(run) for run in runs[:3]], tmp_path)
    found = coverage.coverage()
    assert [(one.study, one.present, one.declared) for one in found] == [("tiny", 3, 4)]
    ((name, question, data, trained, seeds, epochs),) = coverage.studies(found).rows
    assert (name, question, data, trained, seeds, epochs) == (
        *("tiny", "Why?", "synthetic", "3 of 4", "1 to 2 seeds", "6"),
    )
    assert coverage.seeds(found[0].runs) == "1 to 2 seeds"
    assert coverage.seeds(found[0].runs.query("seed == 0")) == "1 seed"
    assert coverage.total(found) == "3 training runs of 6 epochs in all"
    assert coverage.missing(found) == "1 of 4"


def test_pairing_narrows_the_interval_where_seeds_share_their_luck() -> None:
    luck = pd.Series([0.0, 1.0, 2.0, 3.0])
    first, second = luck + 1.0, luck + pd.Series([0.1, -0.1, 0.1, -0.1])
    apart = method.unpaired(first, second)
    assert apart.mean == pytest.approx(stats.paired(first, second).mean)
    assert apart.half > 5 * stats.paired(first, second).half
    # Welch's interval for two samples of equal spread: t(0.975, 6) · sqrt(2 s² / n).
    same = method.unpaired(luck, luck)
    assert same.half == pytest.approx(2.4469 * (2 * 1.2910**2 / 4) ** 0.5, rel=1e-3)
    assert not method.unpaired(luck[:1], luck[:1]).defined


def test_the_noise_of_a_test_set_is_the_binomial_one() -> None:
    rows = {row[0]: row[1:] for row in method.noise().rows}
    assert rows["98.0\u00a0%"][0] == "0.14 points"


def test_a_receipt_of_two_studies_names_both() -> None:
    frame = fixed_lr()
    other = frame.assign(study="adam-lr", run_id="x" + frame["run_id"])
    html = receipt(pd.concat([frame, other])).folded()
    assert 'make experiments STUDY="adam-lr fixed-lr"' in html
    assert "results/adam-lr.parquet" in html
    assert "results/fixed-lr.parquet" in html
    assert "STUDY=fixed-lr<" in receipt(frame).origin()
