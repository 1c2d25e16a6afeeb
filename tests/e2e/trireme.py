# SPDX-License-Identifier: Apache-2.0
"""The real program as a process: start it, find its ports, look at it from outside, end it."""
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from raw_http import BadAnswer, Connection

# For conditions that come true in milliseconds on an idle machine.
PATIENCE_SECONDS = 60


def wait_until(condition, what, patience=PATIENCE_SECONDS):
    """Asks again until the condition is true; returns its value."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience} s in vain until {what}")
        time.sleep(0.01)


def without_settings(environment):
    """An environment in which no variable of the caller's sets a flag."""
    return {name: value for name, value in environment.items() if not name.startswith("TRIREME_")}


# Ports that are free, and a log that a program can read.
ANYWHERE = ("--http-port", "0", "--grpc-port", "0", "--metrics-port", "0", "--log-form", "json")


class Trireme:
    """`trireme serve` on free ports, for as long as the `with` lasts."""

    def __init__(self, program, *arguments, environment=None, wait=True, where=ANYWHERE):
        self.folder = tempfile.TemporaryDirectory()
        self._files = {name: open(Path(self.folder.name, name), "w+b") for name in ("stdout", "stderr")}
        command = [str(program), "serve", *map(str, arguments), *where]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._files["stdout"],
                                        stderr=self._files["stderr"],
                                        env={**without_settings(os.environ), **(environment or {})})
        try:
            # Listening comes before loading, and is told in the log.
            found = self._wait_for("stderr", r'"listening","http":"([^"]*)","grpc":"([^"]*)",'
                                            r'"metrics":"([^"]*)","sagemaker":"([^"]*)",'
                                            r'"torchserve":"([^"]*)","torchserve_management":"([^"]*)",'
                                            r'"torchserve_metrics":"([^"]*)","torchserve_grpc":"([^"]*)",'
                                            r'"torchserve_grpc_management":"([^"]*)",'
                                            r'"tfserving":"([^"]*)","tfserving_grpc":"([^"]*)"')
            ports = [int(url.rpartition(":")[2] or 0) for url in found.groups()]
            self.port, self.grpc_port, self.metrics_port, self.sagemaker_port = ports[:4]
            self.torchserve_ports = ports[4:9]  # inference, management, metrics, and the first two over gRPC
            self.tfserving_port, self.tfserving_grpc_port = ports[9:]
            if wait:
                self.wait_until_loaded()
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for file in self._files.values():
            file.close()
        self.folder.cleanup()

    @property
    def alive(self):
        return self.process.poll() is None

    def wait_until_loaded(self):
        self._wait_for("stdout", r"Trireme serves .*\n")

    def connect(self, **options):
        return Connection(self.port, **options)

    def ask(self, method, target, body=b"", headers=()):
        """One request on a connection of its own."""
        with self.connect() as connection:
            return connection.ask(method, target, body, headers)

    def infer(self, model, *inputs, **more):
        with self.connect() as connection:
            return connection.infer(model, *inputs, **more)

    def ready(self):
        return self.ask("GET", "/v2/health/ready").status == 200

    def metrics(self):
        """Every sample of the metrics page: {'name{labels}': value}."""
        with Connection(self.metrics_port) as connection:
            answer = connection.ask("GET", "/metrics")
        if answer.status != 200:
            raise BadAnswer(f"metrics: {answer}")
        lines = [line.rsplit(" ", 1) for line in answer.body.decode().splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    def metric(self, name, **labels):
        """The sum of the samples of that name that have these labels."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(value for sample, value in self.metrics().items()
                   if sample.split("{")[0] == name and all(label in sample for label in wanted))

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self, patience=PATIENCE_SECONDS):
        return self.process.wait(patience)

    def stop(self):
        self.terminate()
        return self.exit_code()

    def stdout(self):
        return Path(self.folder.name, "stdout").read_text()

    def log(self):
        return Path(self.folder.name, "stderr").read_text()

    def memory_bytes(self, field):
        """A line of /proc/PID/status: VmRSS, VmHWM."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s*(\d+) kB$", status, re.MULTILINE).group(1)) << 10

    def forget_peak_memory(self):
        """VmHWM counts from here."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def _wait_for(self, stream, pattern):
        path = Path(self.folder.name, stream)

        def look():
            found = re.search(pattern, path.read_text())
            if not found and not self.alive:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.stdout()}{self.log()}")
            return found

        return wait_until(look, f"{stream} says {pattern!r}")
