#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bare_handler.py MODEL.pt sized|as-they-are PHOTO...: what the Python of a usual image classifier takes for each photo,
one after the other, without a server: Pillow decodes, torchvision makes a tensor, the TorchScript program runs on all
processors, the best five classes are taken. Prints the milliseconds of loading the program and of each photo, as JSON."""
import io
import json
import sys
import time
from pathlib import Path

import torch
from PIL import Image
from torchvision import transforms


def pipeline(how):
    sized = [transforms.Resize(256), transforms.CenterCrop(224)] if how == "sized" else []
    return transforms.Compose([*sized, transforms.ToTensor(),
                               transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])


def classify(model, transform, photo):
    with torch.inference_mode():
        tensor = transform(Image.open(io.BytesIO(photo)).convert("RGB")).unsqueeze(0)
        return torch.topk(torch.softmax(model(tensor), 1), 5)[1].tolist()


def milliseconds(work):
    began = time.perf_counter()
    result = work()
    return result, (time.perf_counter() - began) * 1000


def main():
    path, how, *photos = sys.argv[1:]
    files = {photo: Path(photo).read_bytes() for photo in photos}
    transform = pipeline(how)
    model, load_ms = milliseconds(lambda: torch.jit.load(path).eval())
    taken = [milliseconds(lambda photo=photo: classify(model, transform, files[photo]))[1] for photo in photos]
    print(json.dumps({"load_ms": load_ms, "ms": taken}))


if __name__ == "__main__":
    main()
