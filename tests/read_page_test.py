#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Pages of text come back line by line: the real program, real models, and the example that finds and reads.

read_page_test.py TRIREME          starts TRIREME serve on the models that ./dev serve takes
read_page_test.py http://HOST:PORT asks a server that is there
"""
import random
import subprocess
import tempfile
import unittest
from pathlib import Path

from PIL import Image

from ocr_server import ROOT, run_tests
from paint_page import BOLD, SANS, SERIF, paint

READ_PAGE = ROOT / "examples/read_page.py"
# Letters that nobody mistakes for another or for their own capital when no sentence around them helps.
LETTERS = "abdefghkmnqrt"


def random_table(rows, columns, seed):
    """Words in rows and columns, and the page on which they stand."""
    chance = random.Random(seed)
    words = [["".join(chance.sample(LETTERS, chance.randint(4, 8))) for _ in range(columns)] for _ in range(rows)]
    height = chance.randint(22, 30)
    lines = [((40 + 260 * column, 40 + 70 * row), height, chance.choice([SANS, BOLD, SERIF]), "black", word)
             for row, line in enumerate(words) for column, word in enumerate(line)]
    return words, paint(lines, size=(80 + 260 * columns, 80 + 70 * rows), ground="white")


class ReadPageTest(unittest.TestCase):
    maxDiff = None
    url = None

    def read(self, *arguments, url=None):
        return subprocess.run([READ_PAGE, "--url", url or self.url, *arguments], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120)

    def save(self, picture):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name, "page.png")
        picture.save(path)
        return path

    def test_reads_the_page_that_users_try_first(self):
        answer = self.read(ROOT / "examples/page.png")
        self.assertEqual(answer.stderr, "")
        self.assertEqual(answer.stdout.splitlines(), [
            "The harbour of Piraeus",
            "Three hundred ships lay in the sheds of the harbour",
            "when the summer began. Each of them took one hundred",
            "and seventy rowers, ten soldiers and a man with a pipe.",
            "Thranites  62",
            "Zygites  54",
            "Thalamites  54",
            "Departure at sunrise",
        ])

    def test_reads_words_in_rows_and_columns(self):
        words, page = random_table(rows=6, columns=3, seed=7)
        answer = self.read(self.save(page))
        self.assertEqual(answer.stderr, "")
        self.assertEqual(answer.stdout.splitlines(), ["  ".join(line) for line in words])

    def test_reads_a_page_that_lies_askew(self):
        words, page = random_table(rows=5, columns=1, seed=3)
        answer = self.read(self.save(page.rotate(7, Image.Resampling.BICUBIC, expand=True, fillcolor="white")))
        self.assertEqual(answer.stderr, "")
        self.assertEqual(answer.stdout.splitlines(), [line[0] for line in words])

    def test_says_where_text_begins(self):
        page = paint([((200, 120), 40, SANS, "black", "anchor")], size=(600, 300), ground="white")
        at, text = self.read("--places", self.save(page)).stdout.split()
        x, y = map(int, at.split(","))
        self.assertEqual(text, "anchor")
        self.assertLess(abs(x - 200), 25)
        self.assertLess(abs(y - 120), 25)

    def test_finds_nothing_on_an_empty_page(self):
        for size in [(400, 300), (1, 1), (3000, 2)]:
            answer = self.read(self.save(Image.new("RGB", size, "white")))
            self.assertEqual((answer.returncode, answer.stdout, answer.stderr), (0, "", ""))

    def test_says_in_one_line_what_is_wrong(self):
        nobody = self.read(ROOT / "examples/page.png", url="http://127.0.0.1:1")
        self.assertEqual((nobody.returncode, nobody.stdout), (1, ""))
        self.assertRegex(nobody.stderr, r"\Aread_page: nobody answers .*\n\Z")
        no_picture = self.read(READ_PAGE)
        self.assertEqual((no_picture.returncode, no_picture.stdout), (1, ""))
        self.assertRegex(no_picture.stderr, r"\Aread_page: .*read_page\.py.*\n\Z")


if __name__ == "__main__":
    run_tests(ReadPageTest)
