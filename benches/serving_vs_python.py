"""Asks `POST /predict` of tidewheel and of a minimal FastAPI + XGBoost server with the same model file, in turns, with
wrk, and prints requests per second, memory and their ratios.

    cargo run --release -- demo --once --dir DIR
    python benches/serving_vs_python.py target/release/tidewheel DIR [--seconds 10] [--repeats 3]

Needs `apt install wrk` and `pip install fastapi "uvicorn[standard]" xgboost==3.2.0 numpy`. Tidewheel checks and fills
the row, computes its features and logs every prediction to the project's database (the folder is copied first). The
peer has it easy: one process, the features come ready, nothing is checked beyond the types and nothing is logged.
"""

import argparse
import contextlib
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

CONNECTIONS = 16


def peer(model, port):
    """The server to compare with."""
    import fastapi
    import numpy as np
    import pydantic
    import uvicorn
    import xgboost as xgb

    booster = xgb.Booster(model_file=model)
    booster.set_param({"nthread": 1})
    names = booster.feature_names or [f"f{i}" for i in range(booster.num_features())]
    Row = pydantic.create_model("Row", **{name: (float | None, None) for name in names})
    app = fastapi.FastAPI()

    @app.post("/predict")
    async def predict(row: Row):
        values = np.array([[np.nan if v is None else v for v in row.model_dump().values()]], np.float32)
        margin = booster.inplace_predict(values, predict_type="margin")[0]
        return {"price": float(np.expm1(margin)), "features_used": row.model_dump()}

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def post(url, body):
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def resident_mib(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


@contextlib.contextmanager
def running(command, url, body):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                answer = post(url, body)
                break
            time.sleep(0.1)
        else:
            sys.exit(f"{command[0]} does not answer")
        yield process, answer
    finally:
        process.terminate()
        process.wait(30)


def load(url, body, seconds):
    """Answers per second under wrk."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write('wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\n')
        script.write(f"wrk.body = [[{json.dumps(body)}]]\n")
        script.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", script.name, url]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(text)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def measure(command, url, body, seconds):
    with running(command, url, body) as (process, answer):
        time.sleep(1)
        before = resident_mib(process)
        rate = load(url, body, seconds)
        return {"req/s": rate, "MiB before": before, "MiB after": resident_mib(process)}, answer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", help="the built tidewheel")
    parser.add_argument("demo", help="a finished demo folder")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    row = {"bed": 3, "bath": 2, "acre_lot": 0.25, "house_size": 1800, "status": "for_sale"}
    row |= {"city": "Boston", "state": "Massachusetts", "zip_code": "2118"}
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        project = pathlib.Path(folder) / "project"
        shutil.copytree(args.demo, project)
        listed = subprocess.run(
            [args.binary, "-C", project, "models", "list", "--format", "json"], check=True, capture_output=True
        )
        run = next(v["run_id"] for v in json.loads(listed.stdout) if v["stage"] == "Production")
        model = next(project.glob(f".tidewheel/objects/**/{run}/model/model.ubj"))
        for _ in range(args.repeats):
            port = free_port()
            command = [args.binary, "-C", str(project), "serve", "--listen", f"127.0.0.1:{port}"]
            numbers, answer = measure(command, f"http://127.0.0.1:{port}/predict", row, args.seconds)
            ours.append(numbers)
            port = free_port()
            command = [sys.executable, __file__, "--peer", str(model), str(port)]
            features = answer["features_used"]
            numbers, other = measure(command, f"http://127.0.0.1:{port}/predict", features, args.seconds)
            theirs.append(numbers)
            if abs(other["price"] / answer["price"] - 1) > 1e-6:
                sys.exit(f"the answers differ: {answer['price']} and {other['price']}")
    print(f"POST /predict, {CONNECTIONS} connections, {args.seconds} s, best of {args.repeats}")
    print(f"  {'':12} {'tidewheel':>12} {'FastAPI':>12} {'ratio':>8}")
    for key, best in [("req/s", max), ("MiB before", min), ("MiB after", min)]:
        a, b = best(run[key] for run in ours), best(run[key] for run in theirs)
        print(f"  {key:12} {a:12,.1f} {b:12,.1f} {a / b:8.3f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        peer(sys.argv[2], int(sys.argv[3]))
    else:
        main()
