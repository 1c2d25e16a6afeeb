# SPDX-License-Identifier: Apache-2.0
"""SavedModels as they lie: base paths, single folders, Triton's layout; `check` and `convert`."""
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy

from serving import ServingTest
from trireme import wait_until

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "savedmodel"))
import saved_model as sm  # noqa: E402: of the folder above

FLOAT = sm.Type(1)


def affine(folder, factor, *, extra=()):
    """x * a + b, with both as variables; and a second signature."""
    nodes = [sm.placeholder("x", numpy.float32, (-1, 3)), sm.node("a", "VarHandleOp", dtype=FLOAT, shared_name="a"),
             sm.node("b", "VarHandleOp", dtype=FLOAT, shared_name="b"),
             sm.node("ra", "ReadVariableOp", ["a"], dtype=FLOAT),
             sm.node("rb", "ReadVariableOp", ["b"], dtype=FLOAT), sm.node("mul", "Mul", ["x", "ra"], T=FLOAT),
             sm.node("y", "AddV2", ["mul", "rb"], T=FLOAT), *extra]
    rows = (-1, 3)
    signatures = {"serving_default": sm.signature({"x": ("x:0", 1, rows)}, {"y": ("y:0", 1, rows)}),
                  "product": sm.signature({"x": ("x:0", 1, rows)}, {"z": ("mul:0", 1, rows)})}
    if extra:
        signatures["serving_default"] = sm.signature({"x": ("x:0", 1, rows)}, {"y": ("fancy:0", 1, rows)})
    variables = {"a": numpy.full(3, factor, numpy.float32), "b": numpy.ones(3, numpy.float32)}
    return sm.write(folder, sm.saved_model(sm.meta_graph(nodes, signatures)), variables)


