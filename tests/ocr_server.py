# SPDX-License-Identifier: Apache-2.0
"""The models that ./dev serve takes, and a server with them for the tests of the examples that ask it."""
import os
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))
from trireme import Trireme  # noqa: E402


def ocr_models():
    """Their folder."""
    fetched = subprocess.run([ROOT / "tools/fetch_ocr_models.sh"], check=True, text=True, stdout=subprocess.PIPE)
    return fetched.stdout.strip()


def run_tests(test_class):
    """Gives the class its `url`: that of the server named by the first argument, or of one started from this program."""
    target = sys.argv.pop(1)
    if target.startswith("http://"):
        test_class.url = target
        unittest.main()
    with Trireme(os.path.abspath(target), ocr_models()) as server:
        test_class.url = f"http://127.0.0.1:{server.port}"
        unittest.main()
