"""The XGBoost side of tests/xgboost_parity.rs, which starts it with one folder.

The folder holds features (rows.f32, rows of FEATURES numbers) and for each of our models NAME.json, NAME.ubj,
NAME.prediction (f32) and NAME.shap (f64, one row of features and the base value). This script
- opens our models with XGBoost and compares predictions (bit for bit) and contributions (1e-5);
- trains and saves models of its own with their predictions, margins and contributions, for the Rust side to open.
"""

import json
import pathlib
import sys

import numpy as np
import xgboost as xgb

FEATURES = 6


def same_bits(a, b):
    return np.array_equal(np.asarray(a, np.float32).view(np.uint32), np.asarray(b, np.float32).view(np.uint32))


def close(ours, theirs, what):
    scale = np.maximum(1.0, np.abs(theirs).max())
    worst = np.abs(ours - theirs).max() / scale
    assert worst < 1e-5, f"{what}: contributions differ by {worst}"


def check_ours(folder, rows):
    data = xgb.DMatrix(rows, feature_names=[f"f {i}" for i in range(FEATURES)])
    models = sorted(folder.glob("ours_*.json")) + sorted(folder.glob("ours_*.ubj"))
    assert models, "no models to check"
    for path in models:
        booster = xgb.Booster()
        booster.load_model(path)
        assert booster.num_features() == FEATURES, path
        assert booster.feature_names == data.feature_names, path
        assert booster.attr("note") == 'a "quoted" note', path
        expected = np.fromfile(path.with_suffix(".prediction"), np.float32)
        got = booster.predict(data)
        assert same_bits(got, expected), f"{path}: predictions differ by {np.abs(got - expected).max()}"
        one_by_one = [booster.predict(data.slice([i]))[0] for i in range(20)]
        assert same_bits(one_by_one, expected[:20]), path
        shap = np.fromfile(path.with_suffix(".shap"), np.float64).reshape(len(rows), FEATURES + 1)
        close(shap, booster.predict(data, pred_contribs=True), path)
        # Saved again by XGBoost the model still predicts the same: nothing was lost.
        again = xgb.Booster()
        again.load_model(booster.save_raw("ubj"))
        assert same_bits(again.predict(data), expected), path


def save(folder, name, booster, data):
    booster.set_attr(note=name)
    for suffix in ["json", "ubj"]:
        booster.save_model(folder / f"{name}.{suffix}")
    np.asarray(booster.predict(data), np.float32).tofile(folder / f"{name}.prediction")
    np.asarray(booster.predict(data, output_margin=True), np.float32).tofile(folder / f"{name}.margin")
    np.asarray(booster.predict(data, pred_contribs=True), np.float32).tofile(folder / f"{name}.contribs")


def write_theirs(folder, rows):
    random = np.random.default_rng(3)
    known = np.nan_to_num(rows, nan=0.7)
    target = known[:, 0] * 2 + np.sin(known[:, 1] * 3) + known[:, 2] * known[:, 3] + 50 + random.normal(size=len(rows)) * 0.1
    plain = xgb.DMatrix(rows, target)
    names = [f"column {i}" for i in range(FEATURES)]
    named = xgb.DMatrix(rows, target, feature_names=names, feature_types=["float"] * 5 + ["int"])
    for name, data, rounds, params in [
        ("theirs_default", plain, 30, {}),
        ("theirs_named", named, 20, {"max_depth": 9, "eta": 0.1, "subsample": 0.7, "colsample_bytree": 0.6}),
        ("theirs_exact", plain, 20, {"tree_method": "exact", "gamma": 3.0, "max_depth": 8}),
        ("theirs_leafwise", plain, 20, {"grow_policy": "lossguide", "max_leaves": 40, "max_depth": 0}),
        ("theirs_forest", plain, 4, {"num_parallel_tree": 3, "subsample": 0.5, "lambda": 0.1, "alpha": 2.0}),
        ("theirs_stump", plain, 1, {"gamma": 1e12}),
    ]:
        save(folder, name, xgb.train(params, data, rounds), data)
    classes = xgb.DMatrix(rows, (target > np.median(target)).astype(np.float32))
    save(folder, "theirs_logistic", xgb.train({"objective": "binary:logistic", "max_depth": 5}, classes, 25), classes)

    # Kinds of models that are refused.
    codes = xgb.DMatrix(
        np.where(np.isnan(rows), 0, np.abs(rows).round()), target, feature_types=["c"] * FEATURES, enable_categorical=True
    )
    refused = {
        "refused_categorical": xgb.train({"max_cat_to_onehot": 1}, codes, 3),
        "refused_dart": xgb.train({"booster": "dart"}, plain, 3),
        "refused_linear": xgb.train({"booster": "gblinear"}, plain, 3),
        "refused_poisson": xgb.train({"objective": "count:poisson"}, xgb.DMatrix(rows, np.abs(target)), 3),
        "refused_classes": xgb.train(
            {"objective": "multi:softprob", "num_class": 3}, xgb.DMatrix(rows, np.arange(len(rows)) % 3), 3
        ),
    }
    for name, booster in refused.items():
        for suffix in ["json", "ubj"]:
            booster.save_model(folder / f"{name}.{suffix}")


def main():
    folder = pathlib.Path(sys.argv[1])
    rows = np.fromfile(folder / "rows.f32", np.float32).reshape(-1, FEATURES)
    check_ours(folder, rows)
    write_theirs(folder, rows)
    print(json.dumps({"xgboost": xgb.__version__, "rows": len(rows)}))


if __name__ == "__main__":
    main()
