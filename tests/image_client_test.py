#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Pictures of one colour are told apart: the real program, models as Triton's users have them, and the example client.

image_client_test.py TRIREME MAKE_TEST_MODELS
"""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))
from trireme import Trireme  # noqa: E402

COLOURS = ["black", "blue", "cyan", "grey", "orange", "red"]


class ImageClientTest(unittest.TestCase):
    maxDiff = None
    url = None
    pictures = None

    def ask(self, *arguments, url=None):
        return subprocess.run([ROOT / "examples/image_client.py", "-u", url or self.url, *map(str, arguments)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)

    def refused(self, *arguments, **options):
        answer = self.ask(*arguments, **options)
        self.assertEqual((answer.returncode, answer.stdout), (1, ""))
        self.assertEqual(answer.stderr.count("\n"), 1, answer.stderr)
        return answer.stderr

    def test_prints_classes_as_tritons_client_does(self):
        answer = self.ask("-m", "densenet_onnx", "-c", 2, "-s", "INCEPTION", self.pictures / "red.png")
        self.assertEqual(answer.stderr, "")
        self.assertEqual(answer.stdout.splitlines(), [
            "Request 1, batch size 1",
            f"Image '{self.pictures / 'red.png'}':",
            "    3.000000 (2) = red",
            "    2.000000 (9) = orange",
        ])

    def test_asks_for_many_pictures_at_once(self):
        answer = self.ask("-m", "colours", "-b", 4, self.pictures)
        self.assertEqual(answer.stderr, "")
        lines = answer.stdout.splitlines()
        self.assertEqual([line for line in lines if line.startswith("Request")],
                         ["Request 1, batch size 4", "Request 2, batch size 2"])
        self.assertEqual([line.split(" = ")[1] for line in lines if " = " in line], COLOURS)

    def test_tells_no_more_classes_than_there_are(self):
        answer = self.ask("-m", "colours", "-x", 1, "-b", 8, "-c", 1000, self.pictures)
        self.assertEqual(answer.stderr, "")
        self.assertEqual(answer.stdout.count(" = "), 10 * len(COLOURS))

    def test_says_in_one_line_what_is_wrong(self):
        red = self.pictures / "red.png"
        self.assertIn("at most 8", self.refused("-m", "colours", "-b", 9, red))
        self.assertIn("2 inputs", self.refused("-m", "simple", red))
        self.assertIn("BYTES", self.refused("-m", "simple_identity", red))
        self.assertIn("404", self.refused("-m", "nobody", red))
        self.assertIn("404", self.refused("-m", "colours", "-x", 7, red))
        self.assertIn("missing.png", self.refused("-m", "colours", self.pictures / "missing.png"))
        self.assertIn("nobody answers", self.refused("-m", "colours", red, url="127.0.0.1:1"))


def main():
    program, make_test_models = map(os.path.abspath, sys.argv[1:3])
    del sys.argv[1:3]
    with tempfile.TemporaryDirectory() as scratch:
        ImageClientTest.pictures = Path(scratch, "pictures")
        ImageClientTest.pictures.mkdir()
        for colour in COLOURS:
            Image.new("RGB", (40, 30), colour).save(ImageClientTest.pictures / f"{colour}.png")
        subprocess.run([make_test_models, scratch], check=True)
        with Trireme(program, Path(scratch, "triton")) as server:
            ImageClientTest.url = f"127.0.0.1:{server.port}"
            unittest.main()


if __name__ == "__main__":
    main()
