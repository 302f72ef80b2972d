"""Writes test/fixtures/statsmodels/arima.json: series, and what statsmodels' SARIMAX makes of them.

Run with Python 3.11, statsmodels 0.13.5, numpy and pandas: `/usr/bin/python3 scripts/reference/arima.py`

Per case: the parameters that maximise the exact likelihood of the differenced series (simple_differencing=True), that
likelihood, the likelihood and innovations at other, fixed parameters, and forecasts in the series' own units
(simple_differencing=False at the same parameters).
"""

import gzip
import json
import pathlib
import warnings

import numpy
import pandas
import statsmodels
from statsmodels.tsa.statespace.sarimax import SARIMAX
from statsmodels.tsa.stattools import kpss

warnings.simplefilter("ignore")
ROOT = pathlib.Path(__file__).parents[2] / "test" / "fixtures"
FORECAST_ROWS = 24
random = numpy.random.default_rng(20261123)


def simulate(phi, theta, n, sigma=1.0, burn=300):
    """phi: w_t = phi_1 w_(t-1) + ... + e_t + theta_1 e_(t-1) + ..."""
    e = random.normal(0, sigma, n + burn)
    w = numpy.zeros(n + burn)
    for t in range(n + burn):
        w[t] = e[t]
        for lag, value in phi.items():
            if t >= lag:
                w[t] += value * w[t - lag]
        for lag, value in theta.items():
            if t >= lag:
                w[t] += value * e[t - lag]
    return w[burn:]


def airline(n, theta, seasonal, m, sigma):
    w = simulate({}, {1: theta, m: seasonal, m + 1: theta * seasonal}, n, sigma)
    y = numpy.zeros(n)
    start = 0.3 * numpy.sin(2 * numpy.pi * numpy.arange(m) / m) + 5
    for t in range(n):
        y[t] = start[t] if t < m else w[t] + y[t - m] + (y[t - 1] - y[t - m - 1] if t > m else 0)
    return y


def without(y, share, stretch=None):
    y = y.copy()
    y[random.uniform(size=len(y)) < share] = numpy.nan
    if stretch is not None:
        y[stretch[0] : stretch[1]] = numpy.nan
    return y


def real(name, part, column, rows):
    with gzip.open(ROOT / "real" / f"{name}.{part}.csv.gz", "rt") as file:
        return pandas.read_csv(file)[column].to_numpy(dtype=float)[:rows]


CASES = {
    "AR(2) with a mean": (10 + simulate({1: 1.1, 2: -0.4}, {}, 400), (2, 0, 0), (0, 0, 0, 0), True),
    "ARMA(1,1)": (simulate({1: 0.8}, {1: 0.4}, 500), (1, 0, 1), (0, 0, 0, 0), False),
    "ARMA(2,2) with a mean": (5 + simulate({1: 1.2, 2: -0.5}, {1: 0.3, 2: 0.4}, 600, 2.0), (2, 0, 2), (0, 0, 0, 0), True),
    "IMA(1,1)": (numpy.cumsum(simulate({}, {1: -0.6}, 400)), (0, 1, 1), (0, 0, 0, 0), False),
    "ARIMA(1,1,1) with drift": (numpy.cumsum(0.5 + simulate({1: 0.5}, {1: 0.3}, 400)), (1, 1, 1), (0, 0, 0, 0), True),
    "ARIMA(0,2,2)": (numpy.cumsum(numpy.cumsum(simulate({}, {1: -1.0, 2: 0.3}, 300))), (0, 2, 2), (0, 0, 0, 0), False),
    "airline (0,1,1)(0,1,1)12": (airline(240, -0.4, -0.6, 12, 0.04), (0, 1, 1), (0, 1, 1, 12), False),
    "seasonal (1,0,0)(1,0,0)12 with a mean": (
        20 + simulate({1: 0.5, 12: 0.6, 13: -0.3}, {}, 360),
        (1, 0, 0),
        (1, 0, 0, 12),
        True,
    ),
    "seasonal (1,0,1)(0,1,1)24 with drift": (
        numpy.concatenate([numpy.zeros(24), 0.2 + simulate({1: 0.6}, {1: 0.2, 24: -0.5, 25: -0.1}, 456)])
        .reshape(20, 24)
        .cumsum(axis=0)
        .ravel(),
        (1, 0, 1),
        (0, 1, 1, 24),
        True,
    ),
    "ARMA(1,1) with 20 % missing and a gap": (
        without(simulate({1: 0.9}, {1: -0.3}, 500), 0.2, (200, 260)),
        (1, 0, 1),
        (0, 0, 0, 0),
        False,
    ),
    "IMA(1,1) with 5 % missing and a gap": (
        without(numpy.cumsum(simulate({}, {1: -0.5}, 500)), 0.05, (300, 330)),
        (0, 1, 1),
        (0, 0, 0, 0),
        False,
    ),
    "real: working set of a front-end pod, ARMA(1,1) with a mean": (
        real("sockshop-front-end", "train", "container_memory_working_set_bytes", 600) / 1e6,
        (1, 0, 1),
        (0, 0, 0, 0),
        True,
    ),
    "real: CPU of a front-end pod, ARMA(2,1) with a mean": (
        real("sockshop-front-end", "train", "container_cpu_usage_seconds_total", 800),
        (2, 0, 1),
        (0, 0, 0, 0),
        True,
    ),
}


