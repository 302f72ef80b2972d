"""scikit-learn's, TSB-AD's and NAB's figures for the tests of lib/evaluation, written to test/fixtures/evaluation/.

python3 scripts/reference/evaluation.py [--tsb-ad CHECKOUT] [--nab CHECKOUT]

Needs numpy and scikit-learn. CHECKOUT is a clone of https://github.com/TheDatumOrg/TSB-AD or
https://github.com/numenta/NAB; only what is given is written anew.
"""
import argparse
import contextlib
import importlib.util
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy
import sklearn
from sklearn import metrics
from sklearn.utils.class_weight import compute_class_weight

FIXTURES = Path(__file__).parents[2] / "test/fixtures/evaluation"
random = numpy.random.default_rng(2022)


def ranges(rows, *bounds):
    """1 from each first row to each last row, inclusive."""
    labels = numpy.zeros(rows, dtype=int)
    for first, last in bounds:
        labels[first : last + 1] = 1
    return labels


def rank(labels, signal, decimals):
    """Scores that know something of the labels; few decimals make ties."""
    return numpy.round(random.normal(0, 1, len(labels)) + signal * labels, decimals)


def point_cases():
    few = (random.random(120) < 0.1).astype(int)
    half = (random.random(200) < 0.5).astype(int)
    yield "separable", few, rank(few, 9, 6)
    yield "weak signal", few, rank(few, 1, 6)
    yield "ties", half, rank(half, 0.5, 0)
    yield "inverted", half, -rank(half, 2, 3)
    yield "all scores equal", few, numpy.full(len(few), 0.25)
    yield "all anomalous but one", 1 - ranges(30, (4, 4)), rank(numpy.zeros(30), 0, 2)
    yield "one anomalous row, lowest score", ranges(20, (7, 7)), -rank(ranges(20, (7, 7)), 50, 3)
    yield "two rows", numpy.array([0, 1]), numpy.array([0.5, 0.5])


def point_figures(name, labels, scores):
    threshold = float(numpy.median(scores))
    predicted = (scores >= threshold).astype(int)
    fpr, tpr, roc_thresholds = metrics.roc_curve(labels, scores, drop_intermediate=False)
    precision, recall, pr_thresholds = metrics.precision_recall_curve(labels, scores)
    with numpy.errstate(invalid="ignore"):
        f1 = numpy.nan_to_num(2 * precision * recall / (precision + recall))
    best = numpy.flatnonzero(f1 >= f1.max() - 1e-15)[-1]
    return {
        "name": name,
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "threshold": threshold,
        "confusion": metrics.confusion_matrix(labels, predicted, labels=[0, 1]).tolist(),
        "accuracy": metrics.accuracy_score(labels, predicted),
        "precision": metrics.precision_score(labels, predicted),
        "recall": metrics.recall_score(labels, predicted),
        "f1": metrics.f1_score(labels, predicted),
        "rocCurve": {"fpr": fpr.tolist(), "tpr": tpr.tolist(), "thresholds": roc_thresholds[1:].tolist()},
        "rocAuc": metrics.roc_auc_score(labels, scores),
        "prCurve": {
            "precision": precision.tolist(),
            "recall": recall.tolist(),
            "thresholds": pr_thresholds.tolist(),
        },
        "averagePrecision": metrics.average_precision_score(labels, scores),
        "bestF1": {"f1": float(f1[best]), "threshold": float(pr_thresholds[best])},
        "classWeights": compute_class_weight("balanced", classes=numpy.array([0, 1]), y=labels).tolist(),
    }


def volume_cases():
    yield "one range", ranges(300, (140, 165)), 2, 6, 40
    yield "ranges at both ends", ranges(200, (0, 9), (80, 80), (190, 199)), 1.5, 6, 30
    yield "buffers that meet", ranges(260, (50, 60), (66, 70), (90, 110), (112, 112)), 1, 6, 25
    yield "ties", ranges(240, (30, 50), (120, 121)), 1, 0, 20
    yield "no signal", ranges(400, (100, 140), (300, 310)), 0, 6, 60
    yield "inverted", ranges(150, (40, 60)), -3, 4, 10
    yield "mostly anomalous", ranges(120, (5, 70), (74, 115)), 1, 5, 15
    yield "buffer longer than the series", ranges(60, (20, 24)), 2, 5, 130
    yield "no buffer", ranges(100, (20, 30), (60, 60)), 1, 5, 0
    yield "buffer of one row", ranges(100, (20, 30), (60, 60)), 1, 5, 1
    yield "more rows than thresholds", ranges(1500, (200, 260), (700, 700), (1400, 1480)), 1, 3, 100


