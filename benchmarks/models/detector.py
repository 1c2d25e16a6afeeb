# SPDX-License-Identifier: Apache-2.0
"""A small detector with random weights, in the manner of CenterNet (Zhou, Wang, Kraehenbuehl 2019): a heat map a class, whose
peaks are the objects."""
import torch
from torch import nn

SIDE = 160
CLASSES = 20
MOST = 100  # objects of an image


def layer(inputs, outputs, stride):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.ReLU())


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(layer(3, 16, 2), layer(16, 32, 2), layer(32, 64, 1), layer(64, 64, 2),
                                      layer(64, 128, 1), layer(128, 128, 1))
        self.heat = nn.Sequential(layer(128, 64, 1), nn.Conv2d(64, CLASSES, 1))
        self.size = nn.Sequential(layer(128, 64, 1), nn.Conv2d(64, 4, 1))

    def forward(self, image):
        features = self.backbone(image)
        heat = torch.sigmoid(self.heat(features))
        # What is largest among its neighbours is a peak.
        peaks = heat * (heat == nn.functional.max_pool2d(heat, 3, 1, 1)).float()
        scores, found = peaks.flatten(1).topk(MOST)
        cells = heat.shape[2] * heat.shape[3]
        places = (found % cells).unsqueeze(2).expand(-1, -1, 4)
        boxes = self.size(features).flatten(2).transpose(1, 2).gather(1, places)
        return boxes, scores, found // cells


def detector():
    torch.manual_seed(1234)
    return Detector().eval()
