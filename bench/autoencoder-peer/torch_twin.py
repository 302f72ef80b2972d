"""The LSTM autoencoder in PyTorch, step for step with ours: from our first weights, dropping the elements that ours drop.

Keras' LSTM, and so ours, has one bias for each gate. PyTorch's has two that are only ever added, one of which is held at
0 here: with both learning, each step of Adam would move their sum twice as far as ours.
"""
import numpy
import torch
from torch import nn

# As lib/nn: ε of Adam, and columns of a tensor are padded to a multiple of that many.
EPSILON = 1e-7
PADDING = 8


class Twin(nn.Module):
    """`layers` LSTMs on each side, each a module of its own, so that what lies between two of them can be given."""

    def __init__(self, width, hidden, layers, dropout):
        super().__init__()
        self.layers, self.dropout, self.dropout_seed = layers, dropout, 0
        self.lstms = nn.ModuleList(
            nn.LSTM(width if i == 0 else hidden, hidden, batch_first=True) for i in range(2 * layers)
        )
        self.read_out = nn.Linear(hidden, width)
        for lstm in self.lstms:
            nn.init.zeros_(lstm.bias_hh_l0)
            lstm.bias_hh_l0.requires_grad_(False)

    def forward(self, x):
        for i, lstm in enumerate(self.lstms):
            if i == self.layers:
                x = x[:, -1:, :].expand(-1, steps, -1)
            steps = x.shape[1]
            x, _ = lstm(x)
            if self.training and self.dropout > 0 and i % self.layers < self.layers - 1:
                # Among our layers there is one that drops after each LSTM but a stack's last, and one that repeats.
                x = x * draw_mask(self.dropout_seed, 2 * i + 1, x.shape, self.dropout)
        return self.read_out(x)

    def weights(self):
        """In the order of ours, as ours: kernels [in, out]."""
        for lstm in self.lstms:
            yield lstm.weight_ih_l0.T
            yield lstm.weight_hh_l0.T
            yield lstm.bias_ih_l0
        yield self.read_out.weight.T
        yield self.read_out.bias

    def read(self, flat):
        with torch.no_grad():
            at = 0
            for weight in self.weights():
                weight.copy_(torch.from_numpy(flat[at : at + weight.numel()].reshape(weight.shape)))
                at += weight.numel()
        assert at == len(flat), f"{len(flat)} weights for a network of {at}"


def draw_mask(seed, layer, shape, rate):
    """What lib/nn/kernel/source/layers.ts multiplies by: 0 or 1 / (1 − rate), by a hash of seed, layer and place."""
    sequences, steps, columns = shape
    padded = -(-columns // PADDING) * PADDING
    with numpy.errstate(over="ignore"):
        key = scramble(numpy.uint32(seed) ^ numpy.uint32(0x5BF03635))
        first = scramble(key + numpy.uint32(layer))
        second = scramble(key ^ numpy.uint32(layer + 0x68E31DA4))
        places = numpy.arange(sequences * steps * padded, dtype=numpy.uint32)
        bits = scramble(scramble(places ^ first) + second)
    kept = (bits >= numpy.uint32(round(rate * 2**32))) * numpy.float32(1 / (1 - rate))
    return torch.from_numpy(kept.astype(numpy.float32).reshape(sequences, steps, padded)[:, :, :columns].copy())


def scramble(x):
    x = (x ^ (x >> numpy.uint32(16))) * numpy.uint32(0x7FEB352D)
    x = (x ^ (x >> numpy.uint32(15))) * numpy.uint32(0x846CA68B)
    return x ^ (x >> numpy.uint32(16))
