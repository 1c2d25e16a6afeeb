# SPDX-License-Identifier: Apache-2.0
"""ParticleNet with random weights (Qu and Gouskos, "Jet tagging via particle clouds", 2020): what a jet of particles came from.
Each block joins every particle to its nearest ones, in the plane first and then among what the block before has found."""
import torch
from torch import nn

NEAREST = 16
BLOCKS = ((64, 64, 64), (128, 128, 128), (256, 256, 256))
FEATURES = 7
FAR = 999.0  # where what is no particle is put, so that it is nobody's neighbour


def nearest(places):
    """Of each of the [n, d, p] places the closest others, [n, p, NEAREST]."""
    squares = (places * places).sum(1)
    distances = squares.unsqueeze(2) + squares.unsqueeze(1) - 2 * places.transpose(1, 2) @ places
    return distances.topk(NEAREST + 1, largest=False)[1][:, :, 1:]


class EdgeConv(nn.Module):
    def __init__(self, inputs, widths):
        super().__init__()
        layers = []
        before = 2 * inputs
        for width in widths:
            layers += [nn.Conv2d(before, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            before = width
        self.edges = nn.Sequential(*layers)
        self.past = nn.Sequential(nn.Conv1d(inputs, before, 1, bias=False), nn.BatchNorm1d(before))

    def forward(self, places, features):
        count, width, particles = features.shape
        chosen = nearest(places).reshape(count, 1, -1).expand(-1, width, -1)
        around = features.gather(2, chosen).reshape(count, width, particles, NEAREST)
        here = features.unsqueeze(3).expand(-1, -1, -1, NEAREST)
        edges = self.edges(torch.cat((here, around - here), 1)).mean(3)
        return torch.relu(edges + self.past(features))


class ParticleNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.begin = nn.BatchNorm1d(FEATURES)
        inputs = [FEATURES, *(widths[-1] for widths in BLOCKS)]
        self.blocks = nn.ModuleList(EdgeConv(before, widths) for before, widths in zip(inputs, BLOCKS))
        self.end = nn.Sequential(nn.Linear(inputs[-1], 256), nn.ReLU(), nn.Linear(256, 2))

    def forward(self, points, features, mask):
        away = FAR * (1 - mask)
        places = points
        values = self.begin(features) * mask
        for block in self.blocks:
            values = block(places + away, values) * mask
            places = values
        return self.end(values.sum(2) / mask.sum(2).clamp(min=1))


def particle_net():
    torch.manual_seed(1234)
    return ParticleNet().eval()
