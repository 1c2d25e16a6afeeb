#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""SavedModels against TensorFlow.js, where tools/fetch_tfjs.sh has put it: tfjs_test.py RUN_SAVED_MODEL TF_MIN_JS

The graphs are those of TRIREME_TEST_DATA, and one that is written here.
"""
import base64
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

import saved_model as sm
from runner import Runner, difference

SKIPPED = 77
TYPES = {1: ("DT_FLOAT", "float32", np.float32), 3: ("DT_INT32", "int32", np.int32), 9: ("DT_INT64", "int32", np.int64),
         10: ("DT_BOOL", "bool", np.bool_)}
RANDOM = np.random.default_rng(5)


# --- reading ----------------------------------------------------------------------------------------------------------

def fields(message):
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value - (1 << 64) if value >> 63 else value

    while at < len(message):
        tag = varint()
        kind = tag & 7
        if kind == 0:
            yield tag >> 3, varint()
        else:
            size = varint() if kind == 2 else 4 if kind == 5 else 8
            yield tag >> 3, message[at:at + size]
            at += size


def all_of(message, number):
    return [value for field, value in fields(message) if field == number]


def packed(bytes_):
    """Numbers that stand one behind the other, seven bits a byte."""
    numbers, value, shift = [], 0, 0
    for byte in bytes_:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(value - (1 << 64) if value >> 63 else value)
            value = shift = 0
    return numbers


def dims_of(shape):
    return [dict(fields(dim)).get(1, 0) for dim in all_of(shape, 2)]


def array_of(tensor):
    found = dict(fields(tensor))
    dtype, dims = TYPES[found[1]][2], dims_of(found.get(2, b""))
    if 4 in found:
        return np.frombuffer(found[4], dtype).reshape(dims)
    numbers = []
    for field, value in fields(tensor):
        if field == 5:
            numbers += struct.unpack(f"<{len(value) // 4}f", value)
        elif field in (7, 10, 11):
            numbers += [value] if isinstance(value, int) else packed(value)
    numbers = numbers or [0]
    return np.array((numbers + numbers[-1:] * int(np.prod(dims)))[:int(np.prod(dims))], dtype).reshape(dims)


def text(bytes_):
    return base64.b64encode(bytes_).decode()


def attribute(value):
    """An AttrValue as TensorFlow.js has it in JSON."""
    field, content = next(iter(fields(value)))
    if field == 1:
        items = list(fields(content))
        return {"list": {"s": [text(v) for f, v in items if f == 2], "i": [str(v) for f, v in items if f == 3],
                         "f": [struct.unpack("<f", v)[0] for f, v in items if f == 4]}}
    return {2: lambda: {"s": text(content)}, 3: lambda: {"i": str(content)},
            4: lambda: {"f": struct.unpack("<f", content)[0]}, 5: lambda: {"b": bool(content)},
            6: lambda: {"type": TYPES.get(content, ("DT_STRING",))[0]},
            7: lambda: {"shape": {"dim": [{"size": str(dim)} for dim in dims_of(content)]}}}[field]()


def graph_model(path):
    """Topology, weight specs and weights of a saved_model.pb that has no variables."""
    graph = all_of(all_of(path.read_bytes(), 2)[0], 2)[0]
    nodes, specs, weights = [], [], b""
    for message in all_of(graph, 1):
        found = {1: b"", 2: b"", **dict(fields(message))}
        node = {"name": found[1].decode(), "op": found[2].decode(),
                "input": [each.decode() for each in all_of(message, 3)], "attr": {}}
        for entry in all_of(message, 5):
            key, value = dict(fields(entry))[1].decode(), dict(fields(entry))[2]
            if key == "value":
                array = array_of(dict(fields(value))[8])
                kind = 9 if array.dtype == np.int64 else {v[2]: k for k, v in TYPES.items()}[array.dtype.type]
                specs.append({"name": node["name"], "shape": list(array.shape), "dtype": TYPES[kind][1]})
                weights += (array.astype(np.int32) if kind == 9 else array).tobytes()
                node["attr"]["dtype"] = {"type": TYPES[kind][0]}
                node["attr"]["value"] = {"tensor": {"dtype": TYPES[kind][0],
                                                    "tensorShape": {"dim": [{"size": str(d)} for d in array.shape]}}}
            elif key not in ("_output_shapes", "_class"):
                node["attr"][key] = attribute(value)
        nodes.append(node)
    return {"topology": {"node": nodes, "versions": {"producer": 1}}, "specs": specs, "weights": text(weights)}


def tensors_of(path, side):
    """Tensors of the first signature's inputs (1) or outputs (2), by key."""
    signature = dict(fields(all_of(all_of(path.read_bytes(), 2)[0], 5)[0]))[2]
    return {dict(fields(entry))[1].decode(): dict(fields(dict(fields(entry))[2]))[1].decode()
            for entry in all_of(signature, side)}