def volume_figures(peer, case):
    name, labels, signal, decimals, window = case
    scores = rank(labels, signal, decimals)
    volumes = {}
    for version in ["opt", "opt_mem"]:
        *_, roc, pr = peer.generate_curve(labels, scores, window, version, 250)
        volumes[version] = {"roc": float(roc), "pr": float(pr)}
    # The slice at the longest buffer: what the volume gains by it.
    shorter = peer.generate_curve(labels, scores, window - 1)[-2:] if window > 0 else (0, 0)
    slice_ = [(window + 1) * volumes["opt"][k] - window * float(s) for k, s in zip(["roc", "pr"], shorter)]
    return {
        "name": name,
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "maxBuffer": window,
        "volumes": volumes,
        "lastSlice": {"roc": slice_[0], "pr": slice_[1]},
    }


def corpora():
    yield "three files", [
        (ranges(400, (100, 139), (300, 319)), 1.0),
        (ranges(250, (180, 204)), 2.0),
        (ranges(300), 0.0),
    ]
    yield "window that starts in probation", [(ranges(200, (20, 49), (150, 154)), 1.5)]
    yield "window within probation", [(ranges(200, (5, 14), (120, 139)), 1.0)]
    yield "longer than the probation's limit", [(ranges(6000, (760, 800), (3000, 3100), (5990, 5999)), 3.0)]
    yield "nothing to find", [(ranges(100), 0.0)]


def nab_figures(sweeper, optimizer, profiles, name, files):
    drawn = []
    for labels, signal in files:
        # Scores of NAB are within 0 and 1. Few decimals keep the file small and make ties.
        scores = numpy.round(1 / (1 + numpy.exp(-rank(labels, signal, 6))), 2)
        drawn.append((labels, scores))
    figures = {}
    for profile, matrix in profiles.items():
        costs = matrix["CostMatrix"]
        paths = [f"data/{i}.csv" for i in range(len(drawn))]
        windows = {path: limits(labels) for path, (labels, _) in zip(paths, drawn)}
        corpus = SimpleNamespace(
            dataFiles={
                f"data/peer_{i}.csv": SimpleNamespace(data={"anomaly_score": scores.tolist()})
                for i, (_, scores) in enumerate(drawn)
            }
        )
        truth = SimpleNamespace(
            windows=windows,
            labels={path: {"timestamp": list(range(len(labels)))} for path, (labels, _) in zip(paths, drawn)},
        )
        with contextlib.redirect_stdout(io.StringIO()):
            best = optimizer.optimizeThreshold(("peer", costs, corpus, truth, 0.15))

        def raw(threshold):
            scorer = sweeper.Sweeper(probationPercent=0.15, costMatrix=costs)
            return sum(
                scorer.scoreDataSet(list(range(len(labels))), scores.tolist(), limits(labels), path, threshold)[1].score
                for path, (labels, scores) in zip(paths, drawn)
            )

        figures[profile] = {
            "threshold": best["threshold"],
            "raw": best["score"],
            "rawAtThreshold": raw(best["threshold"]),
            "rawAtFixed": raw(0.8),
            # What NAB's null detector gets, and its runner takes as 0.
            "silence": raw(1.05),
        }
    return {
        "name": name,
        "files": [{"labels": runs(labels), "scores": scores.tolist()} for labels, scores in drawn],
        "fixed": 0.8,
        "profiles": figures,
    }


def runs(labels):
    return {"rows": len(labels), "windows": limits(labels)}


def limits(labels):
    """First and last row of each window, inclusive."""
    edges = numpy.flatnonzero(numpy.diff(numpy.concatenate([[0], labels, [0]])))
    return [(int(first), int(end) - 1) for first, end in zip(edges[::2], edges[1::2])]


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write(name, content):
    FIXTURES.mkdir(parents=True, exist_ok=True)
    made_by = {"madeBy": "scripts/reference/evaluation.py", "numpy": numpy.__version__}
    (FIXTURES / name).write_text(json.dumps({**made_by, **content}, separators=(",", ":")) + "\n")


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--tsb-ad", type=Path)
parser.add_argument("--nab", type=Path)
options = parser.parse_args()

write(
    "sklearn.json",
    {
        "sklearn": sklearn.__version__,
        "cases": [point_figures(*case) for case in point_cases()],
    },
)
if options.tsb_ad:
    random = numpy.random.default_rng(2023)
    peer = load(options.tsb_ad / "TSB_AD/evaluation/basic_metrics.py")
    write("tsb-ad.json", {"cases": [volume_figures(peer, case) for case in volume_cases()]})
if options.nab:
    random = numpy.random.default_rng(2015)
    sys.path.insert(0, str(options.nab))
    from nab import optimizer, sweeper

    profiles = json.loads((options.nab / "config/profiles.json").read_text())
    write("nab.json", {"cases": [nab_figures(sweeper, optimizer, profiles, *case) for case in corpora()]})
