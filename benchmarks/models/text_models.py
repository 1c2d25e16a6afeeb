# SPDX-License-Identifier: Apache-2.0
"""Encoders for text in the sizes of BERT-base and RoBERTa-large, of plain matrix products, with random weights."""
import math
from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Size:
    words: int
    positions: int
    first_position: int
    layers: int
    width: int
    heads: int

    def __post_init__(self):
        self.inner_width = 4 * self.width


SIZES = {
    "bert_base": Size(words=30522, positions=512, first_position=0, layers=12, width=768, heads=12),
    "roberta_large": Size(words=50265, positions=514, first_position=2, layers=24, width=1024, heads=16),
}


class Attention(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.heads = size.heads
        self.query, self.key, self.value, self.out = (nn.Linear(size.width, size.width) for _ in range(4))

    def _by_head(self, x):
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def forward(self, x, penalty):
        query, key, value = (self._by_head(part(x)) for part in (self.query, self.key, self.value))
        scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1]) + penalty
        mixed = (scores.softmax(-1) @ value).transpose(1, 2)
        return self.out(mixed.reshape(x.shape))


class Layer(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.attention = Attention(size)
        self.widen, self.narrow = nn.Linear(size.width, size.inner_width), nn.Linear(size.inner_width, size.width)
        self.norms = nn.ModuleList(nn.LayerNorm(size.width) for _ in range(2))

    def forward(self, x, penalty):
        x = self.norms[0](x + self.attention(x, penalty))
        return self.norms[1](x + self.narrow(nn.functional.gelu(self.widen(x))))


class Encoder(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.word, self.position = nn.Embedding(size.words, size.width), nn.Embedding(size.positions, size.width)
        self.first_position = size.first_position
        self.norm = nn.LayerNorm(size.width)
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))
        self.pool, self.classify = nn.Linear(size.width, size.width), nn.Linear(size.width, 2)
        for weights in self.parameters():
            if weights.dim() > 1:
                nn.init.normal_(weights, std=0.02)

    def forward(self, input_ids, attention_mask):
        places = torch.arange(input_ids.shape[1]) + self.first_position
        x = self.norm(self.word(input_ids) + self.position(places))
        penalty = (1.0 - attention_mask[:, None, None, :].float()) * -10000.0
        for layer in self.layers:
            x = layer(x, penalty)
        return x, self.classify(torch.tanh(self.pool(x[:, 0])))


def text_model(name):
    torch.manual_seed(1234)
    return Encoder(SIZES[name]).eval()
