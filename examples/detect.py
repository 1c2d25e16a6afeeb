#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a detector what is in a picture, as the clients of Animated Drawings ask TorchServe, and draws the boxes.

    examples/detect.py drawn_humanoid_detector drawing.png --out found.png

Prints what was found, the best first. Needs Debian's python3-pil; everything else is the standard library.
"""
import argparse
import json
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from urllib.parse import quote

from PIL import Image, ImageDraw


def predict(url, picture):
    """requests.post(url, files={"data": picture}).json()"""
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="data"; filename="data"\r\n\r\n'
    body = head.encode() + picture + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(url, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{url}: {error.code}: {json.load(error).get('message')}")
    except urllib.error.URLError as error:
        raise SystemExit(f"{url}: nobody answers: {error.reason}")


def boxes(found):
    """(score, name, [left, top, right, bottom]) of each, the best first.

    TorchServe's own handler says {"cat": [...], "score": 0.9}; those of mmdet {"class_name": "cat", "bbox": [...], ...}.
    """
    told = []
    for each in found:
        score = each.pop("score")
        if "bbox" in each:
            told.append((score, each.get("class_name", ""), each["bbox"][:4]))
        else:
            (name, box), = each.items()
            told.append((score, name, box))
    return sorted(told, key=lambda one: one[0], reverse=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("picture", type=Path)
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="of the server (%(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the picture with the boxes")
    parser.add_argument("--most", type=int, default=5, help="are drawn and printed (%(default)s)")
    options = parser.parse_args()
    found = boxes(predict(f"{options.url}/predictions/{quote(options.model, safe='')}", options.picture.read_bytes()))
    print(f"{len(found)} found", file=sys.stderr)
    with Image.open(options.picture) as picture:
        drawing = picture.convert("RGB")
    pen = ImageDraw.Draw(drawing)
    for score, name, box in found[:options.most]:
        left, top, right, bottom = (round(side) for side in box)
        print(f"{score:.3f} {name} {left},{top} {right},{bottom}")
        pen.rectangle((left, top, right, bottom), outline=(255, 0, 0), width=2)
        pen.text((left + 3, top + 2), name, fill=(255, 0, 0))
    if options.out:
        drawing.save(options.out)


if __name__ == "__main__":
    main()
