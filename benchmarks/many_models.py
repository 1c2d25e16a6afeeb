# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks of many models share: making models, asking a server to load them, looking at its memory."""
import http.client
import json
import re
import shutil
import subprocess
import time
from pathlib import Path

from harness import Failed

EXPLICIT = ("--model-control-mode", "explicit")
PATIENCE_S = 120
# What the server's allocator keeps for ten seconds, and the second in which it gives it back.
SETTLING_S = 13


def make_room(path, bytes_):
    free = shutil.disk_usage(path).free
    if free < bytes_ + 2**30:
        raise Failed(f"{path} has {free >> 20:,} MiB left: expected {(bytes_ >> 20) + 1024:,}")


def copies(setup, model, count):
    """A folder of copies that differ in their weights; the names of what it serves."""
    folder = setup.scratch / f"copies-of-{model.stem}"
    folder.mkdir(exist_ok=True)
    make_room(folder, count * model.stat().st_size)
    subprocess.run([setup.program("copy_model"), str(model), str(folder), str(count)], check=True, timeout=600)
    return folder, sorted(path.stem for path in folder.iterdir())[:count]


def write_layers(path, width, seed=1, layers=1):
    """A small network of layers width x width, float32 [n, width] in and out, with random weights."""
    import numpy
    from onnx import TensorProto, helper, numpy_helper

    chance = numpy.random.default_rng(seed)
    values = (chance.standard_normal((layers, width, width)) / width**0.5).astype(numpy.float32)
    weights = [numpy_helper.from_array(layer, f"w{i}") for i, layer in enumerate(values)]
    nodes = [helper.make_node("MatMul", [f"x{i}", f"w{i}"], [f"x{i + 1}"]) for i in range(layers)]
    write_model(path, nodes, weights, [("x0", TensorProto.FLOAT, ["n", width])],
                [(f"x{layers}", TensorProto.FLOAT, ["n", width])])
    return path


def write_model(path, nodes, constants, inputs, outputs):
    from onnx import helper

    graph = helper.make_graph(nodes, "graph", [helper.make_tensor_value_info(*one) for one in inputs],
                              [helper.make_tensor_value_info(*one) for one in outputs], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    Path(path).write_bytes(model.SerializeToString())


class Client:
    """Asks a server, one thing after the other on one connection. Not for several threads."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)

    def call(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body, headers or {})
        answer = self.connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise Failed(f"{method} {path}: {answer.status} {said[:300].decode(errors='replace')}")
        return said

    def load(self, name):
        self.call("POST", f"/v2/repository/models/{name}/load")

    def unload(self, name):
        self.call("POST", f"/v2/repository/models/{name}/unload")

    def metric(self, name):
        """The sum of a metric's samples, or the sample whose labels are named too; None if there are none."""
        labels = "" if "{" in name else r"(?:\{[^}]*\})?"
        pattern = re.compile(rf"^{re.escape(name)}{labels} ([0-9.e+-]+)$", re.MULTILINE)
        found = pattern.findall(self.call("GET", "/metrics").decode())
        return sum(map(float, found)) if found else None

    def request_for(self, name, rows):
        """A body of zeros for a model of floats, and its headers."""
        inputs, tensors = [], b""
        for told in json.loads(self.call("GET", f"/v2/models/{name}"))["inputs"]:
            shape = [rows, *(max(dim, 1) for dim in told["shape"][1:])]
            size = 4
            for dim in shape:
                size *= dim
            if told["datatype"] != "FP32":
                raise Failed(f"{name}: expected inputs of FP32, found {told['datatype']}")
            inputs.append({"name": told["name"], "datatype": "FP32", "shape": shape,
                           "parameters": {"binary_data_size": size}})
            tensors += bytes(size)
        head = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
        return head + tensors, {"Inference-Header-Content-Length": str(len(head)),
                                "Content-Type": "application/octet-stream"}

    def ask(self, name, request):
        """One inference; `request` from request_for() of this model or one like it."""
        body, headers = request
        return self.call("POST", f"/v2/models/{name}/infer", body, headers)


def memory_of(server, what="Pss"):
    """Bytes of the server's memory, its share of what it shares with other processes."""
    for line in open(f"/proc/{server.process.pid}/smaps_rollup", encoding="ascii"):
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) << 10
    raise Failed(f"/proc/{server.process.pid}/smaps_rollup has no {what}")


def settled_memory(setup, server):
    """The same, once what was freed lately is back with the system."""
    time.sleep(1 if setup.quick else SETTLING_S)
    return memory_of(server)


def mib(bytes_):
    return f"{bytes_ / 2**20:,.1f}"


