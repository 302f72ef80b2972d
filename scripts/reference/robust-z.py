"""Writes test/fixtures/robust-z/numpy.json: baselines and deviations of lib/models/robust-z, worked out with numpy alone.

Run with a Python that has numpy and scipy: `python3 scripts/reference/robust-z.py`
"""
import json
from pathlib import Path

import numpy
from scipy import stats

KNEE = 10
TAIL = 0.0005


def columns(random):
    """Float32 columns of many shapes, as lists."""
    normal = random.normal(3, 2, 901)
    return {
        "normal": normal,
        "even count": normal[:900],
        "heavy upper tail": random.exponential(1, 2100) ** 3,
        "an incident": numpy.r_[random.normal(0, 1, 900), numpy.full(30, 1e4)],
        "mostly one value": numpy.where(random.random(900) < 0.8, 0, random.normal(0, 1, 900)),
        "one spike": numpy.r_[numpy.zeros(2500), 50],
        "two values": numpy.r_[numpy.zeros(30), numpy.ones(41)],
        "short": numpy.array([1.0, 4, 2]),
        "huge": random.normal(0, 1e18, 200),
    }


def widen(middle, tail):
    limit = KNEE * middle
    return limit * (1 + numpy.log(tail / limit)) if 0 < limit < tail else max(middle, tail)


def baseline(values):
    center = numpy.median(values)
    tail = stats.norm.ppf(1 - TAIL)
    middle = numpy.median(numpy.abs(values - center)) / stats.norm.ppf(0.75)
    beyond = len(values) // round(1 / TAIL)
    low, high = numpy.sort(values)[[beyond, len(values) - 1 - beyond]]
    above, below = widen(middle, (high - center) / tail), widen(middle, (center - low) / tail)
    either = above or below or values.std()
    return center, above or either, below or either


def deviation(value, center, above, below):
    z = (value - center) / above if value > center else (center - value) / below
    return z if z <= KNEE else KNEE * (1 + numpy.log(z / KNEE))


cases = []
for name, values in columns(numpy.random.default_rng(5)).items():
    stored = values.astype(numpy.float32)
    # What the file says, as both sides read it.
    exact = numpy.array([float(f"{value:.5g}") for value in stored]).astype(numpy.float32).astype(float)
    center, above, below = baseline(exact)
    probes = [center + above * step for step in [0.5, 3, 40]] + [center - below * step for step in [0.5, 3, 1e6]]
    probes = [float(numpy.float32(probe)) for probe in probes]
    cases.append(
        {
            "name": name,
            "values": [float(f"{value:.5g}") for value in stored],
            "center": center,
            "above": above,
            "below": below,
            "probes": probes,
            "deviations": [deviation(probe, center, above, below) for probe in probes],
        }
    )
path = Path(__file__).parents[2] / "test/fixtures/robust-z/numpy.json"
path.write_text(json.dumps({"numpy": numpy.__version__, "cases": cases}) + "\n")
