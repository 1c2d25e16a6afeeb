#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Paints pages of text. Run alone, it paints the one that users try first: paint_page.py examples/page.png"""
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONTS = Path("/usr/share/fonts/truetype/dejavu")
SANS, BOLD, SERIF = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf"

# Where a line begins, its height, font and colour, and what it says.
FIRST_PAGE = [
    ((60, 40), 44, BOLD, "#10304a", "The harbour of Piraeus"),
    ((60, 120), 24, SERIF, "black", "Three hundred ships lay in the sheds of the harbour"),
    ((60, 160), 24, SERIF, "black", "when the summer began. Each of them took one hundred"),
    ((60, 200), 24, SERIF, "black", "and seventy rowers, ten soldiers and a man with a pipe."),
    ((60, 290), 24, SANS, "#402010", "Thranites"),
    ((420, 290), 24, SANS, "#402010", "62"),
    ((60, 330), 24, SANS, "#402010", "Zygites"),
    ((420, 330), 24, SANS, "#402010", "54"),
    ((60, 370), 24, SANS, "#402010", "Thalamites"),
    ((420, 370), 24, SANS, "#402010", "54"),
    ((60, 450), 30, BOLD, "#a02020", "Departure at sunrise"),
]


def paint(lines, size=(800, 540), ground="#f4efe2"):
    picture = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(picture)
    for place, height, face, colour, text in lines:
        draw.text(place, text, colour, ImageFont.truetype(str(FONTS / face), height))
    return picture


if __name__ == "__main__":
    paint(FIRST_PAGE).quantize(64).save(sys.argv[1], optimize=True)
