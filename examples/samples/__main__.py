"""Writes sample companies (JSON) and the lists of agents they would send (XLSX) into a folder."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from examples.samples.generator import AGENTS_OF_ISP, SEED, generate
from examples.samples.workbook import workbook


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.samples", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED, help=f"the same seed gives the same samples (default {SEED})")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into; it is made if it is not there")
    parser.add_argument("--month", default="2026-10", help="month of the lists, YYYY-MM (default 2026-10)")
    parser.add_argument(
        "--agents", type=int, default=AGENTS_OF_ISP, help=f"agents of each ISP (default {AGENTS_OF_ISP})"
    )
    asked = parser.parse_args()
    if asked.agents < 1 or asked.seed < 0:
        parser.error("--agents and --seed are positive numbers")
    samples = generate(asked.seed, asked.agents)
    asked.out.mkdir(parents=True, exist_ok=True)
    described = {
        "note": "mẫu: sample data, invented",
        "companies": [asdict(company) for company in samples.companies],
        "agents": [asdict(agent) for agent in samples.agents],
    }
    text = json.dumps(described, ensure_ascii=False, indent=2, default=str)
    (asked.out / "samples.json").write_text(text + "\n", encoding="utf-8")
    print(asked.out / "samples.json")
    for isp in samples.of_kind("isp"):
        path = asked.out / f"danh-sach-dai-ly-{isp.code}-{asked.month}.xlsx"
        path.write_bytes(workbook(samples, isp.code, asked.month))
        print(path)


if __name__ == "__main__":
    main()
