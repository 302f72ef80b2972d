"""Writes what numpy and scikit-learn make of the same numbers, for test/unit/linalg and test/unit/models/pca:
test/fixtures/linalg/symmetric.json and test/fixtures/sklearn/pca.json.

Run with a Python that has numpy and scikit-learn: `/usr/bin/python3 scripts/reference/pca.py`
"""
import json
from pathlib import Path

import numpy
import sklearn
from sklearn.decomposition import PCA

FIXTURES = Path(__file__).parents[2] / "test/fixtures"
NOISE_FLOOR = 0.01


def symmetric_cases(random):
    def from_values(values):
        basis, _ = numpy.linalg.qr(random.normal(size=(len(values), len(values))))
        return basis @ numpy.diag(values) @ basis.T

    square = random.normal(size=(7, 7))
    yield "one number", numpy.array([[3.0]])
    yield "two by two", numpy.array([[2.0, -1], [-1, 5]])
    yield "random, both signs", square + square.T
    yield "already diagonal", numpy.diag([1.0, 4, -2, 0])
    yield "all zero", numpy.zeros((3, 3))
    yield "equal values", from_values([5.0, 5, 5, 1, 1])
    yield "singular", from_values([9.0, 4, 1, 0, 0, 0])
    yield "far apart", from_values([1e9, 1e3, 1, 1e-3])
    yield "tiny", from_values([3e-200, 2e-200, 1e-200])
    yield "covariance of 20", numpy.cov(random.normal(size=(200, 20)) @ random.normal(size=(20, 20)), rowvar=False)


def symmetric(random):
    cases = []
    for name, matrix in symmetric_cases(random):
        matrix = (matrix + matrix.T) / 2
        values, vectors = numpy.linalg.eigh(matrix)
        cases.append(
            {
                "name": name,
                "matrix": matrix.ravel().tolist(),
                "values": values[::-1].tolist(),
                "vectors": vectors[:, ::-1].T.ravel().tolist(),
            }
        )
    return {"numpy": numpy.__version__, "cases": cases}


def plain_pca(rows, probes):
    fitted = PCA(svd_solver="full").fit(rows.astype(float))
    usual = fitted.explained_variance_ + NOISE_FLOOR * fitted.explained_variance_.mean()
    squares = fitted.transform(probes.astype(float)) ** 2
    kept = 2
    short = PCA(n_components=kept, svd_solver="full").fit(rows.astype(float))
    back = short.inverse_transform(short.transform(probes.astype(float)))
    return {
        "components": fitted.components_.ravel().tolist(),
        "variances": fitted.explained_variance_.tolist(),
        "mean": fitted.mean_.tolist(),
        "scores": numpy.sqrt((squares / usual).sum(axis=1) / len(usual)).tolist(),
        "kept": kept,
        "errors": ((probes - back) ** 2).sum(axis=1).tolist(),
    }


def lagged(rows, window):
    """The newest row first, as the model has it."""
    return numpy.hstack([rows[window - 1 - lag : len(rows) - lag] for lag in range(window)])


def models(random):
    mixed = random.normal(size=(300, 5)) * [4, 2, 1, 0.3, 0.1] @ random.normal(size=(5, 5)) + [10, -3, 0, 100, 1]
    rows = mixed.round(4).astype(numpy.float32)
    probes = (rows[:40] + random.normal(size=(40, 5)).round(3) * 2).astype(numpy.float32)
    wave = (numpy.sin(numpy.arange(400) / 6) + random.normal(size=400) / 10).round(4).astype(numpy.float32)[:, None]
    window = 6
    return {
        "sklearn": sklearn.__version__,
        "metrics": {
            "window": 1,
            "rows": rows.astype(float).round(6).tolist(),
            "probes": probes.astype(float).round(6).tolist(),
            **plain_pca(rows, probes),
        },
        "lagged": {
            "window": window,
            "rows": wave.astype(float).round(6).tolist(),
            "probes": wave[:60].astype(float).round(6).tolist(),
            **plain_pca(lagged(wave, window), lagged(wave[:60], window)),
        },
    }


random = numpy.random.default_rng(11)
for path, made in [("linalg/symmetric.json", symmetric(random)), ("sklearn/pca.json", models(random))]:
    (FIXTURES / path).write_text(json.dumps(made) + "\n")
