"""Trains, predicts and explains with tidewheel-boost and with XGBoost on the same data, in turns, and prints ratios.

    cargo build --release -p tidewheel-boost --example bench
    python benches/boost_vs_xgboost.py target/release/examples/bench [--repeats 3] [--small-only]

Needs `pip install xgboost==3.2.0 numpy scipy`. Both use all cores. Times are CPU times of the process, so that a busy
machine disturbs them less; idle XGBoost threads that spin count as its own. Single-row times are medians of wall time.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

SIZES = [  # rows, test rows, features, rounds, depth, max_bin
    (16_000, 4_000, 14, 300, 6, 64),
    (400_000, 100_000, 11, 300, 6, 256),
]


def make(rows, features, seed):
    """Mixed columns (smooth, few values, heavy tail, 2 % missing) and a target of steps, waves and products."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, features)).astype(np.float32)
    x[:, 1] = np.round(x[:, 1] * 2 + 5)
    x[:, 2] = np.round(np.abs(x[:, 2]) * 3)
    x[:, 3] = random.integers(0, 30, rows)
    x[:, 4] = np.exp(x[:, 4] * 1.5)
    x[random.random((rows, features)) < 0.02] = np.nan
    z = np.nan_to_num(x)
    y = np.sin(z[:, 0] * 2) + 0.5 * z[:, 1] * (z[:, 5] > 0) + 0.7 * np.log1p(z[:, 4]) + 0.3 * z[:, 6] * z[:, 7]
    return x, (y + 0.5 * np.sin(z[:, 3] * 7) + 0.4 * random.normal(size=rows)).astype(np.float32)


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def micros_per_call(call, calls=200):
    times = []
    for i in range(calls):
        start = time.perf_counter()
        call(i)
        times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times)


def xgboost_once(path, rows, test_rows, features, rounds, depth, max_bin):
    import xgboost as xgb

    values = np.fromfile(path, np.float32)
    x = values[: (rows + test_rows) * features].reshape(-1, features)
    y = values[(rows + test_rows) * features :]
    wall, start = time.perf_counter(), cpu()
    data = xgb.QuantileDMatrix(x[:rows], y[:rows], max_bin=max_bin)
    params = {"max_depth": depth, "eta": 0.1, "max_bin": max_bin, "tree_method": "hist"}
    booster = xgb.train(params, data, rounds)
    train_cpu, train_wall = cpu() - start, time.perf_counter() - wall
    test = x[rows:]
    rmse = float(np.sqrt(np.mean((booster.inplace_predict(test).astype(np.float64) - y[rows:]) ** 2)))
    result = {"train_cpu_s": train_cpu, "train_wall_s": train_wall, "rmse": rmse}
    result["predict_us"] = micros_per_call(lambda i: booster.inplace_predict(test[i : i + 1]))
    one = [xgb.DMatrix(test[i : i + 1]) for i in range(50)]
    result["shap_us"] = micros_per_call(lambda i: booster.predict(one[i % 50], pred_contribs=True), 50)
    print(json.dumps(result))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", help="the built example `bench`")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--small-only", action="store_true")
    parser.add_argument("--xgboost", nargs=7, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.xgboost:
        xgboost_once(args.xgboost[0], *map(int, args.xgboost[1:]))
        return
    for size in SIZES[: 1 if args.small_only else None]:
        rows, test_rows, features = size[:3]
        with tempfile.NamedTemporaryFile(suffix=".f32") as file:
            x, y = make(rows + test_rows, features, 1)
            file.write(x.tobytes() + y.tobytes())
            file.flush()
            numbers = [file.name, *map(str, size)]
            ours, theirs = [], []
            for _ in range(args.repeats):
                run = [args.bench, *numbers]
                ours.append(json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout))
                run = [sys.executable, __file__, args.bench, "--xgboost", *numbers]
                theirs.append(json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout))
        print(f"{rows:,} rows x {features}, {size[3]} trees, depth {size[4]}, max_bin {size[5]}")
        print(f"  {'':14} {'ours':>12} {'XGBoost':>12} {'ratio':>8}")
        for key in ["train_cpu_s", "train_wall_s", "rmse", "predict_us", "shap_us"]:
            # The least of the runs is the one that others disturbed least.
            a, b = min(run[key] for run in ours), min(run[key] for run in theirs)
            print(f"  {key:14} {a:12.4f} {b:12.4f} {a / b:8.4f}")


if __name__ == "__main__":
    main()
