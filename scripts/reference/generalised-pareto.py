"""Reference numbers for lib/maths/generalised-pareto.ts: python3 scripts/reference/generalised-pareto.py

Excesses drawn from known tails, SciPy's maximum-likelihood fit of each (genpareto.fit with floc=0, several starts, the
best likelihood kept), its survival function, and SPOT's extreme quantile (Siffer et al. 2017, equation 1):
z = t + scale / shape * ((q * n / Nt) ** -shape - 1).
"""
import json
import pathlib

import numpy as np
import scipy
from scipy import stats

CASES = [(0.0, 1.0, 200), (0.2, 3.0, 400), (0.6, 0.01, 300), (-0.25, 0.05, 500), (0.1, 1e6, 60)]


def fit(excesses):
    best = None
    for start in (-0.2, 0.01, 0.3, 0.8):
        shape, _, scale = stats.genpareto.fit(excesses / excesses.mean(), start, floc=0, scale=1.0)
        likelihood = stats.genpareto.logpdf(excesses / excesses.mean(), shape, scale=scale).mean()
        if np.isfinite(likelihood) and (best is None or likelihood > best[2]):
            best = (shape, scale * excesses.mean(), likelihood - np.log(excesses.mean()))
    return best


def describe(shape, scale, count, rng):
    excesses = stats.genpareto.rvs(shape, scale=scale, size=count, random_state=rng)
    excesses = np.array([float(f"{value:.9g}") for value in excesses])
    fitted_shape, fitted_scale, likelihood = fit(excesses)
    points = [float(value) for value in np.quantile(excesses, [0.1, 0.5, 0.9, 0.99])]
    risk, threshold, rows = 1e-4, 10.0, 50 * count
    return {
        "excesses": excesses.tolist(),
        "shape": fitted_shape,
        "scale": fitted_scale,
        "meanLogLikelihood": likelihood,
        "survival": [[y, float(stats.genpareto.sf(y, fitted_shape, scale=fitted_scale))] for y in points],
        "spot": {
            "threshold": threshold,
            "rows": rows,
            "risk": risk,
            "quantile": threshold
            + fitted_scale / fitted_shape * ((risk * rows / count) ** -fitted_shape - 1),
        },
    }


rng = np.random.default_rng(7)
out = {"madeBy": "scripts/reference/generalised-pareto.py", "scipy": scipy.__version__, "cases": [describe(*case, rng) for case in CASES]}
path = pathlib.Path(__file__).parents[2] / "test/fixtures/scipy/generalised-pareto.json"
path.write_text(json.dumps(out, indent=1) + "\n")
for case, made in zip(CASES, out["cases"]):
    print(case, made["shape"], made["scale"])
