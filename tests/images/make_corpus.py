#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the small pictures with which the image fuzzer starts: make_corpus.py FOLDER

Run it again when a kind of picture is added; the files are kept in the repository (src/transform/corpus/image).
"""
import struct
import sys
from pathlib import Path

from compare_with_pillow import Image, animation, encoded, in_mode, palette, png, rgb, transparency


def pictures():
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield f"{mode.replace(';', '')}.png", encoded(in_mode(mode, 9, 7), "PNG")
    yield "interlaced.png", png(1, 8, 8, 2, [b"abc"] * 8, interlace=1)
    yield "interlaced_deep_grey.png", png(1, 8, 16, 0, [b"ab"] * 8, interlace=1)
    yield "palette_of_alphas.png", png(4, 1, 8, 3, [b"\0\1\0\1"],
                                       palette((1, 2, 3), (9, 8, 7)) + transparency(b"\0\x80"))
    yield "wrong_index.png", png(4, 1, 8, 3, [b"\0\1\2\xff"], palette((1, 2, 3), (9, 8, 7)))
    yield "two_bits.png", png(5, 2, 2, 0, [b"\x1b\x80"] * 2)
    yield "huge.png", png(60000, 60000, 8, 2, [b"\0\0\0"])
    for mode in ("L", "RGB", "CMYK"):
        yield f"{mode}.jpg", encoded(in_mode(mode, 33, 20), "JPEG")
    for subsampling in (0, 1, 2):
        yield f"sampled_{subsampling}.jpg", encoded(rgb(40, 35), "JPEG", subsampling=subsampling)
    yield "progressive.jpg", encoded(rgb(40, 35), "JPEG", progressive=True)
    jpeg = encoded(rgb(40, 35), "JPEG")
    yield "cut.jpg", jpeg[:-40]
    frame = jpeg.index(b"\xff\xc0")
    yield "huge.jpg", jpeg[:frame + 5] + struct.pack(">HH", 60000, 60000) + jpeg[frame + 9:]
    yield "taller.jpg", jpeg[:frame + 5] + struct.pack(">HH", 300, 40) + jpeg[frame + 9:]
    for mode in ("RGB", "RGBA"):
        for lossless in (False, True):
            yield f"{mode}_{'lossless' if lossless else 'lossy'}.webp", encoded(in_mode(mode, 20, 12), "WEBP",
                                                                               lossless=lossless)
    yield "animated.webp", animation("WEBP")
    yield "animated.png", animation("PNG", default_image=True)
    yield "other.gif", encoded(Image.new("L", (3, 3)), "GIF")
    yield "nothing", b""
    yield "text", b"hello"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in pictures():
        (folder / name).write_bytes(data)
