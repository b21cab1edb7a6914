"""Makes the three batches of this project: python3 generate.py

Compressive strength of concrete from its mixture and its age, by a formula with noise; nothing of it was measured. The
second batch brings a plant that was not there before, the third a column more and samples that were left to cure longer.
A few rows of each are wrong on purpose.
"""

import csv
import math
import random
from datetime import date, timedelta

PLANTS = {"Norte": 1.0, "Río": 0.94, "Costa": 1.06, "Valle": 0.90}
draw = random.Random(1824)


def sample(number, batch):
    plants = ["Norte", "Río", "Costa"] if batch == 1 else list(PLANTS)
    weights = [5, 3, 2] if batch == 1 else [2, 2, 2, 5]
    plant = draw.choices(plants, weights)[0]
    cement = round(draw.uniform(180, 460))
    slag = round(max(0, draw.gauss(60, 60)))
    water = round(draw.uniform(140, 215))
    plasticiser = round(draw.choice([0, draw.uniform(2, 14)]), 1)
    age = draw.choice([3, 7, 14, 28, 28] if batch < 3 else [28, 56, 90, 90, 180])
    binder = cement + 0.8 * slag
    strength = PLANTS[plant] * 27 * (binder / water - 0.5) * math.log1p(age) / math.log(29) + 0.6 * plasticiser
    strength = max(2.0, strength + draw.gauss(0, 2.2))
    poured = date(2025, 1, 6) + timedelta(days=70 * (batch - 1) + draw.randrange(70))
    row = {
        "sample": f"M-{number:04}",
        "plant": plant,
        "poured": poured.isoformat(),
        "cement": cement,
        "slag": slag,
        "water": water,
        "plasticiser": plasticiser,
        "age": age,
        "sieved": draw.choice(["true", "false"]),
        "strength": round(strength, 1),
    }
    if batch == 3:
        row["slump"] = round(draw.uniform(20, 180))
    fault = draw.random()
    if fault < 0.02:
        row["cement"] = ""
    elif fault < 0.035:
        row["water"] = draw.choice([-1, 999])
    elif fault < 0.045:
        row["age"] = "a week"
    elif fault < 0.055:
        row["strength"] = 0
    elif fault < 0.06:
        row["cement"], row["water"] = 90, 240
    if draw.random() < 0.04:
        row["slag"] = ""
    return row


number = 0
for batch in (1, 2, 3):
    rows = []
    for _ in range(300):
        number += 1
        rows.append(sample(number, batch))
    with open(f"batches/{batch}.csv", "w", newline="", encoding="utf-8") as file:
        lines = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        lines.writeheader()
        lines.writerows(rows)
