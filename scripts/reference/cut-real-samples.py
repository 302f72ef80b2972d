"""Cuts test/fixtures/real/ out of the public data sets named in its README.

python3 scripts/reference/cut-real-samples.py DATA_FOLDER, which holds smd/, asd/ and sockshop_k8s/ as gzip CSV with
the columns timestamp, metrics…, label. Deterministic: every nth row, and the first
columns that vary in the training part (a forest cannot split on the others).
"""
import csv
import gzip
import io
import shutil
import sys
from pathlib import Path

OUT = Path(__file__).parents[2] / "test/fixtures/real"
SOCK_SHOP_POD = "sockshop_k8s/pods/test/front-end-d75fdb4bc-8vl6n"
SAMPLES = [
    # name, (train, rows), (test, rows), columns at most, columns left out, licence
    (
        "smd-machine-1-2",
        ("smd/train/machine-1-2", slice(0, None, 8)),
        ("smd/test/machine-1-2", slice(0, None, 8)),
        20,
        [],
        "smd/LICENSE-OmniAnomaly.txt",
    ),
    (
        "asd-omi-5",
        ("asd/train/omi-5", slice(0, None, 3)),
        ("asd/test/omi-5", slice(0, None, 2)),
        19,
        [],
        "asd/LICENSE-InterFusion.txt",
    ),
    (
        # The level shifts before the test part, so the first day of that part is what a model learns from.
        "sockshop-front-end",
        (SOCK_SHOP_POD, slice(0, 1440)),
        (SOCK_SHOP_POD, slice(1440, None)),
        20,
        ["net_in", "net_out"],  # copies of two other columns
        "sockshop_k8s/LICENSE.txt",
    ),
]


def read(path, part):
    with gzip.open(path, "rt", newline="") as file:
        rows = list(csv.reader(file))
    return rows[0], rows[1:][part]


def write(path, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    # Without a file name and a time, the same rows give the same bytes.
    with open(path, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=9, mtime=0) as file:
        file.write(text.getvalue().encode())


def main(data):
    for name, (train, train_part), (test, test_part), limit, left_out, licence in SAMPLES:
        header, train_rows = read(data / f"{train}.csv.gz", train_part)
        _, test_rows = read(data / f"{test}.csv.gz", test_part)
        varying = [
            c
            for c, column in enumerate(header)
            if 0 < c < len(header) - 1 and column not in left_out and len({row[c] for row in train_rows}) > 1
        ]
        keep = [0, *varying[:limit], len(header) - 1]
        for part, rows in (("train", train_rows), ("test", test_rows)):
            write(OUT / f"{name}.{part}.csv.gz", [[row[c] for c in keep] for row in [header, *rows]])
        shutil.copyfile(data / licence, OUT / f"{name}.LICENSE.txt")


main(Path(sys.argv[1]))
