# SPDX-License-Identifier: Apache-2.0
"""Whether a model notices that another is loaded and unloaded beside it: its p99 at half of its peak rate, requests
coming at random times whatever becomes of those before, in windows without the neighbour, with it, and with a program
that only copies memory at idle priority, alternated."""
import shutil
import statistics
import subprocess
import threading

from harness import Failed, Server, load, markdown, number, run_json, say
from http_rows import make_models
from many_models import EXPLICIT, Client
from model_rows import find_model

WINDOWS = 20  # of either kind
REQUESTS = 2000  # of each window, at least
SECONDS = 2  # of each window, at least: the neighbour must come and go in it
CONNECTIONS = 16
NEIGHBOUR = "resnet50"


class Loads:
    """Loads and unloads a model over and over, while it is entered."""

    def __init__(self, server, name):
        self.client, self.name = Client(server), name
        self.ends = threading.Event()
        self.count, self.failure = 0, None
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()

    def _run(self):
        try:
            while not self.ends.is_set():
                self.client.load(self.name)
                self.client.unload(self.name)
                self.count += 1
        except (Failed, OSError) as failure:
            self.failure = failure


class Quiet:
    """A neighbour that does nothing."""

    count, failure = 0, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Copier:
    """A neighbour that could not stand back further: what its memory traffic does, nobody's scheduling prevents."""

    count, failure = 0, None

    def __init__(self, setup):
        self.program = setup.program("idle_copier")

    def __enter__(self):
        self.process = subprocess.Popen([self.program])
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def window(setup, server, model, rate):
    """p99 of one window, in microseconds."""
    requests = 50 if setup.quick else max(REQUESTS, int(rate * SECONDS))
    report = run_json([setup.program("trireme"), "bench", server.url, "--json", "--model", model, "--rate", str(rate),
                       "--connections", str(CONNECTIONS), "--warm-up", "300ms", "--windows", "1",
                       "--window-requests", str(requests)], timeout_s=requests / rate + 60)
    if report["failed"]:
        raise Failed(f"{model}: {report['failed']} requests failed")
    return report["latency_us"]["p99"]


def middle(ratios):
    """The median, and between which values it lies with 95 % confidence (by their order alone)."""
    ordered = sorted(ratios)
    # Of 20 values the sixth and the fifteenth; of n those about the square root of n off the middle.
    away = max(0, round(len(ordered) / 2 - 0.98 * len(ordered) ** 0.5))
    return statistics.median(ordered), ordered[away], ordered[-1 - away]


def measure(setup, server, model):
    peak = load(setup, server, model, connections=CONNECTIONS, windows=1)["requests_per_second"]["median"]
    p99, loads = {"alone": [], "beside": [], "copier": []}, 0
    neighbours = {"alone": Quiet, "beside": lambda: Loads(server, NEIGHBOUR), "copier": lambda: Copier(setup)}
    windows = 2 if setup.quick else WINDOWS
    for i in range(windows):
        say(f"{model}: window {i + 1} of {windows}")
        # Which comes first changes, so that what drifts meets both alike.
        for kind in p99 if i % 2 == 0 else reversed(p99):
            with neighbours[kind]() as neighbour:
                p99[kind].append(window(setup, server, model, peak / 2))
            if neighbour.failure:
                raise Failed(f"the neighbour: {neighbour.failure}")
            loads += neighbour.count

    def ratio(kind):
        middle_low_high = middle([beside / alone for beside, alone in zip(p99[kind], p99["alone"])])
        return "{:.2f} ({:.2f}-{:.2f})".format(*middle_low_high)

    return (model, number(peak / 2), number(statistics.median(p99["alone"]) / 1000),
            number(statistics.median(p99["beside"]) / 1000), ratio("beside"), loads, ratio("copier"))


def run(setup):
    folder = setup.scratch / "neighbours"
    folder.mkdir()
    for name in ("mobilenet_v3_large", NEIGHBOUR):
        shutil.copyfile(find_model(setup, name), folder / f"{name}.onnx")
    shutil.copytree(make_models(setup) / "add", folder / "add")
    models = ("add", "mobilenet_v3_large")
    with Server(setup, [folder], *EXPLICIT, *(f"--load-model={name}" for name in models)) as server:
        rows = [measure(setup, server, model) for model in models]
    yield markdown(f"Beside a model that is loaded and unloaded without a pause ({NEIGHBOUR})",
                   ("model", "requests/s", "p99 alone, ms", "p99 beside, ms", "ratio (95 %)", "loads meanwhile",
                    "beside an idle copier"), rows)