def fit(y, order, seasonal, constant):
    model = SARIMAX(y, order=order, seasonal_order=seasonal, trend="c" if constant else None, simple_differencing=True)
    best = None
    for start in (None, "given"):
        start_params = None if start is None else best.params
        result = model.fit(start_params, method="lbfgs", disp=0, maxiter=2000, pgtol=1e-9, factr=10)
        if best is None or result.llf > best.llf:
            best = result
    polished = model.fit(best.params, method="nm", disp=0, maxiter=20000, xtol=1e-9, ftol=1e-11)
    return model, polished if polished.llf > best.llf else best


def rounded(values):
    return [None if numpy.isnan(value) else float(f"{value:.10g}") for value in numpy.asarray(values)]


def measure(name, y, order, seasonal, constant):
    # As stored: the reader sees the same numbers.
    y = numpy.array([numpy.nan if value is None else value for value in rounded(y)])
    model, best = fit(y, order, seasonal, constant)
    fixed = best.params * 0.9
    at_fixed = model.filter(fixed)
    levels = SARIMAX(y, order=order, seasonal_order=seasonal, trend="c" if constant else None).filter(best.params)
    forecast = levels.get_forecast(FORECAST_ROWS)
    innovations = numpy.where(
        numpy.isnan(model.endog[:, 0]), numpy.nan, at_fixed.filter_results.standardized_forecasts_error[0]
    )
    return {
        "name": name,
        "order": order,
        "seasonalOrder": seasonal[:3],
        "season": seasonal[3],
        "constant": constant,
        "y": rounded(y),
        "names": model.param_names,
        "params": rounded(best.params),
        "llf": best.llf,
        # With as many lags as the R package forecast takes when it chooses d.
        "kpss": None if numpy.isnan(y).any() else kpss(y, "c", nlags=int(3 * numpy.sqrt(len(y)) / 13))[0],
        "fixed": {"params": [float(value) for value in fixed], "llf": at_fixed.llf, "innovations": rounded(innovations)},
        "forecast": {
            "mean": rounded(forecast.predicted_mean),
            "se": rounded(forecast.se_mean),
            "interval95": [rounded(row) for row in forecast.conf_int(alpha=0.05)],
        },
    }


if __name__ == "__main__":
    cases = []
    for name, case in CASES.items():
        cases.append(measure(name, *case))
        print(name, dict(zip(cases[-1]["names"], cases[-1]["params"])), cases[-1]["llf"], flush=True)
    out = {"statsmodels": statsmodels.__version__, "cases": cases}
    (ROOT / "statsmodels" / "arima.json").write_text(json.dumps(out) + "\n")
