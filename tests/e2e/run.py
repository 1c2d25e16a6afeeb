#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""End-to-end tests with the real program: run.py TRIREME MAKE_TEST_MODELS [NAME...]

A NAME is a file of tests here without its .py, or one of its classes or tests as unittest names them; without one, all.
"""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main():
    program, make_test_models = (Path(argument).resolve() for argument in sys.argv[1:3])
    names = sys.argv[3:] or sorted(path.stem for path in HERE.glob("test_*.py"))
    sys.path.insert(0, str(HERE))
    from serving import ServingTest
    with tempfile.TemporaryDirectory() as models:
        subprocess.run([make_test_models, models], check=True)
        ServingTest.program, ServingTest.models = program, Path(models)
        unittest.main(module=None, argv=[sys.argv[0], "--verbose", *names])


if __name__ == "__main__":
    main()
