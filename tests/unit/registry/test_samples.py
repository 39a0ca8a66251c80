"""Samples are invented, say so, and are the same again for the same seed."""

import json
import subprocess
import sys
from pathlib import Path

from contracts.text import normalised
from examples.samples.generator import generate
from examples.samples.vocabulary import COMMUNES, MARK
from examples.samples.workbook import workbook

ROOT = Path(__file__).parents[3]


def test_three_isps_and_two_telecoms_with_their_agents():
    samples = generate(52)
    assert (len(samples.of_kind("isp")), len(samples.of_kind("telecom")), len(samples.agents)) == (3, 2, 36)
    assert {agent.area for agent in samples.agents} == set(samples.area_names) == set(COMMUNES)


def test_every_name_carries_the_mark_and_can_be_stored():
    samples = generate(7)
    names = [company.name for company in samples.companies]
    names += [name for agent in samples.agents for name in (agent.name, agent.owner_name)]
    assert all(MARK in name and normalised(name) == name for name in names)


def test_numbers_of_papers_and_lines_are_unique():
    agents = generate(52, 200).agents
    lines = [line.number for agent in agents for line in agent.lines]
    for numbers in ([a.certificate_number for a in agents], [a.contract_number for a in agents], lines):
        assert len(numbers) == len(set(numbers))


def test_the_same_seed_gives_the_same_bytes():
    first, second, other = (workbook(generate(seed), "mau-con-son", "2026-10") for seed in (52, 52, 53))
    assert first == second
    assert first != other


def test_the_command_writes_companies_and_a_list_for_each_isp(tmp_path):
    command = [sys.executable, "-m", "examples.samples", "--seed", "52", "--out", str(tmp_path / "new")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    written = {path.name for path in (tmp_path / "new").iterdir()}
    lists = {f"danh-sach-dai-ly-{isp}-2026-10.xlsx" for isp in ("mau-song-thai", "mau-con-son", "mau-thanh-dong")}
    assert written == {"samples.json", *lists}
    described = json.loads((tmp_path / "new" / "samples.json").read_text("utf-8"))
    assert len(described["agents"]) == 36
