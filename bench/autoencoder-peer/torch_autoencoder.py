"""The LSTM autoencoder in PyTorch, for `npm run bench -- autoencoder-peer`: one process for all series.

Reads a JSON object a line and answers with one. In its folder: train.f32 and test.f32 (normalized rows, NaN where
missing), fit.u32, held.u32, profile.u32 and test.u32 (first rows of sequences). Writes profile.errors.f32 and
test.errors.f32: of each sequence's last row, what was measured less what the network gives back, NaN where missing.

A job's `start` is `torch` (nn.LSTM as it comes), `keras` (what Keras and ours do, by PyTorch's own random numbers) or
`ours`: our first weights, our order of sequences and what ours drop, from weights.f32, orders.u32 and dropout.u32.
"""
import json
import sys
from pathlib import Path

import numpy
import torch
from torch import nn
from torch_sequences import cut, squared_error
from torch_twin import EPSILON, Twin


class Autoencoder(nn.Module):
    def __init__(self, width, hidden, layers, dropout):
        super().__init__()
        between = dropout if layers > 1 else 0.0
        self.encoder = nn.LSTM(width, hidden, layers, batch_first=True, dropout=between)
        self.decoder = nn.LSTM(hidden, hidden, layers, batch_first=True, dropout=between)
        self.read_out = nn.Linear(hidden, width)

    def initialize_as_keras(self):
        """Glorot uniform, orthogonal, a forget gate that begins open, and one bias for each gate (torch_twin.py)."""
        for name, value in self.named_parameters():
            if "bias" in name:
                nn.init.zeros_(value)
                if "bias_ih" in name:
                    hidden = len(value) // 4
                    with torch.no_grad():
                        value[hidden : 2 * hidden] = 1.0
                elif "bias_hh" in name:
                    value.requires_grad_(False)
            elif "weight_hh" in name:
                nn.init.orthogonal_(value)
            else:
                nn.init.xavier_uniform_(value)

    def forward(self, x):
        encoded, _ = self.encoder(x)
        repeated = encoded[:, -1:, :].expand(-1, x.shape[1], -1)
        decoded, _ = self.decoder(repeated)
        return self.read_out(decoded)


def mean_loss(network, rows, starts, job):
    """A mean of batches' means, as ours: with missing values their size matters."""
    total = 0.0
    with torch.no_grad():
        for at in range(0, len(starts), job["batch"]):
            x, measured = cut(rows, starts[at : at + job["batch"]], job["steps"])
            total += squared_error(network(x), x, measured).item() * len(x)
    return total / len(starts)


def begin(job, width, folder):
    """The network, the optimizer's ε, and by epoch the order and the seeds of what is dropped, where they are ours."""
    torch.manual_seed(job["seed"])
    size = width, job["hidden"], job["layers"], job["dropout"]
    if job["start"] == "ours":
        network = Twin(*size)
        network.read(numpy.fromfile(folder / "weights.f32", dtype=numpy.float32))
        orders, seeds = (
            numpy.fromfile(folder / f"{name}.u32", dtype=numpy.uint32).reshape(job["epochs"], -1)
            for name in ["orders", "dropout"]
        )
        return network, EPSILON, (orders, seeds)
    network = Autoencoder(*size)
    if job["start"] == "torch":
        return network, 1e-8, None
    network.initialize_as_keras()
    return network, EPSILON, None


def fit(job, rows, starts, held):
    network, epsilon, ours = begin(job, rows.shape[1], Path(job["folder"]))
    learning = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer = torch.optim.Adam(learning, lr=job["rate"], eps=epsilon)
    best, kept, since, history = float("inf"), None, 0, []
    while len(history) < job["epochs"] and since < job["patience"]:
        network.train()
        order = torch.randperm(len(starts)).numpy() if ours is None else ours[0][len(history)].astype(numpy.int64)
        total = 0.0
        for batch, at in enumerate(range(0, len(order), job["batch"])):
            if ours is not None:
                network.dropout_seed = ours[1][len(history)][batch]
            x, measured = cut(rows, starts[order[at : at + job["batch"]]], job["steps"])
            optimizer.zero_grad()
            loss = squared_error(network(x), x, measured)
            loss.backward()
            nn.utils.clip_grad_norm_(learning, job["clip"])
            optimizer.step()
            total += loss.item() * len(x)
        network.eval()
        judged = mean_loss(network, rows, held, job)
        history.append({"loss": total / len(starts), "validationLoss": judged})
        since += 1
        if judged < best:
            best, since = judged, 0
            kept = {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(kept)
    return network.eval(), history


def last_errors(network, rows, starts, steps):
    errors = numpy.empty((len(starts), rows.shape[1]), dtype=numpy.float32)
    with torch.no_grad():
        for at in range(0, len(starts), 256):
            own = starts[at : at + 256]
            x, _ = cut(rows, own, steps)
            errors[at : at + 256] = rows[own + steps - 1] - network(x)[:, -1, :].numpy()
    return errors


torch.set_num_threads(1)
print(json.dumps({"torch": torch.__version__}), flush=True)
for line in sys.stdin:
    job = json.loads(line)
    folder = Path(job["folder"])
    train, test = (
        numpy.fromfile(folder / f"{part}.f32", dtype=numpy.float32).reshape(-1, job["width"]) for part in ["train", "test"]
    )
    starts = {
        name: numpy.fromfile(folder / f"{name}.u32", dtype=numpy.uint32).astype(numpy.int64)
        for name in ["fit", "held", "profile", "test"]
    }
    network, history = fit(job, train, starts["fit"], starts["held"])
    last_errors(network, train, starts["profile"], job["steps"]).tofile(folder / "profile.errors.f32")
    last_errors(network, test, starts["test"], job["steps"]).tofile(folder / "test.errors.f32")
    print(json.dumps({"epochs": history}), flush=True)
