# SPDX-License-Identifier: Apache-2.0
"""What `trireme check` costs: it reads a model's structure, so a large one must take no more memory than a small one."""
import os
import subprocess
import sys
import time

from harness import Failed, markdown, number, say, spread

# A process of its own takes the measure: a child's peak is counted from its parent's size when it was born.
MEASURE = """
import os, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def write_large_model(path, matrices, side=4096):
    """A chain of matrix products in one file; the weights are zeros, which Debian's python3-onnx writes as they lie."""
    from onnx import TensorProto, helper

    weights = [helper.make_tensor(f"w{i}", TensorProto.FLOAT, [side, side], bytes(side * side * 4), raw=True)
               for i in range(matrices)]
    nodes = [helper.make_node("MatMul", [f"x{i}", f"w{i}"], [f"x{i + 1}"]) for i in range(matrices)]
    first, last = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", side]) for name in ("x0", f"x{matrices}"))
    model = helper.make_model(helper.make_graph(nodes, "chain", [first], [last], weights),
                              opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    path.write_bytes(model.SerializeToString())


def check(setup, path):
    """Seconds and peak bytes of one check."""
    began = time.perf_counter()
    told = subprocess.run([sys.executable, "-c", MEASURE, setup.program("trireme"), "check", str(path)], text=True,
                          stdout=subprocess.PIPE, check=True, timeout=120).stdout.split()
    if told[0] != "0":
        raise Failed(f"trireme check {path}: exit code {told[0]}")
    return time.perf_counter() - began, int(told[1]) << 10


def run(setup):
    small = setup.scratch / "small.onnx"
    write_large_model(small, matrices=1, side=16)
    large = setup.scratch / "large.onnx"
    say("writing a large model")
    write_large_model(large, matrices=2 if setup.quick else 16)
    rows = []
    for path in (small, large):
        say(f"checking {path.name}")
        results = [check(setup, path) for _ in range(1 if setup.quick else 5)]
        rows.append((f"{os.path.getsize(path) / 2**20:,.3f}", spread([bytes_ / 2**20 for _, bytes_ in results]),
                     spread([seconds * 1000 for seconds, _ in results])))
    yield markdown("Checking without loading", ("file, MiB", "peak memory, MiB", "took, ms"), rows)
