"""Compares two Parquet files of 12 columns with `tidewheel drift`, with Evidently's data drift preset and with scipy's
Kolmogorov-Smirnov test, each as a process of its own that reads the files, in turns; prints wall time and peak memory.

    cargo build --release && cargo build --release -p tidewheel-drift --example speed
    python benches/drift_vs_python.py target/release/tidewheel target/release/examples/speed [--rows 3000 100000 1000000]

Needs `pip install "evidently==0.7.*" "pandas<3" scipy pyarrow`. Tidewheel's report is the default one: effects with
intervals, tests, pairs, bins, levels, as JSON. `KS alone` is the test of the ten numeric columns once the rows are in
memory, ours by the example, scipy's in the peer's process.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time


def write(folder, rows):
    """Ten numeric columns and two categorical ones, nothing changed."""
    import numpy as np
    import pandas as pd

    folder, rows = pathlib.Path(folder), int(rows)
    random = np.random.default_rng(1)
    levels = 1.0 / np.arange(1, 1001)
    for side in ("reference", "current"):
        columns = {}
        for i in range(10):
            if i % 4 == 0:
                values = random.normal(size=rows)
            elif i % 4 == 1:
                values = np.exp(random.normal(size=rows))
            elif i % 4 == 2:
                values = random.random(rows)
                values[random.random(rows) < 0.1] = np.nan
            else:
                values = np.floor(random.random(rows) * 12)
            columns[f"n{i}"] = values
        columns["few"] = np.char.add("level ", random.integers(0, 8, rows).astype(str))
        columns["many"] = np.char.add("level ", random.choice(1000, rows, p=levels / levels.sum()).astype(str))
        pd.DataFrame(columns).to_parquet(folder / f"{side}.parquet", compression="zstd")


def evidently(reference, current, out):
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset

    snapshot = Report([DataDriftPreset()]).run(pd.read_parquet(current), pd.read_parquet(reference))
    snapshot.save_html(out)


def scipy_ks(reference, current):
    import pandas as pd
    from scipy.stats import ks_2samp

    before, after = pd.read_parquet(reference), pd.read_parquet(current)
    start = time.perf_counter()
    for i in range(10):
        name = f"n{i}"
        ks_2samp(before[name].dropna().to_numpy(), after[name].dropna().to_numpy(), method="asymp")
    print(json.dumps({"ks_s": time.perf_counter() - start}))


def run(command, ok=(0,)):
    """Wall seconds, peak MiB and what it printed."""
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        if os.waitstatus_to_exitcode(status) not in ok:
            sys.exit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
        out.seek(0)
        return wall, usage.ru_maxrss / 1024, out.read().decode()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", help="the built tidewheel")
    parser.add_argument("speed", help="the built example `speed`")
    parser.add_argument("--rows", type=int, nargs="+", default=[3_000, 100_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=5, help="runs of tidewheel; the peers get at most 2")
    args = parser.parse_args()
    for rows in args.rows:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            # In a process of its own: a child starts with the peak of its parent.
            subprocess.run([sys.executable, __file__, "--peer", "write", folder, str(rows)], check=True)
            files = [folder / "reference.parquet", folder / "current.parquet"]
            ours = [run([args.binary, "drift", *files, "--format", "json"], ok=(0, 10)) for _ in range(args.repeats)]
            me = [sys.executable, __file__, "--peer"]
            theirs = [run([*me, "evidently", *files, folder / "report.html"]) for _ in range(min(2, args.repeats))]
            scipy = [run([*me, "scipy", *files]) for _ in range(min(2, args.repeats))]
            speed = run([args.speed, rows])[2]
        ks_ours = float(re.search(r"KS alone ([\d.]+) ms", speed)[1])
        ks_scipy = min(json.loads(text)["ks_s"] for _, _, text in scipy) * 1000
        wall, peak = (statistics.median(one[i] for one in ours) for i in (0, 1))
        their_wall, their_peak = (min(one[i] for one in theirs) for i in (0, 1))
        print(f"{rows:,} v {rows:,} rows x 12 columns")
        print(f"  {'':24} {'tidewheel':>12} {'peer':>12} {'ratio':>8}")
        for name, a, b in [
            ("report, ms (Evidently)", wall * 1000, their_wall * 1000),
            ("peak MiB (Evidently)", peak, their_peak),
            ("KS alone, ms (scipy)", ks_ours, ks_scipy),
        ]:
            print(f"  {name:24} {a:12,.1f} {b:12,.1f} {a / b:8.4f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        {"write": write, "evidently": evidently, "scipy": scipy_ks}[sys.argv[2]](*sys.argv[3:])
    else:
        main()
