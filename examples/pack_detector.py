#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Packs a detector of torchvision into a TorchServe archive that needs no Python to be served.

    examples/pack_detector.py drawn_humanoid_detector --class drawn_humanoid --store model-store
    examples/pack_detector.py people --weights trained.pth --class person --model fasterrcnn --store model-store

The network is Mask R-CNN or Faster R-CNN on MobileNetV3 with one class more than --class names (the background); without
--weights, a state_dict of the same network, they are random, which finds nonsense but takes as long. What a detector that
is served with mmdet's or mmpose's Python handlers needs to move here is the same: a scripted model and `object_detector`
as its handler.

Needs Debian's python3-torch and python3-torchvision. The archive is what torch-model-archiver would write: a zip with the
model, the names of its classes, and a manifest that says which is which.
"""
import argparse
import io
import json
import zipfile
from pathlib import Path

SIDE = 320  # pixels of the shorter side, to which the network itself resizes a picture


def detector(kind, classes, weights):
    import torch
    from torchvision.models import mobilenet_v3_large
    from torchvision.models.detection import FasterRCNN, MaskRCNN
    from torchvision.models.detection.backbone_utils import BackboneWithFPN

    torch.manual_seed(1)
    features = mobilenet_v3_large(weights=None).features
    stages = {"6": "0", "12": "1", "16": "2"}  # where it has halved the picture three, four and five times
    channels = [features[int(i)].out_channels for i in stages]
    backbone = BackboneWithFPN(features, stages, channels, out_channels=128)
    network = {"maskrcnn": MaskRCNN, "fasterrcnn": FasterRCNN}[kind]
    model = network(backbone, num_classes=classes, min_size=SIDE, max_size=2 * SIDE, box_detections_per_img=20,
                    rpn_pre_nms_top_n_test=200, rpn_post_nms_top_n_test=100, **anchors(len(stages) + 1))
    if weights:
        model.load_state_dict(torch.load(weights, map_location="cpu"))
    return torch.jit.script(model.eval())


def anchors(levels):
    """One size a level of the pyramid; the regions of interest are cut from all but its top."""
    from torchvision.models.detection.anchor_utils import AnchorGenerator
    from torchvision.ops import MultiScaleRoIAlign

    names = [str(i) for i in range(levels - 1)]
    return {"rpn_anchor_generator": AnchorGenerator(tuple((32 << i,) for i in range(levels)), ((0.5, 1.0, 2.0),) * levels),
            "box_roi_pool": MultiScaleRoIAlign(names, output_size=7, sampling_ratio=2)}


def write_archive(file, name, version, model, classes):
    import torch

    code = io.BytesIO()
    torch.jit.save(model, code)
    names = {str(i): each for i, each in enumerate(["background", *classes])}
    manifest = {"createdOn": "", "runtime": "python", "archiverVersion": "",
                "model": {"modelName": name, "modelVersion": version, "serializedFile": "model.pt",
                          "handler": "object_detector"}}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("MAR-INF/MANIFEST.json", json.dumps(manifest, indent=2))
        archive.writestr("index_to_name.json", json.dumps(names))
        archive.writestr("model.pt", code.getvalue())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="of the model")
    parser.add_argument("--version", default="1.0", help="(%(default)s)")
    parser.add_argument("--model", choices=("maskrcnn", "fasterrcnn"), default="maskrcnn", help="(%(default)s)")
    parser.add_argument("--class", dest="classes", action="append", required=True, metavar="NAME", help="may repeat")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="a state_dict of the network")
    parser.add_argument("--store", type=Path, default=Path(), help="the folder into which NAME.mar goes (.)")
    options = parser.parse_args()
    options.store.mkdir(parents=True, exist_ok=True)
    file = options.store / f"{options.name}.mar"
    model = detector(options.model, len(options.classes) + 1, options.weights)
    write_archive(file, options.name, options.version, model, options.classes)
    print(f"{file}: {file.stat().st_size >> 20} MiB")


if __name__ == "__main__":
    main()