# --- comparing --------------------------------------------------------------------------------------------------------

class AsTensorflowJs(unittest.TestCase):
    def compare(self, folder, inputs, most=1e-4):
        file = Path(folder) / "saved_model.pb"
        names_in, names_out = tensors_of(file, 1), tensors_of(file, 2)
        wish = graph_model(file)
        wish["inputs"] = {names_in[key].split(":")[0]: {"shape": value.shape, "data": value.ravel().tolist()}
                          for key, value in inputs.items()}
        wish["outputs"] = [name.removesuffix(":0") for name in names_out.values()]
        node = subprocess.run(["node", str(Path(__file__).parent / "tfjs_oracle.js"), TFJS], input=json.dumps(wish),
                              text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(node.returncode, 0, node.stderr[-2000:])
        expected = json.loads(node.stdout)
        answer = RUNNER.ask(folder, inputs)
        self.assertNotIn("error", answer, answer.get("error"))
        for key, name in names_out.items():
            theirs = expected[name.removesuffix(":0")]
            array = np.array(theirs["data"], np.float32).reshape(theirs["shape"])
            self.assertLess(difference(answer["outputs"][key], array), most, f"{folder}: {key}")

    def test_a_graph_of_many_operators(self):
        def floats(*dims):
            return RANDOM.standard_normal(dims).astype(np.float32)

        ones, twos = [1, 1, 1, 1], [1, 2, 2, 1]
        nodes = [sm.placeholder("x", np.float32, (-1, 17, 13, 6)), sm.const("w", floats(3, 3, 6, 8)),
                 sm.const("b", floats(8)),
                 sm.const("d", floats(5, 5, 8, 1)), sm.const("p", floats(1, 1, 8)),
                 sm.const("size", np.int32([11, 20])),
                 sm.const("pads", np.int32([[0, 0], [1, 2], [0, 1], [0, 0]])), sm.const("sides", np.int32([1, 2])),
                 sm.const("three", np.int32(3)), sm.const("m", floats(16, 4)), sm.const("perm", np.int32([0, 3, 1, 2])),
                 sm.node("conv", "Conv2D", ["x", "w"], strides=twos, padding="SAME", data_format="NHWC", dilations=ones,
                         T=sm.Type(1)),
                 sm.node("bias", "BiasAdd", ["conv", "b"], data_format="NHWC", T=sm.Type(1)),
                 sm.node("prelu", "Prelu", ["bias", "p"], T=sm.Type(1)),
                 sm.node("depth", "DepthwiseConv2dNative", ["prelu", "d"], strides=ones, padding="SAME",
                         data_format="NHWC",
                         dilations=ones, T=sm.Type(1)),
                 sm.node("relu6", "Relu6", ["depth"], T=sm.Type(1)),
                 sm.node("sum", "AddV2", ["relu6", "prelu"], T=sm.Type(1)),
                 sm.node("cat", "ConcatV2", ["sum", "relu6", "three"], N=2, T=sm.Type(1), Tidx=sm.Type(3)),
                 sm.node("padded", "Pad", ["cat", "pads"], T=sm.Type(1)),
                 sm.node("pool", "MaxPool", ["padded"], ksize=[1, 3, 3, 1], strides=twos, padding="SAME",
                         data_format="NHWC", T=sm.Type(1)),
                 sm.node("mean", "Mean", ["pool", "sides"], keep_dims=False, T=sm.Type(1), Tidx=sm.Type(3)),
                 sm.node("logits", "MatMul", ["mean", "m"], transpose_a=False, transpose_b=False, T=sm.Type(1)),
                 sm.node("y", "Softmax", ["logits"], T=sm.Type(1)),
                 sm.node("big", "ResizeBilinear", ["pool", "size"], align_corners=False, half_pixel_centers=True,
                         T=sm.Type(1)),
                 sm.node("first", "Transpose", ["big", "perm"], T=sm.Type(1), Tperm=sm.Type(3)),
                 sm.node("z", "Tanh", ["first"], T=sm.Type(1))]
        signature = sm.signature({"x": ("x:0", 1, (-1, 17, 13, 6))}, {"y": ("y:0", 1, None), "z": ("z:0", 1, None)})
        with tempfile.TemporaryDirectory() as folder:
            sm.write(folder, sm.saved_model(sm.meta_graph(nodes, {"serving_default": signature})))
            self.compare(folder, {"x": floats(3, 17, 13, 6)})

    def test_zeros_around_a_maximum(self):
        """Of an image that has less than zero, where they count; of one that has not; and another number than zero."""
        pool = {"ksize": [1, 3, 3, 1], "strides": [1, 2, 2, 1], "padding": "VALID", "data_format": "NHWC",
                "T": sm.Type(1)}
        pads = np.int32([[0, 0], [1, 2], [2, 1], [0, 0]])
        nodes = [sm.placeholder("x", np.float32, (-1, 9, 12, 3)), sm.const("pads", pads),
                 sm.const("low", np.float32(-0.5)), sm.node("relu", "Relu", ["x"], T=sm.Type(1)),
                 sm.node("a", "Pad", ["x", "pads"], T=sm.Type(1)), sm.node("b", "Pad", ["relu", "pads"], T=sm.Type(1)),
                 sm.node("c", "PadV2", ["x", "pads", "low"], T=sm.Type(1)),
                 sm.node("y", "MaxPool", ["a"], **pool), sm.node("z", "MaxPool", ["b"], **pool),
                 sm.node("w", "MaxPool", ["c"], **pool)]
        signature = sm.signature({"x": ("x:0", 1, (-1, 9, 12, 3))}, {name: (name + ":0", 1, None) for name in "wyz"})
        with tempfile.TemporaryDirectory() as folder:
            sm.write(folder, sm.saved_model(sm.meta_graph(nodes, {"serving_default": signature})))
            x = -np.abs(RANDOM.standard_normal((2, 9, 12, 3))).astype(np.float32)
            x[1] *= -1
            self.compare(folder, {"x": x})
            self.assertEqual(RUNNER.ask(folder)["nodes"]["Pad"], 2)

    @unittest.skipUnless(os.environ.get("TRIREME_TEST_DATA"), "TRIREME_TEST_DATA names no folder of models")
    def test_real_graphs(self):
        models = Path(os.environ["TRIREME_TEST_DATA"]) / "savedmodel"
        self.compare(models / "blazeface/1", {"input:0": RANDOM.uniform(-1, 1, (1, 256, 256, 3)).astype(np.float32)})
        self.compare(models / "emotion/1", {"input_1:0": RANDOM.uniform(0, 1, (2, 64, 64, 1)).astype(np.float32)})


if __name__ == "__main__":
    program, TFJS = sys.argv[1:3]
    del sys.argv[1:3]
    if not (Path(TFJS).exists() and shutil.which("node")):
        print(f"skipped: there is no {TFJS}, or no node; tools/fetch_tfjs.sh {Path(TFJS).parent} fetches the one")
        sys.exit(SKIPPED)
    RUNNER = Runner(program)
    try:
        failed = not unittest.main(exit=False).result.wasSuccessful()
    finally:
        RUNNER.close()
    sys.exit(failed)
