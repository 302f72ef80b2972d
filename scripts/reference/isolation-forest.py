"""scikit-learn's figures for test/fixtures/real/, written to test/fixtures/sklearn/isolation-forest.json.

python3 scripts/reference/isolation-forest.py, with numpy and scikit-learn; the versions are part of the output.
"""
import gzip
import json
from pathlib import Path

import numpy
import sklearn
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

FIXTURES = Path(__file__).parents[2] / "test/fixtures"
SEEDS = 20


def read(path):
    with gzip.open(path, "rt") as file:
        table = numpy.loadtxt(file, delimiter=",", skiprows=1)
    return table[:, 1:-1], table[:, -1]


def aucs(name):
    train, _ = read(FIXTURES / f"real/{name}.train.csv.gz")
    test, labels = read(FIXTURES / f"real/{name}.test.csv.gz")
    for seed in range(1, SEEDS + 1):
        forest = IsolationForest(n_estimators=100, max_samples=256, random_state=seed, n_jobs=1).fit(train)
        yield round(float(roc_auc_score(labels, -forest.score_samples(test))), 6)


files = {path.name.removesuffix(".train.csv.gz") for path in (FIXTURES / "real").glob("*.train.csv.gz")}
result = {
    "madeBy": "scripts/reference/isolation-forest.py",
    "sklearn": sklearn.__version__,
    "numpy": numpy.__version__,
    "params": {"trees": 100, "sampleSize": 256},
    "aucBySeed": {name: list(aucs(name)) for name in sorted(files)},
}
(FIXTURES / "sklearn/isolation-forest.json").write_text(json.dumps(result, indent=2) + "\n")
