#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whoever looks for a benchmark finds it: in `./dev help` and in docs/performance.md."""
import re
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import run  # noqa: E402


class Names(unittest.TestCase):
    def test_the_help_has_them_all(self):
        text = subprocess.run([ROOT / "dev", "help"], check=True, text=True, stdout=subprocess.PIPE).stdout
        of_bench = re.search(r"\./dev bench .*?(?=\n\./dev)", text, re.DOTALL).group()
        self.assertEqual([name for name in run.BENCHMARKS if not re.search(rf"\b{name}\b", of_bench)], [])
        self.assertIn("measure " + ", ".join(run.USUAL[:-1]) + f" and {run.USUAL[-1]}, or what is named", of_bench)

    def test_the_page_has_them_all_and_no_others(self):
        text = (ROOT / "docs/performance.md").read_text()
        self.assertEqual(sorted(re.findall(r"^    \./dev bench (\w+) ", text, re.MULTILINE)), sorted(run.BENCHMARKS))
        self.assertIn("./dev bench           " + ", ".join(run.USUAL[:-1]) + f" and {run.USUAL[-1]},", text)


if __name__ == "__main__":
    unittest.main()
