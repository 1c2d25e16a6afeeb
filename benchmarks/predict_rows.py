# SPDX-License-Identifier: Apache-2.0
"""`trireme predict` on a gigabyte of CSV and the same rows as Parquet, against what it is made of: DuckDB's scan of the file
and the model on rows that are there already, one behind the other in rounds."""
import json
import os
import random
import statistics
import struct
import subprocess
import sys

from harness import Failed, markdown, say, spread

COLUMNS = 28
ROWS = 5_000_000  # 28 columns of four decimals: about a gigabyte
TREES, DEPTH = 500, 6

# A process of its own takes the measure: a child's peak is counted from its parent's size when it was born.
MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(done.stdout, end="")
sys.exit(done.returncode)
"""


def write_trees(path):
    """An ensemble as gradient boosting makes them, with made-up thresholds: whole trees of one depth."""
    from onnx import TensorProto, helper

    chance = random.Random(5)
    inner = 2**DEPTH - 1
    nodes = {key: [] for key in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")}
    targets = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}
    for tree in range(TREES):
        for at in range(2 * inner + 1):
            leaf = at >= inner
            entry = (tree, at, 0 if leaf else chance.randrange(COLUMNS), 0.0 if leaf else chance.uniform(-3, 3),
                     "LEAF" if leaf else "BRANCH_LT", 0 if leaf else 2 * at + 1, 0 if leaf else 2 * at + 2)
            for key, value in zip(nodes, entry):
                nodes[key].append(value)
            if leaf:
                for key, value in zip(targets, (tree, at, 0, chance.uniform(-0.1, 0.1))):
                    targets[key].append(value)
    attributes = {f"nodes_{key}": value for key, value in nodes.items()}
    attributes |= {f"target_{key}": value for key, value in targets.items()}
    ensemble = helper.make_node("TreeEnsembleRegressor", ["features"], ["score"], domain="ai.onnx.ml", n_targets=1,
                                post_transform="NONE", **attributes)
    graph = helper.make_graph([ensemble], "trees",
                              [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", COLUMNS])],
                              [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", 1])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)])
    model.ir_version = 8
    path.write_bytes(model.SerializeToString())


def write_linear(path):
    """A model that costs next to nothing: what is left is everything else."""
    from onnx import TensorProto, helper

    weights = helper.make_tensor("w", TensorProto.FLOAT, [COLUMNS, 1], [0.1 * i for i in range(COLUMNS)])
    graph = helper.make_graph([helper.make_node("MatMul", ["features", "w"], ["score"])], "linear",
                              [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", COLUMNS])],
                              [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", 1])], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    path.write_bytes(model.SerializeToString())


def write_array(path, rows):
    """The same kind of rows as one array, in pieces."""
    import numpy

    chance = numpy.random.default_rng(7)
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {COLUMNS}), }}"
    room = 128 - 10
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", room) + head.ljust(room - 1).encode() + b"\n")
        for first in range(0, rows, 1 << 18):
            piece = min(1 << 18, rows - first)
            file.write(chance.uniform(-3, 3, (piece, COLUMNS)).astype("<f4").tobytes())


def run_tool(*command):
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, timeout=1200)
    if done.returncode != 0:
        raise Failed(f"{command[0]} ended with {done.returncode}")
    return done.stdout


def scan(setup, file):
    """Rows a second of DuckDB's sums of all columns, with all processors."""
    seconds, rows = run_tool(setup.program("scan_table"), "scan", file, len(os.sched_getaffinity(0))).split()
    return int(rows) / float(seconds)


def predict(setup, model, source, output):
    """Rows a second, and the peak of memory in bytes."""
    told = run_tool(sys.executable, "-c", MEASURE, setup.program("trireme"), "predict", model, source, "-o", output,
                    "--json")
    peak, summary = told.split("\n", 1)
    output.unlink()
    return json.loads(summary)["rows_per_second"], int(peak) << 10


def run(setup):
    rows = 100_000 if setup.quick else ROWS
    rounds = 1 if setup.quick else 3
    folder = setup.scratch
    csv, parquet, array = folder / "rows.csv", folder / "rows.parquet", folder / "rows.npy"
    say("writing the tables")
    for file in (csv, parquet):
        run_tool(setup.program("scan_table"), "make", file, rows, COLUMNS)
    write_array(array, rows)
    models = [(f"{TREES} trees of depth {DEPTH}", folder / "trees.onnx"), ("a linear model", folder / "linear.onnx")]
    write_trees(models[0][1])
    write_linear(models[1][1])
    lines = []
    for what, model in models:
        for file, output in ((csv, folder / "scores.csv"), (parquet, folder / "scores.parquet")):
            scans, alone, both, peaks = [], [], [], []
            for turn in range(rounds):
                say(f"{what}, {file.name}, round {turn + 1} of {rounds}")
                scans.append(scan(setup, file))
                alone.append(predict(setup, model, array, folder / "scores.npy")[0])
                rate, peak = predict(setup, model, file, output)
                both.append(rate)
                peaks.append(peak / 2**20)
            slower = min(statistics.median(scans), statistics.median(alone))
            in_turn = 1 / (1 / statistics.median(scans) + 1 / statistics.median(alone))
            lines.append((what, f"{file.suffix[1:]}, {os.path.getsize(file) / 2**20:,.0f} MiB", spread(scans), spread(alone),
                          spread(both), f"{statistics.median(both) / slower:.2f}", f"{statistics.median(both) / in_turn:.2f}",
                          spread(peaks)))
    yield markdown("Offline scoring", ("model", "file", "DuckDB's scan, rows/s", "array to array, rows/s", "predict, rows/s",
                                       "of the slower", "of one behind the other", "peak memory, MiB"), lines)
