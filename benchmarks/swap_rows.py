# SPDX-License-Identifier: Apache-2.0
"""Models that change under load: whether a request is lost, and how long a large one keeps its first caller waiting."""
import json
import os
import shutil
import signal
import statistics
import struct
import subprocess
import time

from harness import Failed, Server, markdown, number, run_json, say, spread
from many_models import EXPLICIT, Client, write_model
from model_rows import find_model

SWAPS = 1000
CALLERS = 4
PATIENCE_S = 30


def write_constant(path, value):
    """A model that adds a number: its answers say which one they come from."""
    import numpy
    from onnx import TensorProto, helper, numpy_helper

    constant = numpy_helper.from_array(numpy.array([value], numpy.float32), "number")
    floats = ["n", 16]
    write_model(path, [helper.make_node("Add", ["x", "number"], ["y"])], [constant], [("x", TensorProto.FLOAT, floats)],
                [("y", TensorProto.FLOAT, floats)])


class Publisher:
    """A model in a repository, and its next states; each appears by a rename, as a whole."""

    def __init__(self, repository):
        self.folder, self.hidden = repository / "counter", repository.parent / "unpublished"
        self.version, self.value = 0, 0
        self.folder.mkdir(parents=True)
        self.new_version()

    def _prepare(self):
        self.value += 1
        shutil.rmtree(self.hidden, ignore_errors=True)
        self.hidden.mkdir()
        write_constant(self.hidden / "model.onnx", self.value)

    def new_version(self):
        """The one before stays beside it, as whoever publishes with care would leave it."""
        self._prepare()
        self.version += 1
        os.rename(self.hidden, self.folder / str(self.version))
        shutil.rmtree(self.folder / str(self.version - 2), ignore_errors=True)

    def replace_version(self):
        self._prepare()
        os.replace(self.hidden / "model.onnx", self.folder / str(self.version) / "model.onnx")


def answer_of(client, request):
    """The number that the model adds: the elements end the body."""
    return int(struct.unpack_from("<f", client.ask("counter", request)[-4:])[0])


def wait_until_it_answers(client, request, value):
    """Seconds until the answer is of the newest state."""
    began = time.perf_counter()
    while answer_of(client, request) != value:
        if time.perf_counter() - began > PATIENCE_S:
            raise Failed(f"the model answers {answer_of(client, request)} after {PATIENCE_S} s: expected {value}")
        time.sleep(0.002)
    return time.perf_counter() - began


class Callers:
    """`trireme bench` for as long as it is entered; what it counted."""

    def __init__(self, setup, server, client):
        self.client = client
        self.command = [setup.program("trireme"), "bench", server.url, "--json", "--model", "counter", "--connections",
                        str(CALLERS), "--warm-up", "0ms", "--windows", "1", "--window", "1h"]
        self.report = None

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        began = time.perf_counter()
        while self.client.metric("nv_inference_request_success") < 100:
            if self.process.poll() is not None or time.perf_counter() - began > PATIENCE_S:
                raise Failed("the callers did not begin")
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        try:
            said, _ = self.process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise Failed("the callers did not stop") from None
        self.report = json.loads(said)


def swap(setup, flags, publish, times):
    """Publishes so many states under load: seconds each until it answered, and the callers' report."""
    repository = setup.scratch / "swaps"
    shutil.rmtree(repository, ignore_errors=True)
    publisher, seconds = Publisher(repository), []
    is_asked = flags == EXPLICIT
    with Server(setup, [repository], *flags, *(("--load-model=counter",) if is_asked else ())) as server:
        client = Client(server)
        request = client.request_for("counter", 1)
        with Callers(setup, server, client) as callers:
            for _ in range(times):
                began = time.perf_counter()
                publish(publisher)
                if is_asked:
                    client.load("counter")
                wait_until_it_answers(client, request, publisher.value)
                seconds.append(time.perf_counter() - began)
    return seconds, callers.report


def swap_table(setup):
    kinds = (("a new version", Publisher.new_version), ("the same version replaced", Publisher.replace_version))
    ways = (("asked for", EXPLICIT, 10 if setup.quick else SWAPS // 2), ("watched", (), 1 if setup.quick else 50))
    rows = []
    for way, flags, times in ways:
        for kind, publish in kinds:
            say(f"{times} swaps, {kind}, {way}")
            seconds, report = swap(setup, flags, publish, times)
            rows.append((f"{kind}, {way}", times, f"{report['requests']:,}", report["failed"],
                         spread([second * 1000 for second in seconds]), number(report["latency_us"]["p99"] / 1000)))
    return markdown(f"Hot swaps under {CALLERS} callers",
                    ("what is published", "swaps", "requests", "failed", "until it answers, ms",
                     "p99 of the requests, ms"), rows)


def first_answer_ms(client, request, name):
    """Loads a model that is not in memory, and asks it: what the first caller waits for."""
    client.unload(name)
    began = time.perf_counter()
    client.load(name)
    client.ask(name, request)
    return (time.perf_counter() - began) * 1000


def cold_table(setup):
    """A model that comes back, and one whose file the server has not seen, beside the bare runtime's load and run."""
    model = setup.scratch / "cold" / "resnet50.onnx"
    model.parent.mkdir()
    shutil.copyfile(find_model(setup, "resnet50"), model)
    times = 2 if setup.quick else 15
    bare, again, run = [], [], []
    kinds = {"that was here before": [], "that is new": []}
    with Server(setup, [model], *EXPLICIT, "--load-model=resnet50") as server:
        client = Client(server)
        request = client.request_for("resnet50", 1)
        client.ask("resnet50", request)
        for i in range(times):
            say(f"cold start {i + 1} of {times}")
            for kind, cold in kinds.items():
                if kind == "that is new":
                    model.touch()  # its content is not looked at to find out
                cold.append(first_answer_ms(client, request, "resnet50"))
            told = run_json([setup.program("bare_onnx"), str(model), "--loads", "2"], timeout_s=60)
            # The process's first load gets its memory from the system, as a server does that gave it back.
            bare.append(told["load_ms"][0])
            again.append(told["load_ms"][1])
            run.append(told["first_run_ms"][0])
    rows = []
    for kind, cold in kinds.items():
        ratios = [ours / theirs for ours, theirs in zip(cold, bare)]
        both = [ours / sum(theirs) for ours, *theirs in zip(cold, bare, run)]
        rows.append((f"a model {kind}", spread(cold), spread(bare), spread(again), spread(run),
                     f"{statistics.median(ratios):.2f}", f"{statistics.median(both):.2f}"))
    return markdown("ResNet50 (102 MB) from cold: until the first answer",
                    ("of", "first answer, ms", "bare: load, ms", "bare: load once more, ms", "bare: first run, ms",
                     "of bare's load", "of load and first run"), rows)


def run(setup):
    yield swap_table(setup)
    yield cold_table(setup)
