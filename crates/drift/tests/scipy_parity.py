"""Values of scipy for tests/scipy_parity.rs: one JSON object of named lists on standard output.

Inputs are those of golden.json: u(seed, n) is splitmix64.
"""

import json
import warnings

import numpy as np
from scipy import special, stats

warnings.filterwarnings("ignore")

MASK = (1 << 64) - 1


def uniform(seed, n):
    state, values = seed, []
    for _ in range(n):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        values.append(((z ^ (z >> 31)) >> 11) * 2.0**-53)
    return np.array(values)


def sample(kind, seed, n, delta):
    x = uniform(seed, n)
    if kind == "uniform":
        return x + delta
    if kind == "tied":
        return np.floor((x + delta) * 7)
    return -np.log(1 - x) * (1 + delta)


def psi(reference, current, bins):
    """Frozen quantile bins, half a row added to each, with numpy's own counting."""
    edges = np.unique(np.quantile(reference, np.arange(1, bins) / bins))
    edges = edges[edges < reference.max()]
    limits = np.concatenate([[-np.inf], edges, [np.inf]])

    def shares(values):
        counts = np.array([np.sum((values > a) & (values <= b)) for a, b in zip(limits, limits[1:])])
        return (counts + 0.5) / (len(values) + 0.5 * len(counts))

    p, q = shares(reference), shares(current)
    return float(np.sum((q - p) * np.log(q / p)))


def cliffs_delta(a, b):
    return float(np.mean(np.sign(b[None, :] - a[:, None])))


def two_samples():
    found = {}
    for kind in ["uniform", "tied", "exp"]:
        for n, m in [(5, 7), (40, 60), (500, 700), (3000, 2000)]:
            for delta in [0.0, 0.02, 0.2]:
                a, b = sample(kind, 1, n, 0.0), sample(kind, 2, m, delta)
                c = sample(kind, 3, n, delta)
                name = f"{kind} {n} {m} {delta}"
                two = stats.anderson_ksamp([a, b], variant="midrank")
                three = stats.anderson_ksamp([a, b, c], variant="midrank")
                welch = stats.ttest_ind(a, b, equal_var=False)
                low, high = np.quantile(a, [0.01, 0.99])
                winsorised = stats.wasserstein_distance(np.clip(a, low, high), np.clip(b, low, high))
                rho = stats.spearmanr(a, c).statistic
                d = (b.mean() - a.mean()) / np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
                found[name] = [
                    two.statistic, two.pvalue, three.statistic, three.pvalue,
                    welch.statistic, welch.pvalue, welch.df,
                    winsorised, rho, d, cliffs_delta(a, b), psi(a, b, 10),
                ]
    return found


def tables():
    found = {}
    for place, table in enumerate([
        [[10, 20], [20, 30]], [[10, 0, 5], [7, 3, 9]], [[1000, 2000, 3000], [1050, 1900, 3100]],
        [[5, 5, 5, 5], [5, 5, 5, 6]], [[0, 3], [3, 0]], [[700000, 300000], [700900, 299100]],
    ]):
        p, q = (np.array(row) / sum(row) for row in table)
        row = []
        for correction in [True, False]:
            g = stats.chi2_contingency(table, lambda_="log-likelihood", correction=correction)
            row += [g.statistic, g.pvalue, g.dof]
        row.append(stats.contingency.association(table, method="cramer"))
        row.append(np.sqrt(np.sum((np.sqrt(p) - np.sqrt(q)) ** 2) / 2))
        row.append(np.sum(np.abs(p - q)) / 2)
        found[f"table {place}"] = row
    return found


found = {**two_samples(), **tables()}
grid = [(t, df) for df in [0.5, 1, 2.5, 10, 100, 3000, 99999, 100001, 1e7] for t in [0.01, 0.5, 2, 6, 20, 35]]
found["t.sf"] = [stats.t.sf(t, df) for t, df in grid]
found["t.isf"] = [stats.t.isf(p, df) for df in [1, 2.5, 10, 100, 3000] for p in [0.4, 0.05, 1e-3, 1e-8]]
found["betainc"] = [special.betainc(a, b, x) for a in [0.5, 2, 30, 500] for b in [0.5, 3, 80] for x in [0.01, 0.3, 0.9]]
print(json.dumps({name: [float(x) for x in values] for name, values in found.items()}))
