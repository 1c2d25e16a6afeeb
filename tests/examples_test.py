#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of TorchServe's clients ask the real program: examples_test.py TRIREME MAKE_TEST_MODELS"""
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))
from test_torchserve import TorchServe  # noqa: E402

PATIENCE_SECONDS = 240  # the detector is made, loaded and run by a library that takes seconds to start


def run(example, *arguments):
    return subprocess.run([ROOT / "examples" / example, *map(str, arguments)], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=PATIENCE_SECONDS)


class ExamplesTest(unittest.TestCase):
    maxDiff = None
    program = None
    models = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.store = self.folder / "store"
        self.store.mkdir()
        self.picture = self.folder / "green.png"
        Image.new("RGB", (90, 60), (0, 255, 0)).save(self.picture)

    def serve(self):
        server = TorchServe(self.program, self.store, "--enable-model-api")
        self.addCleanup(server.__exit__)
        return server

    def asked(self, example, *arguments):
        done = run(example, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def refused(self, example, *arguments):
        done = run(example, *arguments)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        return done.stderr


class TorchServesClients(ExamplesTest):
    def setUp(self):
        super().setUp()
        shutil.copytree(self.models / "triton" / "colours", self.store / "colours")

    def test_over_rest(self):
        server = self.serve()
        at = ("--url", f"http://127.0.0.1:{server.inference}", "--management-url", f"http://127.0.0.1:{server.management}")
        ask = lambda *arguments: self.asked("torchserve_rest.py", *at, *arguments)  # noqa: E731
        self.assertEqual(json.loads(ask("ping")), {"status": "Healthy"})
        self.assertIn("registered with 2 initial workers",
                      ask("register", "paint", "--archive", "colours", "--workers", 2))
        for how in ((), ("--form",), ("--version", "1.0")):
            self.assertEqual(next(iter(json.loads(ask("infer", "paint", self.picture, *how)))), "green")
        described, = json.loads(ask("describe", "paint"))
        self.assertEqual((described["modelName"], len(described["workers"])), ("paint", 2))
        self.assertIn("unregistered", ask("unregister", "paint"))
        self.assertIn("404: ", self.refused("torchserve_rest.py", *at, "infer", "paint", self.picture))

    def test_over_grpc(self):
        server = self.serve()
        at = ("--url", f"127.0.0.1:{server.grpc_inference}", "--management-url", f"127.0.0.1:{server.grpc_management}")
        ask = lambda *arguments: self.asked("torchserve_grpc.py", *at, *arguments)  # noqa: E731
        self.assertIn("registered with 1 initial workers", ask("register", "paint", "--archive", "colours"))
        self.assertEqual(next(iter(json.loads(ask("infer", "paint", self.picture)))), "green")
        self.assertIn("unregistered", ask("unregister", "paint"))
        self.assertIn("NOT_FOUND: Model not found: paint",
                      self.refused("torchserve_grpc.py", *at, "infer", "paint", self.picture))


@unittest.skipUnless(all(importlib.util.find_spec(name) for name in ("torch", "torchvision")),
                     "python3-torch and python3-torchvision are not here")
class Detector(ExamplesTest):
    def test_is_packed_registered_and_asked(self):
        if not (Path(self.program).parent / "libtrireme_torch.so").exists():
            self.skipTest("built without libtorch")
        name = "drawn_humanoid_detector"
        self.asked("pack_detector.py", name, "--class", "drawn_humanoid", "--store", self.store)
        server = self.serve()
        answer = server.manage("POST", f"/models?url={name}.mar&initial_workers=1")
        self.assertEqual((answer.status, answer.json()["status"]),
                         (200, f'Model "{name}" Version: 1.0 registered with 1 initial workers'))
        drawn = self.folder / "drawn.png"
        done = run("detect.py", name, ROOT / "examples/page.png", "--url", f"http://127.0.0.1:{server.inference}",
                   "--out", drawn)
        self.assertEqual(done.returncode, 0, done.stderr)
        with Image.open(drawn) as picture, Image.open(ROOT / "examples/page.png") as page:
            self.assertEqual(picture.size, page.size)
            width, height = picture.size
        # Random weights find something or nothing; what is found lies within the picture, the best first.
        scores = []
        for line in done.stdout.splitlines():
            score, found, begin, end = line.split(" ")
            self.assertEqual(found, "drawn_humanoid")
            scores.append(float(score))
            for x, y in (begin.split(","), end.split(",")):
                self.assertTrue(0 <= int(x) <= width and 0 <= int(y) <= height, line)
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertIn(f"{len(scores)} found" if len(scores) < 5 else "found", done.stderr)
        self.assertIn("404", run("detect.py", "nobody", self.picture, "--url",
                                 f"http://127.0.0.1:{server.inference}").stderr)


def main():
    program, make_test_models = map(os.path.abspath, sys.argv[1:3])
    del sys.argv[1:3]
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([make_test_models, scratch], check=True)
        ExamplesTest.program, ExamplesTest.models = program, Path(scratch)
        unittest.main()


if __name__ == "__main__":
    main()
