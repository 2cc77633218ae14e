"""Secrets planted into real lines: at every place of every kind of line where a text, a word or a key stands."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any
from urllib.parse import quote

from tests.samples import FIXTURES

OTHER_LINES = [
    b"W0101 00:00:00.617434       1 reflector.go:561] pkg/mod/k8s.io/client-go/reflector.go:232: watch of *v1.Service"
    b' ended with: an error on the server ("unable to decode")',
    b"E1123 18:15:12.267022   30080 leaderelection.go:330] error retrieving resource lock metallb-system/lock: timeout",
    b"panic: incoherent state, I thought port TCP/80 belonged to service default/web, but it belongs to shop/api",
    b"goroutine 17 [running]:",
    b"main.(*controller).SetBalancer(0xc000123456, {0xc0001, 0xb})",
    b"\t/go/src/go.universe.tf/metallb/controller/main.go:71 +0x1d",
    b"fatal error: all goroutines are asleep - deadlock!",
    b"struct { Version uint8; ASN16 uint16; HoldTime uint16; RouterID uint32; OptsLen uint8 }"
    b"{Version:0x4, ASN16:0xfc00, HoldTime:0x5a, RouterID:0xa000001, OptsLen:0x1e}",
    b"failed to initialize logging: unknown level verbose",
    b"2024/01/02 03:04:05 http: TLS handshake error from 10.1.2.3:4711: EOF",
    b"this line is of nobody",
    b'{"caller":"net.go:345","component":"MemberList","msg":"[DEBUG] memberlist: Stream connection from=10.0.0.2:55242"'
    b',"ts":"2021-05-01T12:00:00.6172Z"}',
    b'{"caller":"arp.go:102","interface":"eth0","ip":"10.20.30.40","level":"debug","msg":"got ARP request for'
    b' service IP, sending","responseMAC":"0a:1b:2c:3d:4e:5f","senderIP":"10.20.30.1","senderMAC":"0a:1b:2c:3d:4e:60"}',
    b'{"caller":"frr.go:100","cause":"writeConfig","config":"router bgp 65001\\n neighbor 10.9.8.7 password hunter2\\n"'
    b',"error":"exit status 1","level":"error","op":"reload","ts":"2023-05-01T12:00:00Z"}',
    b'{"caller":"x.go:1","level":"debug","&{{ } {l2-00011 l2- metallb-system}}":"(MISSING)","enqueueing":"object"}',
    b'{"level":"debug","ts":"2024-07-01T10:00:00Z","logger":"events","msg":"Failed to allocate IP for \\"team-b/api\\":'
    b' pool green not compatible for ip assignment","type":"Warning","object":{"kind":"Service","namespace":"team-b",'
    b'"name":"api","uid":"8d000000-0000-4000-8000-000000000001"},"reason":"AllocationFailed"}',
    b'{"caller":"m.go:1","error":"no available IPs in pool \\"green\\" for ipv4 IPFamily","level":"error","op":'
    b'"allocateIPs","ts":"2024-07-01T10:00:00Z"}',
    b'{"caller":"m.go:1","error":"can\'t change sharing key for \\"a/b\\", address also in use by c/d,e/f: backend key '
    b'\\"app=x,tier=y\\" does not match existing sharing key \\"app=z\\"","op":"allocateIP","service":"a/b"}',
    b'{"caller":"m.go:1","level":"debug","metallb CRs":"{\\"bgppeers\\":[{\\"kind\\":\\"BGPPeer\\",\\"metadata\\":'
    b'{\\"name\\":\\"tor\\",\\"annotations\\":{\\"kubectl.kubernetes.io/last-applied-configuration\\":\\"{\\\\\\"spec'
    b'\\\\\\":{\\\\\\"password\\\\\\":\\\\\\"hunter2\\\\\\",\\\\\\"peerAddress\\\\\\":\\\\\\"10.1.1.1\\\\\\"}}\\"}},'
    b'\\"spec\\":{\\"password\\":\\"hunter2\\",\\"myASN\\":64513,\\"nodeSelectors\\":[{\\"matchLabels\\":{\\"rack\\":'
    b'\\"r7\\"}}]}}],\\"passwordsecrets\\":{\\"bgp-secret\\":{\\"type\\":\\"Opaque\\",\\"data\\":{\\"password\\":'
    b'\\"aHVudGVyMg==\\"}}},\\"communities\\":[{\\"spec\\":{\\"communities\\":[{\\"name\\":\\"vip\\",\\"value\\":'
    b'\\"64513:100\\"}]}}]}","controller":"ConfigReconciler"}',
    b'{"caller":"m.go:1","level":"debug","config":"{\\"spec\\":{\\"bgp\\":{\\"routers\\":[{\\"password\\":\\"x\\"}]}}}",'
    b'"component":"frrk8s","event":"sent new config to the controller"}',
]
"""Families and positions that the logs under fixtures/ lack."""

SPEWED = (
    '(config.Config) {\n Peers: (map[string]*config.Peer) (len=1) {\n  (string) (len=3) "tor": (*config.Peer)(0xc0)({\n'
    '   Name: (string) (len=3) "tor",\n   MyASN: (uint32) 64513,\n   Addr: (net.IP) (len=16 cap=16) 10.1.1.1,\n'
    '   Password: (string) (len=7) "hunter2",\n   SecretPassword: (string) (len=7) "hunter2",\n'
    "   PasswordRef: (v1.SecretReference) &SecretReference{Name:ref,Namespace:ns,},\n"
    "   NodeSelectors: ([]labels.Selector) (len=1 cap=1) {\n    (labels.internalSelector) rack=r7,row in (a,b)\n   },\n"
    '   VRF: (string) (len=3) "red",\n   Key: ([]uint8) (len=3 cap=3) {\n    00000000  68 75 6e  |hun|\n   }\n'
    '  })\n },\n BGPExtras: (string) (len=7) "hunter2"\n}\n'
)


def distinct_lines() -> list[bytes]:
    """One line of each kind, of all versions: by the names of its fields, event, operation and caller's file."""
    kinds: dict[object, bytes] = {}
    logs = [*FIXTURES.glob("controllers/*.log"), *FIXTURES.glob("rules/*/*.log"), *FIXTURES.glob("speakers/*/*.log")]
    for path in sorted(logs):
        version = re.search(r"0\.1\d", str(path))
        for line in path.read_bytes().splitlines():
            kinds.setdefault((version and version[0], _kind(line)), line)
    spewed = json.dumps({"caller": "m.go:1", "controller": "ConfigReconciler", "rendered config": SPEWED}).encode()
    return [*kinds.values(), *OTHER_LINES, spewed]


