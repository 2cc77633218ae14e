"""Changes that were made to real controllers come out here as they did there."""

import json
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry, Resource

from loganalyzer.whatif.check import check
from tests.samples import FIXTURES
from tests.whatif.samples import SAMPLES, changes_of, state_at


def _validator() -> jsonschema.Draft202012Validator:
    contract = FIXTURES / "contract"
    diagnosis = json.loads((contract / "diagnosis.schema.json").read_text())
    registry = Registry().with_resources([("urn:loganalyzer:diagnosis:1", Resource.from_contents(diagnosis))])
    schema = json.loads((contract / "check.schema.json").read_text())
    return jsonschema.Draft202012Validator(schema, registry=registry)


@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_a_real_controllers_outcome_is_predicted(folder: Path) -> None:
    """The service that was watched gets what it got there, by itself or not, or fails for the same reason."""
    truth = json.loads((folder / "outcome.json").read_text())
    document = check(state_at(folder), changes_of(folder)).to_dict()
    _validator().validate(document)
    assert {entry["service"] for entry in document["loses"]} == set(truth["lost_or_moved"])
    found = {entry["service"]: entry for entry in document["services"]}.get(truth["service"])
    if found is None:
        assert truth["allocated"]
        assert truth["change"] != "create"
    elif found["allocates"] is None:
        assert truth["contended"]
        assert set(truth["addresses"]) <= set(found["addresses"])
    else:
        assert found["allocates"] == truth["allocated"]
        if truth["allocated"]:
            assert set(truth["addresses"]) <= set(found["addresses"])
            assert found["by_itself"] == truth["by_itself"]
        elif truth["cause"]:
            assert found["cause"]["rule"] == truth["cause"]["rule"]


def test_who_is_without_an_address_for_a_while_is_told() -> None:
    """Two Local services that share become Cluster one after the other: from 0.15 on the first has a break."""
    folder = FIXTURES / "whatif" / "pair-3102-v0.15.3"
    assert check(state_at(folder), changes_of(folder)).interrupted == ("default/pair-a",)


def test_a_configuration_that_strands_an_address_is_rejected_up_to_0_13() -> None:
    """The old range stays in force, and the report names what MetalLB says of the new one."""
    folder = FIXTURES / "whatif" / "shrink-3045-v0.13.12"
    rejected = check(state_at(folder), changes_of(folder)).rejected
    assert [entry.object for entry in rejected] == ["IPAddressPool metallb-system/production"]
    assert "not compatible with assigned IPs" in rejected[0].why
