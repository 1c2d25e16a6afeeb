#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Links between documents lead to files and headings that there are."""
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def without_code(path):
    return re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)


def headings(path):
    """As GitHub calls them in links."""
    for title in re.findall(r"^#+ (.*)$", without_code(path), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()
        yield re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")


def documents():
    return [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]


class Links(unittest.TestCase):
    def test_they_lead_somewhere(self):
        for document in documents():
            for link in re.findall(r"\]\(([^)\s]+)\)", without_code(document)):
                if re.match(r"\w+:", link):
                    continue
                name, _, heading = link.partition("#")
                target = document.parent / name if name else document
                with self.subTest(document=document.relative_to(ROOT), link=link):
                    self.assertTrue(target.exists())
                    if heading and target.suffix == ".md":
                        self.assertIn(heading, list(headings(target)))


if __name__ == "__main__":
    unittest.main()
