"""pandas' and scikit-learn's figures for the tests of features, written to test/fixtures/pandas/features.json.

python3 scripts/reference/features.py, with pandas and scikit-learn; the versions are part of the output. Rows lie on a
grid of 10 minutes around the hour that Berlin's clocks skip in spring 2026 ("a") and repeat in autumn ("b"); some values
and some whole rows are missing.
"""
import json
import math
from pathlib import Path

import numpy
import pandas
import sklearn
from sklearn.preprocessing import MinMaxScaler, StandardScaler

STEP = pandas.Timedelta(minutes=10)
MIN_SHARE = 0.5
ROWS = 48
STARTS = {"a": "2026-03-28T21:00Z", "b": "2026-10-24T21:00Z"}
random = numpy.random.default_rng(11)


def entity_frame(start):
    times = pandas.date_range(start, periods=ROWS, freq=STEP)
    frame = pandas.DataFrame(index=times)
    frame["use"] = random.normal(5, 2, ROWS).round(3)
    frame["limit"] = random.choice([0.0, 8.0, 16.0], ROWS)
    counter = random.exponential(1000, ROWS).round().cumsum()
    counter[30:] -= counter[30]
    frame["total"] = counter
    frame["constant"] = 0.1
    frame.loc[frame.index[[7, 8, 20]], "use"] = numpy.nan
    frame.loc[frame.index[11], "total"] = numpy.nan
    frame.loc[frame.index[33:40], "use"] = numpy.nan
    frame.loc[frame.index[5], "constant"] = numpy.nan
    # Rows that are not there at all.
    return frame.drop(frame.index[[14, 15, 26]])


def rolling(series, rows):
    return series.rolling(rows, min_periods=math.ceil(rows * MIN_SHARE))


def iqr(series, rows):
    return rolling(series, rows).quantile(0.75) - rolling(series, rows).quantile(0.25)


def increase(series):
    change = series.diff()
    change = change.where(~(change < 0), series.where(change.notna()))
    return change / STEP.total_seconds()


def features(frame):
    grid = frame.asfreq(STEP)
    use = grid["use"]
    ratio = (use / grid["limit"]).replace([numpy.inf, -numpy.inf], numpy.nan)
    logged = numpy.sign(grid["total"]) * numpy.log1p(grid["total"].abs())
    local = grid.index.tz_convert("Europe/Berlin")
    hour = 2 * math.pi * (local.hour + local.minute / 60) / 24
    weekday = 2 * math.pi * local.dayofweek / 7
    columns = {
        "use": use,
        "use (change over 10m)": use.diff(1),
        "use (change over 50m)": use.diff(5),
        "use (relative change over 20m)": use.pct_change(2, fill_method=None),
        "use (1h ago)": use.shift(6),
        "use (median over 30m)": rolling(use, 3).median(),
        "use (median over 30m, change over 10m)": rolling(use, 3).median().diff(),
        "constant (std over 1h)": rolling(grid["constant"], 6).std(),
        "constant (mean over 1h)": rolling(grid["constant"], 6).mean(),
        "total (rate per second over 10m)": increase(grid["total"]),
        "total (rate per second over 1h)": rolling(increase(grid["total"]), 6).mean(),
        "total (log)": logged,
        "total (log, max over 40m)": rolling(logged, 4).max(),
        "use / limit": ratio,
        "use / limit (mean over 40m)": rolling(ratio, 4).mean(),
        "hour_of_day (sine, Europe/Berlin)": pandas.Series(numpy.sin(hour), grid.index),
        "hour_of_day (cosine, Europe/Berlin)": pandas.Series(numpy.cos(hour), grid.index),
        "day_of_week (sine, Europe/Berlin)": pandas.Series(numpy.sin(weekday), grid.index),
        "day_of_week (cosine, Europe/Berlin)": pandas.Series(numpy.cos(weekday), grid.index),
    }
    for rows, name in ((5, "50m"), (12, "2h")):
        windows = rolling(use, rows)
        columns |= {
            f"use (mean over {name})": windows.mean(),
            f"use (median over {name})": windows.median(),
            f"use (std over {name})": windows.std(),
            f"use (min over {name})": windows.min(),
            f"use (max over {name})": windows.max(),
            f"use (IQR over {name})": iqr(use, rows),
        }
    return pandas.DataFrame(columns).loc[frame.index]


def numbers(values):
    return [None if math.isnan(value) else float(value) for value in values]


frames = {name: entity_frame(start) for name, start in STARTS.items()}
derived = {name: features(frame) for name, frame in frames.items()}
measured = frames["a"]["use"].to_numpy().reshape(-1, 1)
result = {
    "madeBy": "scripts/reference/features.py",
    "pandas": pandas.__version__,
    "numpy": numpy.__version__,
    "sklearn": sklearn.__version__,
    "stepMs": STEP.total_seconds() * 1000,
    "entities": {
        name: {
            "times": (frame.index.astype("int64") // 1_000_000).tolist(),
            "metrics": {metric: numbers(frame[metric]) for metric in frame},
            "features": {column: numbers(derived[name][column]) for column in derived[name]},
        }
        for name, frame in frames.items()
    },
    "scaled": {
        "minmax": numbers(MinMaxScaler().fit_transform(measured)[:, 0]),
        "standard": numbers(StandardScaler().fit_transform(measured)[:, 0]),
    },
}
path = Path(__file__).parents[2] / "test/fixtures/pandas/features.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(result) + "\n")
