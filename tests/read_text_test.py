#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Words painted into pictures come back as text: the real program, a real model, and the example a user starts with.

read_text_test.py TRIREME          starts TRIREME serve on the models that ./dev serve takes
read_text_test.py http://HOST:PORT asks a server that is there
"""
import random
import subprocess
import tempfile
import unittest
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ocr_server import ROOT, run_tests

READ_TEXT = ROOT / "examples/read_text.py"
FONTS = Path("/usr/share/fonts/truetype/dejavu")
FACES = ["DejaVuSans.ttf", "DejaVuSerif.ttf", "DejaVuSans-Bold.ttf"]
COLOURS = [("black", "white"), ("white", "navy"), ("#202020", "#e8e0c8"), ("yellow", "#303030"), ("#802020", "#f0f0f0")]
# Letters that nobody mistakes for another or for their own capital when no sentence around them helps.
LETTERS = "abdefghkmnqrt"


def paint(word, face, size, colours):
    font = ImageFont.truetype(str(FONTS / face), size)
    left, top, right, bottom = font.getbbox(word)
    margin = size // 3
    picture = Image.new("RGB", (right - left + 2 * margin, bottom - top + 2 * margin), colours[1])
    ImageDraw.Draw(picture).text((margin - left, margin - top), word, colours[0], font)
    return picture


def random_words(count):
    chance = random.Random(20)
    for _ in range(count):
        word = "".join(chance.sample(LETTERS, chance.randint(4, 9)))
        yield word, paint(word, chance.choice(FACES), chance.randint(18, 90), chance.choice(COLOURS))


class ReadTextTest(unittest.TestCase):
    maxDiff = None
    url = None

    def read(self, *pictures, url=None):
        return subprocess.run([READ_TEXT, "--url", url or self.url, *pictures], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120)

    def in_folder(self, **pictures):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, picture in pictures.items():
            picture.save(Path(folder.name, name + ".png"))
        return [Path(folder.name, name + ".png") for name in pictures]

    def test_reads_twenty_random_words(self):
        words = dict(random_words(20))
        paths = self.in_folder(**words)
        answer = self.read(*paths)
        self.assertEqual(answer.stderr, "")
        self.assertEqual(answer.stdout.splitlines(), [f"{path}: {word}" for path, word in zip(paths, words)])

    def test_prints_nothing_but_the_text_of_a_single_picture(self):
        answer = self.read(ROOT / "examples/sign.png")
        self.assertEqual((answer.stdout, answer.stderr), ("Three rows of oars\n", ""))

    def test_sees_through_alpha_to_a_white_ground(self):
        word = paint("harbour", FACES[0], 40, ("black", "white"))
        clear = Image.new("RGBA", word.size, (0, 0, 0, 0))
        clear.putalpha(word.convert("L").point(lambda v: 255 - v))
        self.assertEqual(self.read(*self.in_folder(clear=clear)).stdout, "harbour\n")

    def test_takes_pictures_of_any_size(self):
        big = paint("quay", FACES[0], 900, ("black", "white"))
        dot, thread = Image.new("1", (1, 1)), Image.new("L", (9000, 2))
        answer = self.read(*self.in_folder(big=big, dot=dot, thread=thread))
        self.assertEqual((answer.returncode, answer.stderr), (0, ""))
        self.assertRegex(answer.stdout.splitlines()[0], ": quay$")

    def test_says_in_one_line_what_is_wrong(self):
        nobody = self.read(ROOT / "examples/sign.png", url="http://127.0.0.1:1")
        self.assertEqual((nobody.returncode, nobody.stdout), (1, ""))
        self.assertRegex(nobody.stderr, r"\Aread_text: nobody answers .*\n\Z")
        no_picture = self.read(READ_TEXT)
        self.assertEqual((no_picture.returncode, no_picture.stdout), (1, ""))
        self.assertRegex(no_picture.stderr, r"\Aread_text: .*read_text\.py.*\n\Z")


if __name__ == "__main__":
    run_tests(ReadTextTest)