def _kind(line: bytes) -> object:
    try:
        fields = json.loads(line)
    except ValueError:
        return line[:12]
    told = [str(fields.get(k)) for k in ("event", "op", "controller", "logger", "component")]
    message = re.sub(r'"[^"]*"|[\w./-]*\d[\w./-]*', "", str(fields.get("msg", "")) + str(fields.get("error", "")))
    return tuple(fields), tuple(told), message


Put = Callable[[str], bytes]


def places(line: bytes) -> Iterator[Put]:
    """A function for each place in the line that puts a text there."""
    try:
        fields = json.loads(line)
    except ValueError:
        yield from (partial(_encoded, put) for put in _words(line.decode()))
        return
    for put in _in_value(fields):
        yield partial(_dumped, put)


def _encoded(put: Callable[[str], str], planted: str) -> bytes:
    return put(planted).encode()


def _dumped(put: Callable[[str], Any], planted: str) -> bytes:
    return _json(put, planted).encode()


def _json(put: Callable[[str], Any], planted: str) -> str:
    return json.dumps(put(planted), ensure_ascii=False, separators=(",", ":"))


def _in_value(value: Any) -> Iterator[Callable[[str], Any]]:
    """Puts into a decoded value: its texts, their words, its keys, and what its texts decode to."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield partial(_as_key, value, key)
            for put in _in_value(inner):
                yield partial(_under_key, value, key, put)
    elif isinstance(value, list):
        for at, inner in enumerate(value[:3]):
            for put in _in_value(inner):
                yield partial(_at_index, value, at, put)
    elif isinstance(value, str):
        yield from _in_text(value)


def _as_key(value: dict[str, Any], key: str, planted: str) -> dict[str, Any]:
    return {(planted if k == key else k): v for k, v in value.items()}


def _under_key(value: dict[str, Any], key: str, put: Callable[[str], Any], planted: str) -> dict[str, Any]:
    return {k: put(planted) if k == key else v for k, v in value.items()}


def _at_index(value: list[Any], at: int, put: Callable[[str], Any], planted: str) -> list[Any]:
    return [put(planted) if i == at else v for i, v in enumerate(value)]


def _in_text(text: str) -> Iterator[Callable[[str], str]]:
    yield str
    decoded = None
    if text[:1] in "{[":
        try:
            decoded = json.loads(text)
        except ValueError:
            decoded = None
    if decoded is not None:
        yield from (partial(_json, put) for put in _in_value(decoded))
    else:
        yield from _words(text)


def _words(text: str) -> Iterator[Callable[[str], str]]:
    """Puts in the place of each word, and at each end."""
    for found in re.finditer(r"[\w.-]+", text):
        yield partial(_instead, text, found.span())
    yield partial(_instead, f"{text} ", (len(text) + 1, len(text) + 1))
    yield partial(_instead, f" {text}", (0, 0))


def _instead(text: str, span: tuple[int, int], planted: str) -> str:
    return text[: span[0]] + planted + text[span[1] :]


@cache
def all_places() -> tuple[Put, ...]:
    """The places of all distinct lines."""
    return tuple(put for line in distinct_lines() for put in places(line))


def planted(chance: random.Random) -> str:
    """A text that nobody must see: a name, a password, an identifier, of the sorts that clusters have."""
    core = "zq" + "".join(chance.choices("bcdfghjklmnpqrstvwxz", k=9))
    number = chance.randrange(10**6, 10**9)
    return chance.choice(
        [
            core,
            core.upper(),
            f"{core[:5]}-{core[5:]}",
            f"{core}_{number}",
            f"{core}.{core[::-1]}.example",
            f"{core}@{core[::-1]}.example",
            f"i-0{number:x}{core}",
            f"arn:aws:iam::{number}:role/{core}",
            f'{core}"{number}\\{core}',
            f"{core} {core[::-1]}",
            f"pässwörd-{core}",
            f"{core}=={core}",
            f"https://{core}:{core[::-1]}@example/{core}?{core}",
            f"<{core}>&'{core}'",
            base64.b64encode(core.encode()).decode(),
            f"${{{core}}}",
        ]
    )


def traces(text: str) -> list[str]:
    """What would betray a planted text: itself and its parts of some length, escaped in any way."""
    parts = [p for p in re.findall(r"[^\W_]{8,}", text) if not p.isdigit()] or [text]
    found = []
    for part in (text, *parts):
        once = json.dumps(part)[1:-1]
        found += [part, once, json.dumps(once)[1:-1], quote(part), base64.b64encode(part.encode()).decode().rstrip("=")]
    return list(dict.fromkeys(found))


def planted_log(count: int, seed: int) -> tuple[bytes, list[str]]:
    """A log with so many planted texts, each at another place as long as there are others, and the texts."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    everywhere = list(all_places())
    chance.shuffle(everywhere)
    texts = [planted(chance) for _ in range(count)]
    lines = [everywhere[i % len(everywhere)](text) for i, text in enumerate(texts)]
    return b"\n".join(line.replace(b"\n", b" ") for line in lines) + b"\n", texts
