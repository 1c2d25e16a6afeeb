#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real graphs as SavedModels against what TensorFlow.js makes of them as they are, where tools/fetch_tfjs.sh and
tools/fetch_human_models.sh have put both: human_models_test.py RUN_SAVED_MODEL TF_MIN_JS MODELS [NAME...]

Without names, those that TensorFlow.js computes in a few seconds.
"""
import base64
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

import saved_model as sm
from runner import Runner, difference

SKIPPED = 77
TYPES = {"DT_FLOAT": 1, "DT_DOUBLE": 2, "DT_INT32": 3, "DT_UINT8": 4, "DT_STRING": 7, "DT_INT64": 9, "DT_BOOL": 10,
         "DT_HALF": 19, "DT_RESOURCE": 20, "DT_VARIANT": 21}
ELEMENTS = {"float32": np.float32, "int32": np.int32, "bool": np.bool_, "uint8": np.uint8, "float16": np.float16}
QUICK = ["age", "antispoof", "blazeface-back", "blazeface-front", "emotion", "facemesh-detection-short", "facemesh", "gear", "gender",
         "gender-ssrnet-imdb", "handlandmark-lite", "iris", "liveness", "meet", "mobileface", "movenet-lightning",
         "selfie"]
# What cannot be converted, and must be said of it.
REFUSED = {"faceboxes": "Exit", "handtrack": "TensorListStack", "nanodet": "SparseToDense", "rvm": "Merge"}


class TfjsModel:
    """A graph model of TensorFlow.js: NAME.json and NAME.bin."""

    def __init__(self, path):
        self.json = json.loads(path.read_text())
        self.nodes = self.json["modelTopology"]["node"]
        self.weights, self.specs = {}, []
        for group in self.json["weightsManifest"]:
            bytes_ = b"".join((path.parent / file).read_bytes() for file in group["paths"])
            at = 0
            for spec in group["weights"]:
                at = self.read_weight(spec, bytes_, at)

    def read_weight(self, spec, bytes_, at):
        how = spec.get("quantization")
        kind = ELEMENTS[how["dtype"] if how else spec["dtype"]]
        count = int(np.prod(spec["shape"]))
        stored = np.frombuffer(bytes_, kind, count, at)
        if how and how["dtype"] != "float16":
            values = stored.astype(np.float32) * np.float32(how["scale"]) + np.float32(how["min"])
            stored = np.round(values) if spec["dtype"] == "int32" else values
        value = stored.astype(ELEMENTS[spec["dtype"]]).reshape(spec["shape"])
        self.weights[spec["name"]] = value
        self.specs.append({"name": spec["name"], "shape": spec["shape"], "dtype": spec["dtype"]})
        return at + count * np.dtype(kind).itemsize

    def inputs(self):
        """Names; types and shapes, of which what is open is one."""
        found = {}
        for node in self.nodes:
            if node["op"] != "Placeholder":
                continue
            dims = node["attr"].get("shape", {}).get("shape", {}).get("dim", [])
            told = (self.json.get("signature") or {}).get("inputs", {})
            for key, info in told.items():
                if info["name"].split(":")[0] == node["name"] and "tensorShape" in info:
                    dims = info["tensorShape"].get("dim", [])
            kind = self.type(node["attr"].get("dtype", {}).get("type", "DT_FLOAT"))
            found[node["name"]] = kind, [max(int(dim.get("size", 0)), 1) for dim in dims]
        return found

    def outputs(self):
        told = (self.json.get("signature") or {}).get("outputs", {})
        if told:
            return sorted({info["name"].removesuffix(":0") for info in told.values()})
        taken = {name.split(":")[0].lstrip("^") for node in self.nodes for name in node.get("input", [])}
        return sorted(node["name"] for node in self.nodes if node["name"] not in taken)

    def oracle_wish(self, inputs, outputs):
        weights = b"".join(self.weights[spec["name"]].tobytes() for spec in self.specs)
        return {"topology": self.json["modelTopology"], "specs": self.specs,
                "weights": base64.b64encode(weights).decode(), "outputs": outputs,
                "inputs": {name: {"shape": value.shape, "data": value.ravel().tolist(), "dtype": value.dtype.name}
                           for name, value in inputs.items()}}

    def write(self, folder, outputs):
        nodes = [self.node(node) for node in self.nodes]
        inputs = {name: (name + ":0", kind, tuple(dims)) for name, (kind, dims) in self.inputs().items()}
        results = {f"output {i}": (name if ":" in name else name + ":0", 1, None) for i, name in enumerate(outputs)}
        signature = sm.signature(inputs, results)
        return sm.write(folder, sm.saved_model(sm.meta_graph(nodes, {"serving_default": signature})))

    def node(self, node):
        if node["op"] == "Const":
            value = self.weights[node["name"]]
            kind = node["attr"].get("dtype", {}).get("type")
            return sm.const(node["name"], value.astype(np.int64) if kind == "DT_INT64" else value)
        attributes = {key: self.attribute(value) for key, value in node.get("attr", {}).items()
                      if key not in ("_output_shapes", "_class")}
        attributes = {key: value for key, value in attributes.items() if value is not None}
        return sm.node(node["name"], node["op"], node.get("input", ()), **attributes)

    def attribute(self, value):
        kind, content = next(iter(value.items()), ("list", {}))
        if kind == "list":
            items = {"i": int, "s": base64.b64decode, "type": self.type, "shape": self.shape, "b": int}
            return [items[each](item) for each, listed in content.items() if each in items for item in listed]
        return {"s": base64.b64decode, "i": int, "f": float, "b": bool, "type": self.type, "shape": self.shape,
                "func": lambda _: None, "tensor": lambda _: None}[kind](content)

    @staticmethod
    def type(name):
        return sm.Type(name if isinstance(name, int) else TYPES.get(name, 1))

    @staticmethod
    def shape(content):
        return sm.Shape(int(dim.get("size", 0)) for dim in content.get("dim", []))


def ask_oracle(wish):
    node = subprocess.run(["node", str(Path(__file__).parent / "tfjs_oracle.js"), TFJS], input=json.dumps(wish),
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if node.returncode != 0:
        raise RuntimeError(f"TensorFlow.js: {node.stderr[-1500:]}")
    return json.loads(node.stdout)


class AsTheyWere(unittest.TestCase):
    def test_models(self):
        for name in NAMES:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                self.compare(TfjsModel(MODELS / f"{name}.json"), folder)

    def compare(self, model, folder):
        outputs = model.outputs()
        model.write(folder, outputs)
        chance = np.random.default_rng(7)
        inputs = {name: chance.uniform(0, 1, dims).astype(np.float32) if kind == TYPES["DT_FLOAT"] else
                  chance.integers(0, 256, dims, np.int32) for name, (kind, dims) in model.inputs().items()}
        answer = RUNNER.ask(folder, inputs)
        self.assertNotIn("error", answer, answer.get("error"))
        expected = ask_oracle(model.oracle_wish(inputs, outputs))
        for i, name in enumerate(outputs):
            array = np.array(expected[name]["data"], np.float32).reshape(expected[name]["shape"])
            got = answer["outputs"][f"output {i}"].astype(np.float32)
            # The tail of a sigmoid is not the same to the last digit anywhere.
            if got.shape != array.shape or np.abs(got - array).max() > 1e-6:
                self.assertLess(difference(got, array), 1e-4, name)

    def test_what_is_refused(self):
        for name, operator in REFUSED.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                model = TfjsModel(MODELS / f"{name}.json")
                model.write(folder, model.outputs())
                error = RUNNER.ask(folder).get("error", "")
                self.assertIn("signature 'serving_default': operators that cannot be converted", error)
                self.assertRegex(error, rf"\b{operator} \(node '")


if __name__ == "__main__":
    program, TFJS, models = sys.argv[1:4]
    MODELS, NAMES = Path(models), sys.argv[4:] or QUICK
    del sys.argv[1:]
    if not (Path(TFJS).exists() and MODELS.exists() and shutil.which("node")):
        print(f"skipped: there is no {TFJS}, no {MODELS}, or no node; tools/fetch_*.sh fetch the first two")
        sys.exit(SKIPPED)
    RUNNER = Runner(program)
    try:
        failed = not unittest.main(exit=False).result.wasSuccessful()
    finally:
        RUNNER.close()
    sys.exit(failed)
