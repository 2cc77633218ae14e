"""`--redact` and `loganalyzer redact`, run as a user runs them."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from loganalyzer.redaction.redactor import Redaction
from tests.cli.command import SHARING, loganalyzer
from tests.samples import FIXTURES
from tests.sources.forms import WRAPPINGS

ORIGINALS = (b"git-ssh", b"/ingress", b"ingress-nginx", b"192.168.10.", b"production", b"5eed0")
"""What the log names; `ingress` alone is a field of Services, too."""
OBJECTS = FIXTURES / "objects" / "random-197-v0.14.8-info"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["explain"], id="explain"),
        pytest.param(["explain", "--format", "json"], id="json"),
        pytest.param(["explain", "--format", "jsonl"], id="jsonl"),
        pytest.param(["events"], id="events"),
        pytest.param(["events", "--format", "csv"], id="events, csv"),
        pytest.param(["explain", "--format", "markdown"], id="markdown"),
        pytest.param(["explain", "--format", "jira"], id="jira"),
        pytest.param(["explain", "--format", "html"], id="html"),
        pytest.param(["events", "--table", "attempts", "--format", "jsonl"], id="attempts"),
        pytest.param(["stats"], id="stats"),
        pytest.param(["timeline"], id="timeline"),
        pytest.param(["timeline", "--service", "git-ssh"], id="timeline of a service"),
        pytest.param(["timeline", "--format", "csv"], id="timeline, csv"),
        pytest.param(["state"], id="state"),
        pytest.param(["state", "--at", f"{SHARING}:60"], id="state at a line"),
        pytest.param(["state", "--format", "json"], id="state, json"),
        pytest.param(["redact"], id="redact"),
    ],
)
def test_nothing_is_left_in_any_output(arguments: list[str]) -> None:
    """Standard output and error name no service, pool, network or uid of the log, nor the log itself."""
    redact = [] if arguments == ["redact"] else ["--redact"]
    result = loganalyzer(*arguments, *redact, SHARING)
    assert result.returncode == 0, result.stderr
    assert not [name for name in (*ORIGINALS, b"local_different", b"MLB104/") if name in result.stdout + result.stderr]
    assert b"--redact replaced" in result.stderr


def test_errors_do_not_name_files(tmp_path: Path) -> None:
    """A missing file, an empty one and one that is no log are told by their place among the inputs."""
    empty, other = tmp_path / "acme-empty.log", tmp_path / "acme-other.log"
    empty.touch()
    other.write_text("nothing of MetalLB's\n")
    for command in (["explain", "--redact"], ["events", "--redact"], ["redact", "--output", tmp_path / "out"]):
        result = loganalyzer(*command, tmp_path / "acme-missing.log", empty, other, SHARING)
        assert result.returncode == 3
        assert b"acme" not in result.stdout + result.stderr
        assert b"input-1.log: there is no such file" in result.stderr


def test_wrong_uses_do_not_name_files(tmp_path: Path) -> None:
    """What is wrong with an option is told without the names in it."""
    result = loganalyzer("explain", "--redact", SHARING, "--output", tmp_path / "acme" / "report.txt")
    assert result.returncode == 2
    assert b"acme" not in result.stderr
    result = loganalyzer("explain", "--redact", SHARING, "--node", "acme-1=acme.log")
    assert result.returncode == 2
    assert b"acme" not in result.stderr


def test_options_name_what_the_log_names() -> None:
    """`--service` and `--pool` take the names of the log, and the report has the others."""
    found = loganalyzer("explain", "--redact", "--format", "json", "--service", "default/git-ssh", SHARING)
    assert [f["service"] for f in json.loads(found.stdout)["failures"]] == ["default/service-2"]
    none = loganalyzer("explain", "--redact", "--format", "json", "--address", "192.168.10.7", SHARING)
    assert json.loads(none.stdout)["failures"] == []


def test_the_logs_themselves_are_explained_as_before(tmp_path: Path) -> None:
    """`redact --output FILE` writes a log that gives the report which `--redact` gives."""
    log = tmp_path / "input-1.log"
    assert loganalyzer("redact", SHARING, "--output", log).returncode == 0
    again = loganalyzer("explain", "input-1.log", cwd=tmp_path)
    assert again.stdout == loganalyzer("explain", "--redact", SHARING).stdout


def test_several_inputs_make_a_folder(tmp_path: Path) -> None:
    """An archive's members and other inputs become files of a new folder; one with files in it is refused."""
    archive = tmp_path / "acme.tar"
    with tarfile.open(archive, "w") as made:
        for name in ("pods/speaker-x7k2p/speaker.log", "acme/controller.log"):
            info = tarfile.TarInfo(name)
            data = SHARING.read_bytes()
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    out = tmp_path / "out"
    result = loganalyzer("redact", archive, SHARING, "--output", out)
    assert result.returncode == 0, result.stderr
    files = sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    assert len(files) == 3
    assert not [f for f in files if "acme" in f or "x7k2p" in f]
    assert [f for f in files if "/pods/speaker-1/" in f], "what the path told is told"
    assert all(name not in (out / f).read_bytes() for f in files for name in ORIGINALS)
    assert loganalyzer("redact", SHARING, "--output", out).returncode == 2
    assert loganalyzer("redact", archive).returncode == 2


