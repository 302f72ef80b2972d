"""numpy's and scikit-learn's figures for the scaler's tests, written to test/fixtures/sklearn/robust-scaler.json.

python3 scripts/reference/robust-scaler.py, with numpy and scikit-learn; the versions are part of the output.
"""
import json
from pathlib import Path

import numpy
import sklearn
from sklearn.preprocessing import RobustScaler

random = numpy.random.default_rng(7)
COLUMNS = {
    "normal": random.normal(5, 2, 401),
    "lognormal": random.lognormal(0, 1.5, 300),
    "bytes": random.uniform(1e8, 2e8, 97),
    "small integers": random.integers(0, 9, 250).astype(float),
    "two values": numpy.array([1.0, 4.0]),
    "negative": -random.exponential(3, 64),
}


def figures(values):
    scaler = RobustScaler(unit_variance=True).fit(values.reshape(-1, 1))
    low, high = numpy.quantile(values, [0.005, 0.995])
    probe = float(values.max() * 1.5)
    return {
        "values": values.tolist(),
        "center": float(scaler.center_[0]),
        "scale": float(scaler.scale_[0]),
        "low": float(low),
        "high": float(high),
        "probe": probe,
        "scaledProbe": float(scaler.transform([[probe]])[0, 0]),
    }


result = {
    "madeBy": "scripts/reference/robust-scaler.py",
    "sklearn": sklearn.__version__,
    "numpy": numpy.__version__,
    "columns": {name: figures(values) for name, values in COLUMNS.items()},
}
path = Path(__file__).parents[2] / "test/fixtures/sklearn/robust-scaler.json"
path.write_text(json.dumps(result, indent=1) + "\n")