class SavedModels(ServingTest):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root, True)

    def infer(self, server, model, value=2.0):
        body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [value] * 3}]}
        answer = server.ask("POST", f"/v2/models/{model}/infer", json.dumps(body).encode())
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)["outputs"][0]

    def test_are_served_wherever_they_lie(self):
        affine(self.root / "base" / "1", 10)
        affine(self.root / "base" / "2", 20)
        affine(self.root / "flat", 30)
        affine(self.root / "triton" / "1" / "model.savedmodel", 40)
        affine(self.root / "other" / "1", 50)
        (self.root / "other" / "config.pbtxt").write_text(
            'platform: "tensorflow_savedmodel"\nparameters { key: "signature" value { string_value: "product" } }\n')
        with self.serve(self.root) as server:
            for model, name, expected in [("base", "y", 41), ("flat", "y", 61), ("triton", "y", 81),
                                          ("other", "z", 100)]:
                output = self.infer(server, model)
                self.assertEqual((output["name"], output["data"]), (name, [expected] * 3), model)
            metadata = json.loads(server.ask("GET", "/v2/models/base").body)
            self.assertEqual(metadata["platform"], "tensorflow_savedmodel")
            self.assertEqual(metadata["inputs"], [{"name": "x", "datatype": "FP32", "shape": [-1, 3]}])
        for path in (self.root / "base", self.root / "flat", self.root / "flat" / "saved_model.pb"):
            with self.serve(path) as server:
                self.assertEqual(self.infer(server, "base" if path.name == "base" else "flat")["name"], "y")

    def test_leave_nothing_in_the_folder_for_temporary_files(self):
        affine(self.root / "m" / "1", 10)
        folder = self.root / "tmp"
        folder.mkdir()
        with self.serve(self.root / "m", environment={"TMPDIR": str(folder)}) as server:
            self.assertEqual(self.infer(server, "m")["data"][0], 21)
            self.assertEqual(list(folder.iterdir()), [])

    def test_are_served_without_such_a_folder(self):
        affine(self.root / "m" / "1", 10)
        with self.serve(self.root / "m", environment={"TMPDIR": str(self.root / "none")}) as server:
            self.assertEqual(self.infer(server, "m")["data"][0], 21)

    def test_are_followed_when_their_variables_change(self):
        affine(self.root / "m" / "1", 10)
        with self.serve(self.root) as server:
            self.assertEqual(self.infer(server, "m")["data"][0], 21)
            affine(self.root / "m" / "2", 30)
            wait_until(lambda: self.infer(server, "m")["data"][0] == 61, "the newer version answers")

    def test_are_checked_and_told_what_is_missing(self):
        affine(self.root / "good" / "1", 10)
        affine(self.root / "bad" / "1", 10,
               extra=(sm.node("decode", "DecodeJpeg", ["y"]), sm.node("fancy", "Fancy", ["decode"])))
        affine(self.root / "cut" / "1", 10)
        data = self.root / "cut" / "1" / "variables" / "variables.data-00000-of-00001"
        data.write_bytes(data.read_bytes()[:-1])
        affine(self.root / "spoilt" / "1", 10)
        data = self.root / "spoilt" / "1" / "variables" / "variables.data-00000-of-00001"
        data.write_bytes(data.read_bytes()[:-1] + b"\xff")
        result = self.run_trireme("check", "--json", self.root)
        self.assertEqual(result.returncode, 1, result.stderr)
        models = {model["name"]: model for model in json.loads(result.stdout)["models"]}
        self.assertTrue(models["good"]["servable"])
        bad = json.dumps(models["bad"])
        self.assertIn("DecodeJpeg (node 'decode')", bad)
        self.assertIn("Fancy (node 'fancy')", bad)
        self.assertIn("signature 'serving_default'", bad)
        self.assertIn("entry 'b': it should lie in variables/variables.data-00000-of-00001 from byte 12",
                      json.dumps(models["cut"]))
        self.assertIn("variables.data-00000-of-00001: entry 'b': its bytes do not have the checksum",
                      json.dumps(models["spoilt"]))

    def test_are_written_as_onnx(self):
        affine(self.root / "m" / "1", 10)
        output = self.root / "out" / "m.onnx"
        output.parent.mkdir()
        for path in (self.root / "m", self.root / "m" / "1", self.root / "m" / "1" / "saved_model.pb"):
            result = self.run_trireme("convert", path, output)
            self.assertEqual(result.returncode, 0, result.stderr)
            shutil.rmtree(self.root / "moved", True)
            (self.root / "moved").mkdir()
            output.rename(self.root / "moved" / "m.onnx")  # it needs nothing beside it
            with self.serve(self.root / "moved" / "m.onnx") as server:
                self.assertEqual(self.infer(server, "m")["data"], [21] * 3)
        result = self.run_trireme("convert", self.root / "m", output, "--signature", "none")
        self.assertEqual(result.returncode, 1)
        self.assertIn("there is no signature 'none': there is 'product', 'serving_default'", result.stderr)
        self.assertFalse(output.exists())
        result = self.run_trireme("convert", self.root / "m", self.root / "none" / "m.onnx")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"none/m\.onnx' cannot be written: expected a folder '.*/none', found no such folder")
        output.write_bytes(b"mine")
        result = self.run_trireme("convert", self.root / "m", output)
        self.assertEqual(result.returncode, 1)
        self.assertIn("is there already: --force writes over it", result.stderr)
        self.assertEqual(output.read_bytes(), b"mine")
        self.assertEqual(self.run_trireme("convert", self.root / "m", output, "--force").returncode, 0)
        self.assertNotEqual(output.read_bytes(), b"mine")
        graph = self.root / "m" / "1" / "saved_model.pb"
        before = graph.read_bytes()
        result = self.run_trireme("convert", self.root / "m", graph)
        self.assertEqual(result.returncode, 1)
        self.assertIn("expected a file outside of the model's folder", result.stderr)
        self.assertEqual(graph.read_bytes(), before)
        self.assertEqual(self.run_trireme("convert", self.root / "m").returncode, 2)
        result = self.run_trireme("convert", self.root / "m", "-o", self.root / "low.onnx", "--precision", "int8")
        self.assertEqual(result.returncode, 1)
        self.assertIn("nothing in the model can be lowered to int8: it has no matrix products", result.stderr)
