# SPDX-License-Identifier: Apache-2.0
"""TorchScript models: plain files and Triton's layout, against what PyTorch itself gives."""
import importlib.util
import json
import shutil
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import List

import numpy

from serving import ServingTest

HAS_TORCH = importlib.util.find_spec("torch") is not None

CONFIG = """
backend: "pytorch"
max_batch_size: 8
input [ { name: "INPUT__0" data_type: TYPE_FP32 dims: [ 3, 8, 8 ] } ]
output [ { name: "OUTPUT__0" data_type: TYPE_FP32 dims: [ 5 ] },
         { name: "OUTPUT__1" data_type: TYPE_INT64 dims: [ 1 ] } ]
"""


def write_models(folder):
    """Returns the modules by name."""
    import torch

    class Classifier(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.convolution = torch.nn.Conv2d(3, 4, 3)
            self.normalised = torch.nn.BatchNorm2d(4)
            self.head = torch.nn.Linear(4, 5)

        def forward(self, image):
            x = torch.relu(self.normalised(self.convolution(image)))
            scores = self.head(x.mean([2, 3]))
            return scores, scores.argmax(1, keepdim=True)

    class Counter(torch.nn.Module):
        """Answers with how many runs there were, and keeps what it was given."""
        def __init__(self):
            super().__init__()
            self.register_buffer("runs", torch.zeros(1))
            self.kept: List[torch.Tensor] = [torch.zeros(1)]

        def forward(self, x):
            self.kept.append(x)
            self.runs.add_(1.0)
            return self.runs

    torch.manual_seed(1)
    torch.jit.save(torch.jit.script(Counter().eval()), str(folder / "counter.pt"))
    scripted = Classifier().eval()
    torch.jit.save(torch.jit.script(scripted), str(folder / "scripted.pt"))
    mlp = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2)).eval()
    torch.jit.save(torch.jit.trace(mlp, torch.zeros(1, 6)), str(folder / "mlp.pt"))
    torch.save(mlp.state_dict(), str(folder / "weights.pt"))
    torch.save(mlp, str(folder / "pickled.pt"))
    triton = folder / "triton"
    (triton / "1").mkdir(parents=True)
    shutil.copy(folder / "scripted.pt", triton / "1" / "model.pt")
    (triton / "config.pbtxt").write_text(CONFIG)
    return {"scripted": scripted, "triton": scripted, "mlp": mlp}


def expected(module, array):
    import torch
    with torch.no_grad():
        results = module(torch.from_numpy(array))
    return [result.numpy() for result in (results if isinstance(results, tuple) else (results,))]


