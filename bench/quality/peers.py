"""scikit-learn's detectors, for `npm run bench:quality`: one process for all series.

Reads a JSON object a line ({"folder", "columns"}), with train.f32 and test.f32 in the folder; writes NAME.train.f64 and
NAME.test.f64 there and answers with a JSON object a line: name of the peer -> null, or why it has no scores.
A missing value (NaN) becomes 0, the usual centre of its column, as neither peer takes one.
"""
import json
import sys
from pathlib import Path

import numpy
import sklearn
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest

EXPLAINED = 0.9


def isolation_forest(train, test):
    forest = IsolationForest(n_estimators=100, max_samples=min(256, len(train)), random_state=1).fit(train)
    return -forest.score_samples(train), -forest.score_samples(test)


def reconstruction_error(train, test):
    """Squared error of what the components that explain 90 % of the training variance leave of a row."""
    if numpy.count_nonzero(train.std(axis=0)) < 2:
        raise ValueError("fewer than two columns vary: nothing to leave out")
    pca = PCA(n_components=EXPLAINED, svd_solver="full").fit(train)

    def error(rows):
        return ((rows - pca.inverse_transform(pca.transform(rows))) ** 2).sum(axis=1)

    return error(train), error(test)


PEERS = {"sklearn-isolation-forest": isolation_forest, "sklearn-pca": reconstruction_error}

print(json.dumps({"sklearn": sklearn.__version__, "peers": list(PEERS)}), flush=True)
for line in sys.stdin:
    job = json.loads(line)
    folder = Path(job["folder"])
    train, test = (
        numpy.nan_to_num(numpy.fromfile(folder / f"{side}.f32", dtype=numpy.float32).astype(float), nan=0.0)
        .reshape(-1, job["columns"])
        for side in ["train", "test"]
    )
    answer = {}
    for name, peer in PEERS.items():
        try:
            for side, scores in zip(["train", "test"], peer(train, test)):
                scores.astype(numpy.float64).tofile(folder / f"{name}.{side}.f64")
            answer[name] = None
        except (ValueError, numpy.linalg.LinAlgError) as error:
            answer[name] = str(error)
    print(json.dumps(answer), flush=True)
