# SPDX-License-Identifier: Apache-2.0
"""`convert --precision`: a model in int8 or FP16 is served like the one that it was made of, and answers nearly the same."""
import json

import numpy

import tiny_onnx as onnx
from serving import ServingTest

WIDTH = 128


def constant(weights, *, location=None):
    """A TensorProto, with its elements in it or in another file."""
    dims = b"".join(onnx.number(1, size) for size in weights.shape)
    elements = onnx.message(9, weights.tobytes())
    if location:
        elements = onnx.message(13, onnx.message(1, "location"), onnx.message(2, location)) + onnx.number(14, 1)
    return onnx.message(5, dims, onnx.number(2, onnx.FLOAT), onnx.message(8, "w"), elements)


def product(weights, **how):
    """A ModelProto: scores = x w."""
    graph = onnx.message(7, onnx.node("MatMul", ["x", "w"], "scores"), onnx.message(2, "product"),
                         constant(weights, **how), onnx.value_info(11, "x", "n", WIDTH),
                         onnx.value_info(12, "scores", "n", weights.shape[1]))
    return onnx.number(1, 8) + graph + onnx.message(8, onnx.number(2, 13))


class Precision(ServingTest):
    def setUp(self):
        self.root = self.folder()
        self.chance = numpy.random.default_rng(7)
        self.weights = self.chance.standard_normal((WIDTH, WIDTH), dtype=numpy.float32)
        self.model = self.root / "product.onnx"
        self.model.write_bytes(product(self.weights))

    def convert(self, *arguments, code=0):
        result = self.run_trireme("convert", *arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def assert_served(self, file, tolerance):
        row = self.chance.random((1, WIDTH), numpy.float32)
        body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, WIDTH], "data": row.ravel().tolist()}]}
        with self.serve(file) as server:
            answer = server.ask("POST", f"/v2/models/{file.stem}/infer", json.dumps(body).encode())
        self.assertEqual(answer.status, 200, answer)
        output = json.loads(answer.body)["outputs"][0]
        self.assertEqual((output["name"], output["datatype"], output["shape"]), ("scores", "FP32", [1, WIDTH]))
        expected = row @ self.weights
        difference = numpy.abs(numpy.array(output["data"]) - expected[0]).max() / numpy.abs(expected).max()
        self.assertLess(difference, tolerance)

    def test_lower_models_are_served(self):
        for precision, bytes_a_weight, tolerance in [("int8", 1, 0.02), ("fp16", 2, 0.005)]:
            with self.subTest(precision):
                output = self.root / f"{precision}.onnx"
                result = self.convert(self.model, "--precision", precision, "-o", output)
                before, after = self.model.stat().st_size, output.stat().st_size
                self.assertIn(f"{output}: {after} bytes, from {before}\n  in {precision}: 1 MatMul\n", result.stdout)
                self.assertLess(after, WIDTH * WIDTH * bytes_a_weight + 2000)
                self.assert_served(output, tolerance)

    def test_data_in_other_files_comes_along(self):
        (self.root / "data").mkdir()
        model = self.root / "data" / "split.onnx"
        model.write_bytes(product(self.weights, location="weights.bin"))
        (self.root / "data" / "weights.bin").write_bytes(self.weights.tobytes())
        self.convert(model, self.root / "whole.onnx", "--precision", "int8", "--reduced-range")
        self.assert_served(self.root / "whole.onnx", 0.03)
        for place in (model, self.root / "data" / "weights.bin"):
            before = place.read_bytes()
            result = self.convert(model, place, "--precision", "int8", "--force", code=1)
            self.assertIn("is the model that is read: expected another file to write", result.stderr)
            self.assertEqual(place.read_bytes(), before)
        secret = self.root / "secret"
        secret.write_bytes(self.weights.tobytes())
        for location in ("../secret", str(secret)):
            model.write_bytes(product(self.weights, location=location))
            result = self.convert(model, self.root / "leak.onnx", "--precision", "fp16", code=1)
            self.assertIn("only a file within the model's folder is allowed", result.stderr)
        (self.root / "data" / "weights.bin").write_bytes(b"short")
        model.write_bytes(product(self.weights, location="weights.bin"))
        self.assertIn("that file ends at byte 5", self.convert(model, self.root / "leak.onnx", "--precision", "int8", code=1).stderr)
        self.assertFalse((self.root / "leak.onnx").exists())

    def test_mistakes_are_named(self):
        output = self.root / "out.onnx"
        cases = [
            (("--precision", "int4"), 2, "--precision: expected fp32|fp16|int8, found 'int4'"),
            ((), 1, "is a file already, and no SavedModel: an ONNX model is written in lower precision with --precision"),
            (("--precision", "fp16", "--convolutions"), 2, "--convolutions: expected --precision int8 too"),
            (("--precision", "fp16", "--reduced-range"), 2, "--reduced-range: expected --precision int8 too"),
            (("--precision", "int8", "--signature", "s"), 1, "--signature and --tags choose from a SavedModel"),
            (("--precision", "int8", "--output", "twice.onnx"), 2, "--output: expected one file to write, found 'twice.onnx'"),
        ]
        for flags, code, expected in cases:
            with self.subTest(flags):
                self.assertIn(expected, self.convert(self.model, output, *flags, code=code).stderr)
                self.assertFalse(output.exists())
        self.assertIn("expected a model and a file to write", self.convert("-o", output, code=2).stderr)
        self.assertIn("-o: expected OUT.onnx behind it", self.convert(self.model, "-o", code=2).stderr)
        self.assertIn("no SavedModel at", self.convert(self.root / "none.onnx", output, code=1).stderr)
        for bytes_of_it, expected in [(b"", "not an ONNX model: the file is empty"), (b"text\n" * 9, "not an ONNX model"),
                                      (self.model.read_bytes()[:500], "not an ONNX model"),
                                      (onnx.channel_means(), "nothing in the model can be lowered to int8")]:
            other = self.root / "other.onnx"
            other.write_bytes(bytes_of_it)
            result = self.convert(other, output, "--precision", "int8", code=1)
            self.assertIn(f"'{other}': {expected}", result.stderr)
            self.assertFalse(output.exists())
        output.write_bytes(b"mine")
        result = self.convert(self.model, output, "--precision", "int8", code=1)
        self.assertIn("is there already: --force writes over it", result.stderr)
        self.convert(self.model, output, "--precision", "int8", "--force")
        self.assertGreater(output.stat().st_size, WIDTH * WIDTH)
