#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the models that benchmarks run: make_models.py FOLDER

MobileNetV3-large and ResNet50 by torchvision, exported to ONNX: input float32 [n, 3, 224, 224], output [n, 1000]. The weights
are random from a fixed seed: only shapes and cost are real. What is there already is left alone.
Needs Debian's python3-torch, python3-torchvision and python3-onnx.
"""
import argparse
import os
import warnings
from pathlib import Path

MODELS = ["mobilenet_v3_large", "resnet50"]
OPSET = 17


def settle_batch_norms(torch, model):
    """Running statistics that are not the identity, so that folding them is real work and activations stay bounded."""
    chance = torch.Generator().manual_seed(7)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.copy_(torch.randn(module.running_mean.shape, generator=chance) * 0.05)
            module.running_var.copy_(torch.rand(module.running_var.shape, generator=chance) * 0.5 + 0.75)


def export(name, path):
    # Imported here: they take seconds, and a second run needs neither.
    import torch
    import torchvision

    torch.manual_seed(1234)
    model = getattr(torchvision.models, name)(weights=None).eval()
    with torch.no_grad():
        settle_batch_norms(torch, model)
        torch.onnx.export(model, (torch.randn(2, 3, 224, 224),), str(path), opset_version=OPSET,
                          input_names=["input"], output_names=["output"],
                          dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")  # the exporter's own, about itself
    for name in MODELS:
        path = folder / f"{name}.onnx"
        if path.exists():
            continue
        print(f"making {path}", flush=True)
        unfinished = path.with_suffix(".unfinished")
        export(name, unfinished)
        os.replace(unfinished, path)


if __name__ == "__main__":
    main()
