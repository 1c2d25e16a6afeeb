# SPDX-License-Identifier: Apache-2.0
"""A TorchScript model behind the server against libtorch alone: rounds of both, alternated; processor time an item."""
import contextlib
import os
import statistics
import sys
from pathlib import Path

from harness import Server, load, markdown, run_json, say, spread

MODELS = {"mobilenet_v3_large": "1x3x224x224", "resnet50": "1x3x224x224"}
ROUNDS = 3
SECONDS = 5.0


def make_model(setup, name):
    sys.path.insert(0, str(Path(__file__).resolve().parent / "models"))
    from make_models import make_torchscript

    with contextlib.redirect_stdout(sys.stderr):  # which the tables go to
        return make_torchscript(name, setup.models or setup.scratch)


def bare_round(setup, model, shape, optimize):
    seconds = 1 if setup.quick else SECONDS
    return run_json([setup.program("bare_torch"), str(model), shape, "--callers", str(os.cpu_count()), "--optimize",
                     optimize, "--seconds", str(seconds)], timeout_s=seconds + 120)


def server_round(setup, name, model, shape):
    with Server(setup, [model]) as server:
        report = load(setup, server, name, connections=2 * os.cpu_count(), seconds=12 if setup.quick else SECONDS,
                      windows=1, shapes=("x=" + shape.replace("x", ","),))
        return report["requests_per_second"]["median"], report["server_cpu_us"]["median"]


def measure(setup, name, shape):
    model = make_model(setup, name)
    rows = {}
    for number in range(1, (1 if setup.quick else ROUNDS) + 1):
        for optimize in ("plain", "ofi"):
            say(f"{name}, round {number}: bare, {optimize}")
            report = bare_round(setup, model, shape, optimize)
            rows.setdefault(f"bare, {optimize}", []).append((report["items_per_second"], report["cpu_us_per_item"]))
        say(f"{name}, round {number}: server")
        rows.setdefault("server", []).append(server_round(setup, name, model, shape))
    return rows


def table(name, rows):
    best = min(statistics.median(cpu for _, cpu in values) for key, values in rows.items() if key != "server")
    return markdown(f"{name} (TorchScript) against libtorch alone",
                    ("arrangement", "items/s", "CPU us an item", "of bare's best"),
                    [(key, spread([rate for rate, _ in values]), spread([cpu for _, cpu in values]),
                      f"{statistics.median(cpu for _, cpu in values) / best:.2f}") for key, values in rows.items()])


def run(setup):
    for name, shape in MODELS.items():
        yield table(name, measure(setup, name, shape))
