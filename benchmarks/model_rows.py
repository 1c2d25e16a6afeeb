# SPDX-License-Identifier: Apache-2.0
"""Real models behind the server against the bare runtime in process: rounds of both, alternated, so that whatever else
the machine does meets both alike. Ratios are made within a round."""
import os
import statistics
from dataclasses import dataclass, field

from harness import Failed, Server, load, markdown, run_json, say, spread

MODELS = ("mobilenet_v3_large", "resnet50")
ROUNDS = 3
SECONDS = 3.0
CONNECTIONS = (1, 16)


@dataclass
class Numbers:
    """One arrangement's values, one a round; by connections for the server."""

    per_second: dict = field(default_factory=dict)
    p50_ms: dict = field(default_factory=dict)

    def add(self, connections, per_second, p50_us):
        self.per_second.setdefault(connections, []).append(per_second)
        self.p50_ms.setdefault(connections, []).append(p50_us / 1000)


def find_model(setup, name):
    """benchmarks/models/make_models.py leaves NAME.onnx or NAME/VERSION/model.onnx."""
    if setup.models is None:
        raise Failed("where are the models? --models FOLDER or TRIREME_BENCHMARK_MODELS, made by make_models.py")
    found = [*setup.models.glob(f"**/{name}.onnx"), *setup.models.glob(f"**/{name}/*/model.onnx")]
    if not found:
        raise Failed(f"there is no {name} in {setup.models}")
    return found[0]


def arrangements(cpus):
    """Flags of the server by name; callers and threads of the bare runtime by name."""
    server = {"as it comes": (), f"1 instance x {cpus} threads": ("--instances", "1", "--threads", str(cpus)),
              f"{cpus} instances x 1 thread": ("--instances", str(cpus), "--threads", "1")}
    bare = {f"1 caller x {cpus} threads": (1, cpus), f"{cpus} callers x 1 thread": (cpus, 1)}
    return server, bare


def bare_round(setup, model, callers, threads):
    seconds = 1 if setup.quick else SECONDS
    return run_json([setup.program("bare_onnx"), str(model), "--callers", str(callers), "--threads", str(threads),
                     "--seconds", str(seconds)], timeout_s=seconds + 60)


def served_name(model):
    return model.stem if model.stem != "model" else model.parent.parent.name


def server_round(setup, model, flags, numbers):
    with Server(setup, [model if model.stem != "model" else model.parent.parent], *flags) as server:
        for connections in CONNECTIONS:
            report = load(setup, server, served_name(model), connections=connections,
                          seconds=12 if setup.quick else SECONDS, windows=1)
            numbers.add(connections, report["requests_per_second"]["median"], report["latency_us"]["p50"])


def measure(setup, name):
    model = find_model(setup, name)
    server_flags, bare_callers = arrangements(os.cpu_count())
    server = {arrangement: Numbers() for arrangement in server_flags}
    bare = {arrangement: Numbers() for arrangement in bare_callers}
    rounds = 1 if setup.quick else ROUNDS
    for number in range(1, rounds + 1):
        for arrangement, (callers, threads) in bare_callers.items():
            say(f"{name}, round {number} of {rounds}: bare, {arrangement}")
            report = bare_round(setup, model, callers, threads)
            bare[arrangement].add(callers, report["items_per_second"], report["p50_us"])
        for arrangement, flags in server_flags.items():
            say(f"{name}, round {number} of {rounds}: server, {arrangement}")
            server_round(setup, model, flags, server[arrangement])
    return server, bare


def best_per_round(bare):
    """Of each round the most items a second, and the lowest p50 of a single caller."""
    rates = [values for numbers in bare.values() for values in numbers.per_second.values()]
    single = next(iter(bare.values())).p50_ms[1]
    return [max(values) for values in zip(*rates)], single


def ratios(values, reference):
    return [value / against for value, against in zip(values, reference)]


def table(name, server, bare):
    best_rate, best_p50 = best_per_round(bare)
    rows = []
    for arrangement, numbers in bare.items():
        (callers, rates), = numbers.per_second.items()
        rows.append((f"bare, {arrangement}", spread(rates), "", spread(numbers.p50_ms[callers]), ""))
    for arrangement, numbers in server.items():
        for connections in CONNECTIONS:
            rates, p50 = numbers.per_second[connections], numbers.p50_ms[connections]
            rows.append((f"server, {arrangement}, connections: {connections}", spread(rates),
                         f"{statistics.median(ratios(rates, best_rate)):.2f}", spread(p50),
                         f"{statistics.median(ratios(p50, best_p50)):.2f}" if connections == 1 else ""))
    return markdown(f"{name} against the bare runtime",
                    ("arrangement", "items/s", "of bare's best", "p50, ms", "of one caller's"), rows)


def run(setup):
    for name in MODELS:
        yield table(name, *measure(setup, name))
