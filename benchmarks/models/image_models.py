# SPDX-License-Identifier: Apache-2.0
"""Networks of torchvision with random weights."""
import torch
import torchvision


def settle_batch_norms(model):
    """Running statistics that are not the identity, so that folding them is real work and activations stay bounded."""
    chance = torch.Generator().manual_seed(7)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.copy_(torch.randn(module.running_mean.shape, generator=chance) * 0.05)
            module.running_var.copy_(torch.rand(module.running_var.shape, generator=chance) * 0.5 + 0.75)


def side_of(name):
    """Of the square pictures that it was made for."""
    return 600 if name == "efficientnet_b7" else 224


def image_model(name):
    torch.manual_seed(1234)
    model = getattr(torchvision.models, name)(weights=None).eval()
    with torch.no_grad():
        settle_batch_norms(model)
        if hasattr(model, "heads"):  # a transformer's is all zeros, and so would be its answers
            torch.nn.init.normal_(model.heads.head.weight, std=0.02)
    return model
