from dataclasses import replace
from typing import Any

import pytest
from spikemodes.experiments import RunDirectory, Summary, parse_spec
from spikemodes.experiments.display.page import Section
from spikemodes.experiments.report import registry, run as reporting
from spikemodes.experiments.report.reported import Reported, SectionMaker


@pytest.fixture
def found(tmp_path, draw_network):
    nothing: Any = None
    spec = parse_spec({})
    return Reported(RunDirectory(tmp_path), spec, draw_network(), nothing, nothing, Summary(seed=4))


def seeds(found: Reported) -> Section | None:
    if found.summary.seed is None:
        return None
    return Section("Seeds", f"The seed is {found.summary.seed}.")


def test_a_section_of_ones_own_is_one_entry_of_the_registry(found, monkeypatch):
    monkeypatch.setattr(registry, "SECTIONS", (SectionMaker("seeds", seeds),))
    assert reporting.sections(found) == {"seeds": Section("Seeds", "The seed is 4.")}
    assert reporting.sections(replace(found, summary=Summary())) == {}


def test_sections_are_known_by_different_keys():
    keys = [maker.key for maker in registry.SECTIONS]
    assert len(set(keys)) == len(keys)
