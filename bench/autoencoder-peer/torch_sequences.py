"""Sequences as ours are laid out (lib/models/framework/sequences/lay-out.ts), and the mean over what was measured of them."""
import numpy
import torch
from torch import nn


def cut(rows, starts, steps):
    """Sequences, and what was measured of them, or None for all. A missing value is the last one before it, or 0."""
    values = rows[starts[:, None] + numpy.arange(steps)]
    missing = numpy.isnan(values)
    if not missing.any():
        return torch.from_numpy(values), None
    step = numpy.arange(steps)[None, :, None]
    last = numpy.maximum.accumulate(numpy.where(missing, -1, step), axis=1)
    filled = numpy.take_along_axis(values, numpy.maximum(last, 0), axis=1)
    filled[last < 0] = 0
    return torch.from_numpy(filled), torch.from_numpy(~missing)


def squared_error(output, x, measured):
    if measured is None:
        return nn.functional.mse_loss(output, x)
    return nn.functional.mse_loss(output[measured], x[measured])