@unittest.skipUnless(HAS_TORCH, "python3-torch is not installed")
class TorchTest(ServingTest):
    @classmethod
    def setUpClass(cls):
        if not (Path(cls.program).parent / "libtrireme_torch.so").exists():
            raise unittest.SkipTest("built without libtorch")
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.modules = write_models(Path(cls.folder.name))

    def infer(self, server, model, name, array):
        body = {"inputs": [{"name": name, "datatype": "FP32", "shape": list(array.shape),
                            "data": array.flatten().tolist()}]}
        return server.ask("POST", f"/v2/models/{model}/infer", json.dumps(body).encode())

    def check(self, server, model, name, array):
        answer = self.infer(server, model, name, array)
        self.assertEqual(answer.status, 200, answer)
        outputs = json.loads(answer.body)["outputs"]
        for output, right in zip(outputs, expected(self.modules[model], array), strict=True):
            self.assertEqual(output["shape"], list(right.shape))
            numpy.testing.assert_allclose(numpy.array(output["data"]), right.flatten(), rtol=1e-5, atol=1e-5)
        return outputs

    def test_serves_a_model_that_keeps_state_from_its_first_request(self):
        server = self.serve(self.folder.name)

        def count(_):
            answer = self.infer(server, "counter", "x", numpy.ones((1, 2), numpy.float32))
            self.assertEqual(answer.status, 200, answer)
            return json.loads(answer.body)["outputs"][0]["data"][0]

        self.assertEqual(count(0), 1, "nobody has run it before")
        with ThreadPoolExecutor(8) as callers:
            counts = list(callers.map(count, range(200)))
        self.assertEqual(sorted(counts), list(range(2, 202)))

    def test_serves_what_torch_jit_save_wrote(self):
        server = self.serve(self.folder.name)
        random = numpy.random.default_rng(1)
        for rows in (1, 3):
            image = random.standard_normal((rows, 3, 8, 8), dtype=numpy.float32)
            outputs = self.check(server, "triton", "INPUT__0", image)
            self.assertEqual([output["name"] for output in outputs], ["OUTPUT__0", "OUTPUT__1"])
            self.check(server, "scripted", "image", random.standard_normal((rows, 3, 20, 30), dtype=numpy.float32))
            self.check(server, "mlp", "input", random.standard_normal((rows, 6), dtype=numpy.float32))

        metadata = json.loads(server.ask("GET", "/v2/models/scripted").body)
        self.assertEqual(metadata["platform"], "pytorch_libtorch")
        self.assertEqual(metadata["inputs"], [{"name": "image", "datatype": "FP32", "shape": [-1, 3, -1, -1]}])
        self.assertEqual([tensor["name"] for tensor in metadata["outputs"]], ["output__0", "output__1"])
        metadata = json.loads(server.ask("GET", "/v2/models/triton").body)
        self.assertEqual(metadata["inputs"], [{"name": "INPUT__0", "datatype": "FP32", "shape": [-1, 3, 8, 8]}])
        config = json.loads(server.ask("GET", "/v2/models/triton/config").body)
        self.assertEqual((config["backend"], config["default_model_filename"]), ("pytorch", "model.pt"))

        wrong = self.infer(server, "scripted", "image", numpy.zeros((1, 3, 2, 2), numpy.float32))
        self.assertEqual(wrong.status, 400, wrong)
        self.assertIn("image [1,3,2,2]", json.loads(wrong.body)["error"])
        wrong = self.infer(server, "mlp", "input", numpy.zeros((1, 7), numpy.float32))
        self.assertEqual(wrong.status, 400, wrong)

        # What is no program is refused, and says what would be one.
        index = {model["name"]: model for model in json.loads(server.ask("POST", "/v2/repository/index").body)}
        for name in ("weights", "pickled"):
            self.assertEqual(index[name]["state"], "UNAVAILABLE")
            self.assertIn("torch.jit.script", index[name]["reason"])

    def test_answers_the_clients_of_tf_serving(self):
        server = self.serve(self.folder.name)
        rows = numpy.random.default_rng(2).standard_normal((2, 6), dtype=numpy.float32)
        expected = json.loads(self.infer(server, "mlp", "input", rows).body)["outputs"][0]["data"]
        body = json.dumps({"instances": rows.tolist()}).encode()
        answer = server.ask("POST", "/v1/models/mlp:predict", body)
        self.assertEqual(answer.status, 200, answer)
        numpy.testing.assert_allclose(numpy.ravel(json.loads(answer.body)["predictions"]), expected, rtol=1e-6)

    def test_opens_libtorch_with_the_first_such_model(self):
        server = self.serve(self.models / "good" / "add", self.folder.name, "--model-control-mode", "explicit",
                            "--load-model", "add")
        maps = Path(f"/proc/{server.process.pid}/maps")
        self.assertNotIn("libtorch", maps.read_text())
        self.assertNotIn("libarchive", maps.read_text(), "nor what reads archives, without one")
        answer = server.ask("POST", "/v2/repository/models/mlp/load", b"{}")
        self.assertEqual(answer.status, 200, answer)
        self.assertIn("libtorch", maps.read_text())
        self.assertEqual(server.ask("POST", "/v2/repository/models/mlp/unload", b"{}").status, 200)

    def test_check_says_what_is_assumed(self):
        done = self.run_trireme("check", Path(self.folder.name, "scripted.pt"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("assumed image FP32[-1,3,-1,-1]", done.stdout)


class WithoutPlugInTest(ServingTest):
    def test_says_how_to_get_what_is_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder, "trireme")
            shutil.copy(self.program, program)
            Path(folder, "m.pt").write_bytes(b"whatever")
            self.program = program
            done = self.run_trireme("check", Path(folder, "m.pt"))
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("./dev build --with torch", done.stdout + done.stderr)
