"""Writes what PyTorch makes of a training of the LSTM autoencoder, for test/unit/nn/torch.test.ts:
test/fixtures/torch/lstm-autoencoder.json.

First weights, batches and the seeds of what is dropped are drawn here; the elements dropped are those of the kernel's
hash, as bench/autoencoder-peer/torch_twin.py computes it. Gradients are clipped at some of the steps and not at others.

Run with a Python that has PyTorch: `/usr/bin/python3 scripts/reference/lstm-autoencoder.py`
"""
import json
import sys
from pathlib import Path

import numpy
import torch
from torch import nn

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "bench/autoencoder-peer"))
from torch_twin import EPSILON, Twin  # noqa: E402

# Neither width is a multiple of what tensors are padded to; a batch is more than one of the kernel's shards.
STEPS, WIDTH, HIDDEN, LAYERS, DROPOUT = 7, 3, 6, 2, 0.2
BATCH, BATCHES, RATE, CLIP = 11, 30, 0.01, 0.2
PLACES = 6  # decimals of what is stored: float32 has no more


def train(random):
    network = Twin(WIDTH, HIDDEN, LAYERS, DROPOUT)
    count = sum(weight.numel() for weight in network.weights())
    weights = numpy.round(random.uniform(-0.4, 0.4, count), PLACES).astype(numpy.float32)
    network.read(weights)
    learning = [weight for weight in network.parameters() if weight.requires_grad]
    adam = torch.optim.Adam(learning, lr=RATE, eps=EPSILON)
    # Waves and noise, in steps that sequences share.
    time = numpy.arange(120)[:, None]
    rows = numpy.round(numpy.sin(time / [3, 5, 9]) + random.normal(0, 0.1, (120, WIDTH)), PLACES).astype(numpy.float32)
    starts = random.integers(0, 120 - STEPS, (BATCHES, BATCH))
    seeds = random.integers(0, 2**32, BATCHES, dtype=numpy.uint32)
    losses, norms = [], []
    for batch, seed in zip(starts, seeds):
        network.dropout_seed = seed
        x = torch.from_numpy(rows[batch[:, None] + numpy.arange(STEPS)])
        adam.zero_grad()
        loss = nn.functional.mse_loss(network(x), x)
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(learning, CLIP).item())
        adam.step()
        losses.append(loss.item())
    network.eval()
    with torch.no_grad():
        output = network(torch.from_numpy(rows[None, :STEPS])).numpy()
        last = numpy.concatenate([weight.numpy().ravel() for weight in network.weights()])
    return {
        "torch": torch.__version__,
        "steps": STEPS,
        "features": WIDTH,
        "hidden": HIDDEN,
        "layers": LAYERS,
        "dropout": DROPOUT,
        "learningRate": RATE,
        "clipNorm": CLIP,
        "weights": numbers(weights),
        "rows": numbers(rows.ravel()),
        "starts": starts.tolist(),
        "dropoutSeeds": seeds.tolist(),
        "losses": losses,
        "norms": norms,
        "lastWeights": numbers(last, 8),
        "output": numbers(output.ravel(), 8),
    }


def numbers(values, places=PLACES):
    return [round(float(value), places) for value in values]


torch.set_num_threads(1)
file = ROOT / "test/fixtures/torch/lstm-autoencoder.json"
file.parent.mkdir(exist_ok=True)
file.write_text(json.dumps(train(numpy.random.default_rng(7))) + "\n")
