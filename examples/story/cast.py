"""Who plays: the agencies' officers, the companies and their agents, all samples and marked so."""

from dataclasses import dataclass, replace

from examples.samples.generator import SEED, SampleAgent, SampleCompany, Samples, generate
from examples.story.doors import Officer

DEPARTMENT = Officer("dic", "le-van-minh")
"""An officer of the Department of Information and Communications (Sở Thông tin và Truyền thông)."""

COMMITTEE = Officer("ppc", "nguyen-thi-hoa", role="leader")
"""Somebody who signs for the provincial People's Committee (UBND tỉnh)."""

BEHAVIOURS = ("prompt", "500-twice", "silent")
"""How the programs of the three ISPs behave, in their order; the telecom companies are prompt."""


@dataclass(frozen=True)
class Cast:
    """The companies of one run, and the agents that will be visited."""

    samples: Samples

    @property
    def isps(self) -> tuple[SampleCompany, ...]:
        return self.samples.of_kind("isp")

    @property
    def telecoms(self) -> tuple[SampleCompany, ...]:
        return self.samples.of_kind("telecom")

    @property
    def companies(self) -> tuple[SampleCompany, ...]:
        return self.isps + self.telecoms

    def behaviour(self, company: SampleCompany) -> str:
        return BEHAVIOURS[self.isps.index(company)] if company in self.isps else "prompt"

    @property
    def visited(self) -> tuple[SampleAgent, ...]:
        """Two agents of the first ISP, one of the second, one of the third, which will stay silent."""
        first, second, third = (self.samples.agents_of(isp.code) for isp in self.isps)
        return first[1], first[2], second[3], third[2]

    @property
    def confirmed(self) -> tuple[SampleAgent, ...]:
        """Whom an officer confirms from the contract; the other two are visited as claims of their ISPs."""
        return self.visited[0], self.visited[2]

    @property
    def to_be_cut(self) -> SampleAgent:
        return self.visited[0]


def cast_of(ordinal: int) -> Cast:
    """The cast of the n-th run on this machine. Later runs have companies and agents of their own."""
    samples = generate(SEED + ordinal - 1)
    if ordinal == 1:
        return Cast(samples)
    codes = {company.code: f"{company.code}-{ordinal}" for company in samples.companies}
    return Cast(
        replace(
            samples,
            companies=tuple(
                replace(company, code=codes[company.code], name=f"{company.name} {ordinal}")
                for company in samples.companies
            ),
            agents=tuple(
                replace(
                    agent,
                    isp=codes[agent.isp],
                    lines=tuple(replace(line, telecom=codes[line.telecom]) for line in agent.lines),
                )
                for agent in samples.agents
            ),
        )
    )
