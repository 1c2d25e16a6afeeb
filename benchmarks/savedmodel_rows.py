# SPDX-License-Identifier: Apache-2.0
"""SavedModels: what converting and loading takes, and how fast the converted model is against the same network that
was never one (benchmarks/models/savedmodel_models.py)."""
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy

from harness import Failed, Server, markdown, number, run_json, say, spread
from many_models import EXPLICIT, SETTLING_S, Client, mib

for folder in ("tests/savedmodel", "benchmarks/models"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / folder))
import saved_model as sm  # noqa: E402: of the folders above
import savedmodel_models  # noqa: E402

FLOAT = sm.Type(1)
ROUNDS = 3


def variable(name):
    return [sm.node(name, "VarHandleOp", dtype=FLOAT, shared_name=name),
            sm.node("read_" + name, "ReadVariableOp", [name], dtype=FLOAT)]


def weights(layers, dims, scale):
    """Others in each layer: the runtime keeps the same ones once."""
    chance = numpy.random.default_rng(1)
    return {f"w{i}": (chance.standard_normal(dims) / scale).astype(numpy.float32) for i in range(layers)}


def write_matrices(folder, layers):
    """Layers of 1,600 x 1,600."""
    nodes, last = [sm.placeholder("x", numpy.float32, (-1, 1600))], "x"
    for i in range(layers):
        nodes += variable(f"w{i}")
        nodes += [sm.node(f"m{i}", "MatMul", [last, f"read_w{i}"], T=FLOAT, transpose_a=False, transpose_b=False),
                  sm.node(f"r{i}", "Relu", [f"m{i}"], T=FLOAT)]
        last = f"r{i}"
    signature = sm.signature({"x": ("x:0", 1, (-1, 1600))}, {"y": (last + ":0", 1, (-1, 1600))})
    model = sm.saved_model(sm.meta_graph(nodes, {"serving_default": signature}))
    return sm.write(folder, model, weights(layers, (1600, 1600), 40))


def write_filters(folder, layers):
    """Convolutions of 512 channels, 3 x 3."""
    dims = (-1, 14, 14, 512)
    nodes, last = [sm.placeholder("x", numpy.float32, dims)], "x"
    for i in range(layers):
        nodes += variable(f"w{i}")
        nodes += [sm.node(f"c{i}", "Conv2D", [last, f"read_w{i}"], T=FLOAT, strides=[1, 1, 1, 1], padding="SAME",
                          data_format="NHWC", dilations=[1, 1, 1, 1]),
                  sm.node(f"r{i}", "Relu", [f"c{i}"], T=FLOAT)]
        last = f"r{i}"
    signature = sm.signature({"x": ("x:0", 1, dims)}, {"y": (last + ":0", 1, dims)})
    model = sm.saved_model(sm.meta_graph(nodes, {"serving_default": signature}))
    return sm.write(folder, model, weights(layers, (3, 3, 512, 512), 68))


def status_of(server, what):
    for line in open(f"/proc/{server.process.pid}/status", encoding="ascii"):
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) << 10
    raise Failed(f"/proc/{server.process.pid}/status has no {what}")


def load_once(setup, base):
    """Milliseconds of the conversion and of all; bytes that the server grew by at most, and once it has settled."""
    with Server(setup, [base], *EXPLICIT, wait_for="live") as server:
        client = Client(server)
        empty = status_of(server, "VmRSS")
        Path(f"/proc/{server.process.pid}/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
        began = time.perf_counter()
        client.load(base.name)
        took_ms = (time.perf_counter() - began) * 1000
        peak = status_of(server, "VmHWM") - empty
        time.sleep(1 if setup.quick else SETTLING_S)
        kept = status_of(server, "VmRSS") - empty
        log = server.log_path.read_text(errors="replace")
    converted = re.search(r"SavedModel converted.*?\bms\"?[=:]\s*(\d+)", log)
    if not converted:
        raise Failed(f"the server's log does not tell how long the conversion took:\n{log[-1000:]}")
    return int(converted[1]), took_ms, peak, kept


def loading_table(setup):
    rows = []
    for name, write, layers in (("matrices", write_matrices, 10), ("filters of convolutions", write_filters, 11)):
        base = setup.scratch / name.split()[0]
        say(f"writing a SavedModel of {name}")
        write(base / "1", 2 if setup.quick else layers)
        bytes_ = sum(path.stat().st_size for path in base.rglob("variables.data-*"))
        measured = [load_once(setup, base) for _ in range(1 if setup.quick else ROUNDS)]
        converted, took, peak, kept = zip(*measured)
        rows.append((name, mib(bytes_), spread(converted), spread(took), spread([p / bytes_ for p in peak]),
                     spread([k / bytes_ for k in kept])))
    return markdown("Loading a SavedModel: growth of an empty server's RSS, by the size of the variables",
                    ("variables", "MiB", "converted, ms", "loaded, ms", "peak", "afterwards"), rows)


def speed_table(setup):
    rows = []
    for name in savedmodel_models.NETWORKS:
        say(f"{name}, as a SavedModel and as ONNX")
        base, onnx = savedmodel_models.write(name, setup.scratch)
        converted = setup.scratch / f"{name}-converted.onnx"
        subprocess.run([setup.program("trireme"), "convert", str(base), str(converted)], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)
        measured = [run_json([setup.program("bare_onnx"), str(converted), "--against", str(onnx), "--seconds",
                              "1" if setup.quick else "6"], timeout_s=60)
                    for _ in range(1 if setup.quick else ROUNDS)]
        rows.append((name, number(statistics.median(one["other_p50_ms"] for one in measured)),
                     number(statistics.median(one["p50_ms"] for one in measured)),
                     spread([one["speed"] for one in measured])))
    return markdown("A converted SavedModel against the same network written as ONNX, one thread, in turn",
                    ("network", "ONNX, ms", "converted, ms", "speed of the converted"), rows)


def run(setup):
    yield loading_table(setup)
    yield speed_table(setup)
