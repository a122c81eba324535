"""A lean HTTP client: keep-alive connections that send what they are given and time each answer.

Run as a process of its own, so that it does not share the interpreter with what it measures:
`python -m bench.load` reads a plan (JSON) from stdin and prints the outcome (JSON).
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a load gave: answers per second, answers by status, latencies in ms."""

    per_second: float
    statuses: dict[int, int]
    median_ms: float
    p95_ms: float


def load(base: str, requests: list[tuple[str, str, str]], *, clients: int, seconds: float = 0) -> Outcome:
    """Send requests (method, path, body) by so many clients: each once, or round and round for `seconds`."""
    plan = {"base": base, "requests": requests, "clients": clients, "seconds": seconds}
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        check=True,
    )
    read: dict[str, Any] = json.loads(done.stdout)
    statuses = {int(status): count for status, count in read["statuses"].items()}
    return Outcome(read["per_second"], statuses, read["median_ms"], read["p95_ms"])


async def _run(plan: dict[str, Any]) -> dict[str, Any]:
    host, port = plan["base"].removeprefix("http://").split(":")
    wire = [
        (
            f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"X-Forwarded-For: 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}\r\n"
            f"Content-Length: {len(body.encode())}\r\n\r\n{body}"
        ).encode()
        for number, (method, path, body) in enumerate(plan["requests"])  # each of another visitor
    ]
    statuses: Counter[int] = Counter()
    times: list[float] = []
    position = 0
    gate = asyncio.Event()
    until = 0.0

    async def client() -> None:
        nonlocal position
        reader, writer = await asyncio.open_connection(host, int(port))
        await gate.wait()
        while True:
            if plan["seconds"]:
                if time.perf_counter() >= until:
                    break
                sent = wire[position % len(wire)]
            elif position < len(wire):
                sent = wire[position]
            else:
                break
            position += 1
            began = time.perf_counter()
            writer.write(sent)
            head = await reader.readuntil(b"\r\n\r\n")
            at = head.lower().index(b"content-length:") + 15
            await reader.readexactly(int(head[at : head.index(b"\r\n", at)]))
            times.append(time.perf_counter() - began)
            statuses[int(head[9:12])] += 1
        writer.close()

    tasks = [asyncio.create_task(client()) for _ in range(plan["clients"])]
    await asyncio.sleep(0.3)
    began = time.perf_counter()
    until = began + plan["seconds"]
    gate.set()
    await asyncio.gather(*tasks)
    took = time.perf_counter() - began
    times.sort()
    return {
        "per_second": len(times) / took,
        "statuses": statuses,
        "median_ms": 1e3 * times[len(times) // 2],
        "p95_ms": 1e3 * times[int(len(times) * 0.95)],
    }


if __name__ == "__main__":
    import uvloop

    print(json.dumps(uvloop.run(_run(json.load(sys.stdin)))))
