#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the models that benchmarks run: make_models.py FOLDER [NAME...]

Without a name those that most benchmarks need, mobilenet_v3_large, resnet50, detector and particlenet; the others only where they are named:
the capacity table's convnext_base, vit_l_16, bert_base and roberta_large, and efficientnet_b7, take three minutes, 3.4 GB of disk and several
of memory. The weights are random from a fixed seed: only shapes and cost are real. What is there already is left alone.
Needs Debian's python3-torch, python3-torchvision and python3-onnx.
"""
import argparse
import os
import warnings
from pathlib import Path

# The libraries are imported where they are used: they take seconds, and a second run needs none.
OPSET = 17


def export(model, example, path, inputs, outputs, free_dims, *, is_traced_in_training=False):
    import torch

    with torch.set_grad_enabled(is_traced_in_training):
        torch.onnx.export(model, example, str(path), opset_version=OPSET, input_names=inputs, output_names=outputs,
                          dynamic_axes=free_dims)


def make_image_model(name, path, _):
    """Input float32 [n, 3, side, side], output [n, 1000]."""
    import torch
    from image_models import image_model, side_of

    # Attention's fast path, which is taken where nothing is to be learnt, cannot be exported.
    export(image_model(name), (torch.randn(2, 3, side_of(name), side_of(name)),), path, ["input"], ["output"],
           {"input": {0: "batch"}, "output": {0: "batch"}}, is_traced_in_training=name.startswith("vit"))


def make_text_model(name, path, _):
    """Inputs int64 [n, words], outputs float32 [n, words, width] and [n, 2]."""
    import torch
    from text_models import text_model

    model = text_model(name)
    ids = torch.randint(0, model.word.num_embeddings, (2, 128))
    both = {0: "batch", 1: "words"}
    export(model, (ids, torch.ones_like(ids)), path, ["input_ids", "attention_mask"], ["last_hidden_state", "logits"],
           {"input_ids": both, "attention_mask": both, "last_hidden_state": both, "logits": {0: "batch"}})


def make_detector(_, path, __):
    """Input float32 [n, 3, 160, 160], outputs boxes float32 [n, 100, 4], scores float32 and classes int64 [n, 100]."""
    import torch
    from detector import SIDE, detector

    outputs = ["boxes", "scores", "classes"]
    export(detector(), (torch.randn(2, 3, SIDE, SIDE),), path, ["image"], outputs,
           {name: {0: "batch"} for name in ["image", *outputs]})


def make_particle_net(_, path, __):
    """Inputs float32 points [n, 2, p], features [n, 7, p] and mask [n, 1, p] of 17 particles or more, output [n, 2]."""
    import torch
    from particle_net import FEATURES, particle_net

    both = {0: "batch", 2: "particles"}
    export(particle_net(), (torch.randn(2, 2, 100), torch.randn(2, FEATURES, 100), torch.ones(2, 1, 100)), path,
           ["points", "features", "mask"], ["logits"],
           {"points": both, "features": both, "mask": both, "logits": {0: "batch"}})


def make_int8_model(name, path, folder):
    """NAME_int8 from NAME."""
    from quantize import quantize

    quantize(make(name.removesuffix("_int8"), folder), path)


MAKERS = {
    "mobilenet_v3_large": make_image_model,
    "resnet50": make_image_model,
    "detector": make_detector,
    "particlenet": make_particle_net,
    "resnet50_int8": make_int8_model,
    "efficientnet_b7": make_image_model,
    "convnext_base": make_image_model,
    "vit_l_16": make_image_model,
    "bert_base": make_text_model,
    "roberta_large": make_text_model,
}
USUAL = ("mobilenet_v3_large", "resnet50", "detector", "particlenet")


def make(name, folder):
    """The model's file, made unless it is there. Under its name there is never half a model."""
    path = folder / f"{name}.onnx"
    if not path.exists():
        print(f"making {path}", flush=True)
        unfinished = path.with_suffix(".unfinished")
        MAKERS[name](name, unfinished, folder)
        os.replace(unfinished, path)
    return path


def make_torchscript(name, folder):
    """A model of torchscript_models.py as a TorchScript program."""
    path = folder / f"{name}.pt"
    if not path.exists():
        import torch
        from torchscript_models import torchscript_model

        print(f"making {path}", flush=True)
        unfinished = path.with_suffix(".unfinished")
        torch.jit.save(torchscript_model(name), str(unfinished))
        os.replace(unfinished, path)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which: " + ", ".join(MAKERS))
    wanted = parser.parse_args()
    unknown = [name for name in wanted.names if name not in MAKERS]
    if unknown:
        parser.error(f"there is no model {unknown[0]!r}: expected {', '.join(MAKERS)}")
    wanted.folder.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")  # the exporter's own, about itself
    for name in wanted.names or USUAL:
        make(name, wanted.folder)


if __name__ == "__main__":
    main()
