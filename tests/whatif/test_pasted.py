"""The printed commands, pasted into a shell, do to the cluster's objects what the document's patches do."""

import copy
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import jsonpatch
import pytest

from loganalyzer.correlator.fix import Fix
from loganalyzer.whatif.commands import TOUCHED
from tests.samples import diagnosed
from tests.whatif.samples import SAMPLES

KINDS = {"service": "Service", "ipaddresspool": "IPAddressPool", "namespace": "Namespace"}
FAKE = '#!/bin/sh\nfor a in "$@"; do printf "%s\\0" "$a"; done\nprintf "\\n\\0"\n'

Objects = dict[tuple[str, str], Any]


def _objects(folder: Path) -> Objects:
    """What `kubectl get` showed at the moment of the log's end, by kind and name."""
    found = {}
    for name, kind in (("services.json", "Service"), ("pools.json", "IPAddressPool")):
        for item in json.loads((folder / name).read_text())["items"]:
            found[kind, f"{item['metadata']['namespace']}/{item['metadata']['name']}"] = item
    return found


def _fixes(folder: Path) -> list[Fix]:
    return [fix for f in diagnosed(folder / "controller.log").failures for fix in f.fixes if fix.verified]


def _calls(fixes: list[Fix], tmp_path: Path) -> list[list[list[str]]]:
    """The arguments that kubectl gets from each fix's lines, all of them run by one shell."""
    fake = tmp_path / "kubectl"
    fake.write_text(FAKE)
    fake.chmod(0o755)
    script = "\n".join("\n".join((*fix.commands, "kubectl end")) for fix in fixes)
    for shell in ("sh", "bash"):
        subprocess.run([f"/bin/{shell}", "-n", "-c", script], check=True)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    out = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True, env={"PATH": path})
    assert out.stderr == b""
    found: list[list[list[str]]] = [[]]
    for call in out.stdout.decode().split("\0\n\0"):
        arguments = call.split("\0")
        if arguments == ["end"]:
            found.append([])
        elif call:
            found[-1].append(arguments)
    return found[:-1]


def _kubectl(objects: Objects, arguments: list[str]) -> None:
    """The objects after `kubectl [-n NAMESPACE] patch|annotate|delete KIND NAME …`."""
    namespace, rest = (f"{arguments[1]}/", arguments[2:]) if arguments[0] == "-n" else ("", arguments)
    verb, resource, name, *options = rest
    key = (KINDS[resource], namespace + name)
    if verb == "delete":
        del objects[key]
    elif verb == "patch":
        assert options[:2] == ["--type=json", "-p"]
        objects[key] = jsonpatch.apply_patch(objects[key], json.loads(options[2]))
    else:
        assert (verb, options[0], len(options)) == ("annotate", "--overwrite", 2)
        annotation, _, value = options[1].partition("=")
        annotations = objects[key]["metadata"].setdefault("annotations", {})
        if annotation.endswith("-") and not value:
            del annotations[annotation[:-1]]
        elif annotation != TOUCHED:
            annotations[annotation] = value


def _changed(objects: Objects, fix: Fix) -> Objects:
    """The objects after the changes of the document."""
    for change in fix.changes:
        key = (change["kind"], change["name"])
        if change.get("delete"):
            del objects[key]
        elif not any(TOUCHED in str(op) for op in change["patch"]):
            objects[key] = jsonpatch.apply_patch(objects[key], change["patch"])
    return objects


@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_what_is_printed_does_what_the_patches_do(folder: Path, tmp_path: Path) -> None:
    """Every fix of every failure of the sample; the touch at the end of some leaves the rest as it is."""
    objects, fixes = _objects(folder), _fixes(folder)
    calls = _calls(fixes, tmp_path)
    assert len(calls) == len(fixes)
    for fix, lines in zip(fixes, calls, strict=True):
        assert len(lines) == len(fix.commands)
        pasted = copy.deepcopy(objects)
        for arguments in lines:
            _kubectl(pasted, arguments)
        assert pasted == _changed(copy.deepcopy(objects), fix)
