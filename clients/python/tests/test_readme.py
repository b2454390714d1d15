"""The examples of README.md are correct Python with correct types, and print what they seem to."""

import json
import re
import subprocess
import sys
import threading
import time
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from test_webhooks import BODY, SECRET, sign

HERE = Path(__file__).parents[1]
SYNC, ASYNC, WEBHOOK = re.findall(r"```python\n(.*?)```", (HERE / "README.md").read_text(), re.DOTALL)


def test_the_first_example_runs(service: str) -> None:
    conflict, listed = output(SYNC, service)
    assert conflict == "expected version 1, it has 3"
    assert re.fullmatch(r"[0-9a-f-]{36} closed", listed)


def test_the_asyncio_example_runs(service: str) -> None:
    assert output(ASYNC, service) == ["1 None", "True"]


def output(example: str, service: str) -> list[str]:
    code = example.replace("http://127.0.0.1:8080", service).replace('"acme"', f'"readme-{time.time_ns()}"')
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    return ran.stdout.splitlines()


def test_the_receiver_of_the_example_accepts_signed_requests_only(capfd: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    exec(WEBHOOK, names)
    assert names["SECRET"] == SECRET
    with ThreadingHTTPServer(("127.0.0.1", 0), names["Receiver"]) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        headers = sign(timestamp=int(time.time()))
        statuses = [httpx.post(url, headers=headers, content=body).status_code for body in (BODY, BODY + b" ")]
        server.shutdown()
        thread.join()
    assert statuses == [204, 401]
    assert capfd.readouterr().out == f"orders.closed {json.loads(BODY)['data']['totalCents']}\n"


def test_the_examples_have_correct_types(tmp_path: Path) -> None:
    # No module twice: two examples import the same names.
    for name, example in (("sync", SYNC), ("asynchronous", ASYNC), ("webhook", WEBHOOK)):
        (tmp_path / f"{name}.py").write_text(example)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(tmp_path)]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
