# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: starting a server, loading it, writing tables. Every wait has an end."""
import json
import os
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

# Whether a server is ready does not depend on who signed its certificate, which a benchmark has made itself.
ANY_CERTIFICATE = ssl._create_unverified_context()  # pylint: disable=protected-access
READY_TIMEOUT_S = 60
STOP_TIMEOUT_S = 15


def say(text):
    """Tells the person what is going on; results go to stdout."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Failed(Exception):
    """A step did not work; the message says which and why."""


@dataclass
class Setup:
    """Where things are, and how patient to be."""

    build: Path  # has trireme, bare_onnx and make_test_models
    models: Path | None  # made by benchmarks/models/make_models.py
    scratch: Path
    quick: bool

    def program(self, name):
        path = self.build / name
        if not path.exists():
            raise Failed(f"{path} is missing: build the release preset")
        return str(path)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Server:
    """`trireme serve` on ports of its own, from its start to its end."""

    def __init__(self, setup, paths, *flags, wait_for="ready"):
        self.port, grpc_port, metrics_port = free_ports(3)
        self.url = f"http://127.0.0.1:{self.port}"
        self.grpc_url = f"grpc://127.0.0.1:{grpc_port}"
        self.health = f"{'https' if '--tls-cert' in flags else 'http'}://127.0.0.1:{self.port}/v2/health/{wait_for}"
        self.log_path = setup.scratch / "server.log"
        self.command = [setup.program("trireme"), "serve", *map(str, paths), "--http-port", str(self.port),
                        "--grpc-port", str(grpc_port), "--metrics-port", str(metrics_port), *flags]
        self.process = None
        self.ready_s = self.stop_s = None

    def __enter__(self):
        began = time.perf_counter()
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        try:
            self._wait_until_ready(began)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self._stop()

    def _wait_until_ready(self, began):
        while not self._is_ready():
            if self.process.poll() is not None:
                raise Failed(f"the server ended with {self.process.returncode}:\n{self._log()}")
            if time.perf_counter() - began > READY_TIMEOUT_S:
                raise Failed(f"the server was not ready within {READY_TIMEOUT_S} s:\n{self._log()}")
            time.sleep(0.002)
        self.ready_s = time.perf_counter() - began

    def _is_ready(self):
        try:
            with urllib.request.urlopen(self.health, timeout=5, context=ANY_CERTIFICATE) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _stop(self):
        if self.process.poll() is None:
            began = time.perf_counter()
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise Failed(f"the server did not stop within {STOP_TIMEOUT_S} s:\n{self._log()}") from None
            self.stop_s = time.perf_counter() - began

    def _log(self):
        return self.log_path.read_text(errors="replace")[-2000:]


def run_json(command, timeout_s):
    """The JSON object that a program prints."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        raise Failed(f"no end within {timeout_s:.0f} s: {' '.join(command)}") from None
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-1000:]}{done.stderr[-1000:]}")
    return json.loads(done.stdout)


def load(setup, server, model, *, connections=1, calls=1, stream=False, form="binary", shapes=(), shared_memory=None,
         ca=None, dialect=None, inputs=(), seconds=6.0, windows=3):
    """`trireme bench` on a running server; without a model, what the only one there makes of the inputs."""
    if setup.quick:
        seconds, windows = seconds / 6, 1
    window_ms = max(1, int(seconds * 1000 / windows))
    command = [setup.program("trireme"), "bench", server.url, "--json",
               "--connections", str(connections), "--form", form, "--windows", str(windows),
               "--window", f"{window_ms}ms", "--warm-up", "200ms" if setup.quick else "1s",
               "--pid", str(server.process.pid)]
    if model:
        command += ["--model", model]
    if dialect:
        command += ["--dialect", dialect]
    for path in inputs:
        command += ["--input", str(path)]
    for shape in shapes:
        command += ["--shape", shape]
    if calls > 1:
        command += ["--calls", str(calls)]
    if stream:
        command += ["--stream"]
    if shared_memory:
        command += ["--shared-memory", shared_memory]
    if ca:
        command += ["--ca", str(ca)]
    return run_json(command, timeout_s=seconds + 60)


def markdown(title, header, rows):
    lines = [f"\n### {title}\n", "| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def number(value):
    """Three digits that count."""
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{decimals}f}"


def spread(values):
    """Median, and from where to where."""
    if len(values) == 1:
        return number(values[0])
    return f"{number(statistics.median(values))} ({number(min(values))}-{number(max(values))})"


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), "unknown processor")
    return f"{os.cpu_count()} x {model}, load average {os.getloadavg()[0]:.1f} at the start"
