#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the line of text in each picture with the model that `./dev serve` serves.

    examples/read_text.py examples/sign.png

Needs Debian's python3-numpy and python3-pil; everything else is the standard library, to show what travels: a POST of a
JSON header with the tensor's bytes behind it, and the same back (the KServe V2 protocol's binary form).
"""
import argparse
import http.client
import json
import os
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy
from PIL import Image, ImageOps

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
ALPHABET = CACHE / "trireme/ocr-models-1.4.2/ocr-recognition/alphabet.txt"
HEIGHT = 48  # what the model was trained on; the width follows the picture
WIDTHS = range(320, 4801)


def load(path):
    """The picture as a person sees it: upright, on white ground."""
    picture = ImageOps.exif_transpose(Image.open(path)).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def as_input(picture):
    """The picture as the model wants it: float32 [1, 3, 48, width], blue first, -1 to 1."""
    width = max(1, min(WIDTHS[-1], round(HEIGHT * picture.width / picture.height)))
    pixels = numpy.asarray(picture.resize((width, HEIGHT), Image.BILINEAR), numpy.float32)
    pixels = pixels[:, :, ::-1].transpose(2, 0, 1) / 127.5 - 1
    # Short lines are filled up with grey to the least width the model has seen.
    return numpy.pad(pixels, [(0, 0), (0, 0), (0, max(0, WIDTHS[0] - width))])[None]


def infer(connection, model, tensor):
    """Sends one tensor, returns the model's first output."""
    data = numpy.ascontiguousarray(tensor, "<f4").tobytes()
    header = json.dumps({
        "inputs": [{"name": "x", "datatype": "FP32", "shape": tensor.shape,
                    "parameters": {"binary_data_size": len(data)}}],
        "parameters": {"binary_data_output": True},
    }).encode()
    connection.request("POST", f"/v2/models/{quote(model)}/infer", header + data,
                       {"Inference-Header-Content-Length": str(len(header))})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"the server answered {response.status}: {body.decode(errors='replace').strip()}")
    header_length = int(response.headers["Inference-Header-Content-Length"])
    output = json.loads(body[:header_length])["outputs"][0]
    return numpy.frombuffer(body, "<f4", offset=header_length).reshape(output["shape"])


def decode(probabilities, alphabet):
    """The likeliest character of each step, where repeats count once and class 0 is the gap between two."""
    best = probabilities.argmax(axis=1)
    starts = numpy.flatnonzero(numpy.diff(best, prepend=0))
    return "".join(alphabet[best[i] - 1] for i in starts if best[i] != 0).strip()


def main():
    parser = argparse.ArgumentParser(description="Reads the line of text in each picture.")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the server (%(default)s)")
    parser.add_argument("--model", default="ocr-recognition", help="its name there (%(default)s)")
    parser.add_argument("--alphabet", default=ALPHABET, type=Path, help="the model's characters, one a line")
    options = parser.parse_args()

    if not options.alphabet.exists():
        sys.exit(f"read_text: there is no {options.alphabet}; ./dev serve fetches it with the models")
    alphabet = options.alphabet.read_text(encoding="utf-8").split("\n") + [" "]
    connection = http.client.HTTPConnection(urlsplit(options.url).netloc, timeout=60)
    for path in options.pictures:
        text = decode(infer(connection, options.model, as_input(load(path)))[0], alphabet)
        print(f"{path}: {text}" if len(options.pictures) > 1 else text)


if __name__ == "__main__":
    try:
        main()
    except ConnectionRefusedError:
        sys.exit("read_text: nobody answers there; start the server with ./dev serve")
    except (OSError, RuntimeError, http.client.HTTPException, Image.DecompressionBombError) as error:
        sys.exit(f"read_text: {error}")
