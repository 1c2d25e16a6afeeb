# SPDX-License-Identifier: Apache-2.0
"""Networks of torchvision with random weights as TorchScript programs, whose input is `x`."""
import torch
import torchvision
from image_models import image_model, settle_batch_norms


def quantised_mobilenet():
    """MobileNetV3-large in 8 bits, for oneDNN; what is observed is noise."""
    torch.backends.quantized.engine = "onednn"
    torch.manual_seed(1234)
    model = torchvision.models.quantization.mobilenet_v3_large(weights=None, quantize=False).eval()
    with torch.no_grad():
        settle_batch_norms(model)
        model.fuse_model(is_qat=False)
        model.qconfig = torch.ao.quantization.get_default_qconfig("onednn")
        torch.ao.quantization.prepare(model, inplace=True)
        model(torch.randn(8, 3, 224, 224))
        torch.ao.quantization.convert(model, inplace=True)
    return torch.jit.script(model)


def mask_rcnn():
    """Mask R-CNN on ResNet50 with two kinds of things, one of which it finds everywhere: as much work as it ever has."""
    torch.manual_seed(1234)
    model = torchvision.models.detection.maskrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=2).eval()
    with torch.no_grad():
        model.roi_heads.box_predictor.cls_score.bias[1] = 1.0
    return torch.jit.script(model)


def torchscript_model(name):
    if name == "mobilenet_v3_large_int8":
        return quantised_mobilenet()
    if name == "mask_rcnn":
        return mask_rcnn()
    return torch.jit.script(image_model(name).eval())
