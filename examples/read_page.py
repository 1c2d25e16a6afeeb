#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads all the text in each picture, line by line, with the models that `./dev serve` serves.

    examples/read_page.py examples/page.png

One model says where in the picture there is text, another reads what was cut out there, many pieces in one request.
Needs Debian's python3-numpy and python3-pil; everything else is the standard library.
"""
import argparse
import http.client
import sys
from pathlib import Path
from urllib.parse import urlsplit

import numpy
from PIL import Image

from read_text import ALPHABET, as_input, decode, infer, load

MEAN, DEVIATION = numpy.float32([0.485, 0.456, 0.406]), numpy.float32([0.229, 0.224, 0.225])  # what it was trained with
TEXT = 0.3          # the least probability of a pixel that is text
SURE = 0.6          # the least mean of a region that is kept
SMALLEST = 3        # the least height of a region, in pixels of the map
GROWTH = 1.6        # the model marks the core of a line; what is this much around it belongs to it too
MOST_PIECES = 16    # in one request to the recognition model


def text_map(connection, model, picture, side):
    """The probability of each pixel that it is text, of the picture shrunk to at most `side` pixels."""
    shrink = min(1, side / max(picture.size))
    size = [max(32, round(length * shrink / 32) * 32) for length in picture.size]
    pixels = numpy.asarray(picture.resize(size, Image.BILINEAR), numpy.float32)[:, :, ::-1] / 255
    return infer(connection, model, ((pixels - MEAN) / DEVIATION).transpose(2, 0, 1)[None])[0, 0]


def regions(mask):
    """The connected regions of a mask, each as rows of (y, from x, to x)."""
    edges = numpy.diff(numpy.pad(mask, [(0, 0), (1, 1)]).astype(numpy.int8), axis=1)
    ys, starts = numpy.nonzero(edges == 1)
    ends = numpy.nonzero(edges == -1)[1]
    runs = list(zip(ys.tolist(), starts.tolist(), ends.tolist()))
    parent = list(range(len(runs)))

    def root(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    above = 0  # the first run that may touch this one or those after it from above
    for i, (y, start, end) in enumerate(runs):
        while runs[above][0] < y - 1 or (runs[above][0] == y - 1 and runs[above][2] < start):
            above += 1
        touching = above
        while runs[touching][0] == y - 1 and runs[touching][1] <= end:
            parent[root(touching)] = root(i)
            touching += 1
    found = {}
    for i, run in enumerate(runs):
        found.setdefault(root(i), []).append(run)
    return [numpy.array(rows) for rows in found.values()]


def smallest_rectangle(points):
    """The middle, the half axes along and across, of the smallest rectangle around the points, tilted at will."""
    angles = numpy.radians(numpy.arange(-45, 45))
    along = numpy.stack([numpy.cos(angles), numpy.sin(angles)])
    across = numpy.stack([-numpy.sin(angles), numpy.cos(angles)])
    u, v = points @ along, points @ across
    width, height = numpy.ptp(u, axis=0), numpy.ptp(v, axis=0)
    best = (width * height).argmin()
    middle = ((u.min(axis=0) + u.max(axis=0)) / 2)[best] * along[:, best]
    middle += ((v.min(axis=0) + v.max(axis=0)) / 2)[best] * across[:, best]
    return middle, along[:, best] * width[best] / 2, across[:, best] * height[best] / 2


def boxes(probabilities):
    """The four corners of each line of text, clockwise from where it begins, in pixels of the map."""
    for rows in regions(probabilities > TEXT):
        mean = numpy.concatenate([probabilities[y, start:end] for y, start, end in rows]).mean()
        corners = numpy.concatenate([rows[:, [1, 0]], rows[:, [2, 0]], rows[:, [1, 0]] + [0, 1], rows[:, [2, 0]] + [0, 1]])
        middle, along, across = smallest_rectangle(corners)
        half_width, half_height = numpy.hypot(*along), numpy.hypot(*across)
        if mean < SURE or 2 * min(half_width, half_height) < SMALLEST:
            continue
        grown = GROWTH * half_width * half_height / (half_width + half_height)
        along, across = along * (1 + grown / half_width), across * (1 + grown / half_height)
        yield numpy.stack([middle - along - across, middle + along - across, middle + along + across,
                           middle - along + across])


def cut_out(picture, corners):
    """What lies between the corners, as an upright picture of one line."""
    width = max(1, round(numpy.hypot(*(corners[1] - corners[0]))))
    height = max(1, round(numpy.hypot(*(corners[3] - corners[0]))))
    piece = picture.transform((width, height), Image.Transform.QUAD, corners[[0, 3, 2, 1]].flatten().tolist(),
                              Image.Resampling.BICUBIC)
    return piece.transpose(Image.Transpose.ROTATE_90) if height > 1.5 * width else piece


def read(connection, model, pieces, alphabet):
    """The text of each piece. Those of like width share a request, filled up with grey to the widest."""
    tensors = [as_input(piece) for piece in pieces]
    order = sorted(range(len(tensors)), key=lambda i: tensors[i].shape[3])
    texts = [""] * len(tensors)
    for first in range(0, len(order), MOST_PIECES):
        group = order[first:first + MOST_PIECES]
        widest = tensors[group[-1]].shape[3]
        batch = [numpy.pad(tensors[i], [(0, 0), (0, 0), (0, 0), (0, widest - tensors[i].shape[3])]) for i in group]
        for i, probabilities in zip(group, infer(connection, model, numpy.concatenate(batch))):
            texts[i] = decode(probabilities, alphabet)
    return texts


def in_lines(places):
    """Indexes of places (arrays of four corners) as a person reads them: lines from the top, each from the left."""
    lines = []
    for i in sorted(range(len(places)), key=lambda i: places[i][:, 1].mean()):
        middle, height = places[i][:, 1].mean(), numpy.hypot(*(places[i][3] - places[i][0]))
        if lines and abs(places[lines[-1][0]][:, 1].mean() - middle) < height / 2:
            lines[-1].append(i)
        else:
            lines.append([i])
    return [sorted(line, key=lambda i: places[i][:, 0].min()) for line in lines]


def main():
    parser = argparse.ArgumentParser(description="Reads all the text in each picture, line by line.")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the server (%(default)s)")
    parser.add_argument("--detection", default="ocr-detection", metavar="MODEL", help="finds text (%(default)s)")
    parser.add_argument("--recognition", default="ocr-recognition", metavar="MODEL", help="reads a line (%(default)s)")
    parser.add_argument("--alphabet", default=ALPHABET, type=Path, help="the model's characters, one a line")
    parser.add_argument("--side", default=1280, type=int, metavar="PIXELS",
                        help="larger pictures are searched at this size (%(default)s): more finds smaller letters")
    parser.add_argument("--places", action="store_true", help="print where each piece of text begins, as x,y")
    options = parser.parse_args()

    if not options.alphabet.exists():
        sys.exit(f"read_page: there is no {options.alphabet}; ./dev serve fetches it with the models")
    alphabet = options.alphabet.read_text(encoding="utf-8").split("\n") + [" "]
    connection = http.client.HTTPConnection(urlsplit(options.url).netloc, timeout=60)
    for path in options.pictures:
        picture = load(path)
        probabilities = text_map(connection, options.detection, picture, options.side)
        scale = numpy.array(picture.size) / probabilities.shape[::-1]
        places = [corners * scale for corners in boxes(probabilities)]
        texts = read(connection, options.recognition, [cut_out(picture, place) for place in places], alphabet)
        if len(options.pictures) > 1:
            print(f"{path}:")
        for line in in_lines(places):
            where = [f"{places[i][0][0]:.0f},{places[i][0][1]:.0f} " if options.places else "" for i in line]
            words = [at + texts[i] for at, i in zip(where, line) if texts[i]]
            if words:
                print("  ".join(words))


if __name__ == "__main__":
    try:
        main()
    except ConnectionRefusedError:
        sys.exit("read_page: nobody answers there; start the server with ./dev serve")
    except (OSError, RuntimeError, http.client.HTTPException, Image.DecompressionBombError) as error:
        sys.exit(f"read_page: {error}")
