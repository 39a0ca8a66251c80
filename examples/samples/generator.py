"""Sample companies and agents of a province, the same again for the same seed. Everything carries the mark "(mẫu)"."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from examples.samples.vocabulary import (
    COMMUNES,
    FAMILY_NAMES,
    GIVEN_NAMES,
    ISPS,
    MARK,
    MIDDLE_NAMES,
    SHOP_NAMES,
    STREETS,
    TELECOMS,
)
from law.clauses import load_law

SCOPE = "hai-duong"
SEED = 52
AGENTS_OF_ISP = 12
FIRST_CONTRACT = date(2009, 1, 5)


@dataclass(frozen=True)
class SampleCompany:
    """`kind` is `isp` or `telecom`."""

    code: str
    name: str
    kind: str
    licence_number: str


@dataclass(frozen=True)
class SampleLine:
    """`kind`: `ADSL` or `FTTH`, as companies write it; `telecom`: the code of the company that owns it."""

    kind: str
    number: str
    telecom: str


@dataclass(frozen=True)
class SampleAgent:
    isp: str
    name: str
    owner_name: str
    certificate_number: str
    address: str
    area: str
    contract_number: str
    contract_signed_on: date
    lines: tuple[SampleLine, ...]


@dataclass(frozen=True)
class Samples:
    companies: tuple[SampleCompany, ...]
    agents: tuple[SampleAgent, ...]
    area_names: dict[str, str]
    """Area code → Vietnamese name, in the order of the law's data."""

    def company(self, code: str) -> SampleCompany:
        return next(company for company in self.companies if company.code == code)

    def of_kind(self, kind: str) -> tuple[SampleCompany, ...]:
        return tuple(company for company in self.companies if company.kind == kind)

    def agents_of(self, isp: str) -> tuple[SampleAgent, ...]:
        return tuple(agent for agent in self.agents if agent.isp == isp)


def generate(seed: int = SEED, agents_of_isp: int = AGENTS_OF_ISP) -> Samples:
    """Three ISPs with so many agents each, over every district in turn, and two telecoms that own their lines."""
    chance = random.Random(seed)
    areas = {area.code: area.name.vi for area in load_law().province(SCOPE).areas}
    companies = (
        *(SampleCompany(code, f"{name} {MARK}", "isp", f"GP-ISP-{n:02}") for n, (code, name) in enumerate(ISPS, 1)),
        *(
            SampleCompany(code, f"{name} {MARK}", "telecom", f"GP-VT-{n:02}")
            for n, (code, name) in enumerate(TELECOMS, 1)
        ),
    )
    codes = list(areas)
    agents = tuple(
        _agent(chance, seed, isp_number, isp, number, codes[(number + 4 * isp_number) % len(codes)])
        for isp_number, (isp, _) in enumerate(ISPS)
        for number in range(agents_of_isp)
    )
    return Samples(companies, agents, areas)


def _agent(chance: random.Random, seed: int, isp_number: int, isp: str, number: int, area: str) -> SampleAgent:
    serial = isp_number * 10_000 + number + 1
    owner = f"{chance.choice(FAMILY_NAMES)} {chance.choice(MIDDLE_NAMES)} {chance.choice(GIVEN_NAMES)} {MARK}"
    place = f"số {chance.randint(1, 240)} {chance.choice(STREETS)}, {chance.choice(COMMUNES[area])}"
    lines = tuple(
        SampleLine(
            kind=chance.choice(("ADSL", "ADSL", "FTTH")),
            number=f"0320{seed % 100:02}{serial:05}{place_in_cell}",
            telecom=chance.choice(TELECOMS)[0],
        )
        for place_in_cell in range(1 if chance.random() < 0.75 else 2)
    )
    return SampleAgent(
        isp=isp,
        name=f"Đại lý Internet {chance.choice(SHOP_NAMES)} {number + 1} {MARK}",
        owner_name=owner,
        certificate_number=f"04{seed % 100:02}8{serial:06}",
        address=place,
        area=area,
        contract_number=f"{serial}/HĐĐL-{seed}",
        contract_signed_on=FIRST_CONTRACT + timedelta(days=chance.randint(0, 5_000)),
        lines=lines,
    )