def test_one_input_goes_into_a_folder_that_is_named_as_one(tmp_path: Path) -> None:
    """As the path ends, so it is meant: an archive may have one member only."""
    assert loganalyzer("redact", SHARING, "--output", f"{tmp_path}/new/").returncode == 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["input-1.log"]


@pytest.mark.parametrize("form", sorted(WRAPPINGS))
def test_wrappings_name_nobody(form: str) -> None:
    """Pods, nodes, hosts and container ids of every wrapping are replaced too."""
    log = WRAPPINGS[form](SHARING.read_bytes())
    with Redaction([log]) as redaction, redaction.inputs_of("<bytes>")[0].open() as stream:
        text = stream.read().replace(b"redacted-node-1", b"")
    names = (*ORIGINALS, b"x7k2p", b"5f98465b6b", b"3a5e1c6e", b"abababab", b"node-1")
    assert not [name for name in names if name in text]


def test_check_with_a_manifest_and_a_change(tmp_path: Path) -> None:
    """`check --redact` tries manifests and changes under the names that the log has then."""
    manifest = tmp_path / "acme.yaml"
    manifest.write_text(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: acme\n  namespace: default\n"
        "  annotations:\n    metallb.universe.tf/address-pool: production\n"
        "spec:\n  type: LoadBalancer\n  ports:\n  - port: 81\n"
    )
    change = tmp_path / "acme.json"
    patch = [{"op": "add", "path": "/spec/addresses/-", "value": "192.168.10.201/32"}]
    change.write_text(json.dumps([{"kind": "IPAddressPool", "name": "metallb-system/production", "patch": patch}]))
    plain = loganalyzer("check", manifest, "--change", change, "--against", SHARING, "--format", "json")
    result = loganalyzer("check", "--redact", manifest, "--change", change, "--against", SHARING, "--format", "json")
    assert result.returncode == plain.returncode == 0, result.stderr
    assert not [n for n in (*ORIGINALS, b"acme") if n in result.stdout + result.stderr]
    first, second = json.loads(plain.stdout), json.loads(result.stdout)
    assert [s["allocates"] for s in second["services"]] == [s["allocates"] for s in first["services"]]
    assert len(second["services"]) == 2
    assert second["services"][0]["addresses"] or second["services"][1]["addresses"]


def test_objects_are_written_as_objects(tmp_path: Path) -> None:
    """Kubernetes objects are redacted as logs are, and read as before."""
    out = tmp_path / "services.json"
    assert loganalyzer("redact", OBJECTS / "services.json", "--output", out).returncode == 0
    text = out.read_text()
    names = {i["metadata"]["name"] for i in json.loads((OBJECTS / "services.json").read_text())["items"]}
    assert not [n for n in names if f'"{n}"' in text and n != "kubernetes"]
    assert loganalyzer("explain", out, OBJECTS / "pools.json").returncode == 0
