#!/usr/bin/env python3
"""Makes tests/parity/multilabel.json: fixed labels and scores, and what scikit-learn says of them.

One case is ordinary; the other has classes without a sample, samples without a class, classes never decided and
many equal scores, where conventions matter (zero_division=0).

    pip install numpy scikit-learn
    python tests/parity/multilabel.py > tests/parity/multilabel.json
"""

import json
import sys
import warnings

import numpy as np
from sklearn.metrics import average_precision_score, fbeta_score, hamming_loss, precision_score, recall_score


def scores(truth, score, decided, average):
    plain = {"average": average, "zero_division": 0}
    values = {
        "precision": precision_score(truth, decided, **plain),
        "recall": recall_score(truth, decided, **plain),
        "f1": fbeta_score(truth, decided, beta=1, **plain),
        "f2": fbeta_score(truth, decided, beta=2, **plain),
        "ap": average_precision_score(truth, score, average=average),
    }
    if average is None:
        return [dict(zip(values, map(float, row))) for row in zip(*values.values())]
    return {name: float(value) for name, value in values.items()}


def case(name, truth, score, threshold):
    decided = score > threshold
    return {
        "name": name,
        "classes": truth.shape[1],
        "truth": truth.ravel().tolist(),
        "scores": score.ravel().tolist(),
        "decided": decided.ravel().tolist(),
        "micro": scores(truth, score, decided, "micro"),
        "macro": scores(truth, score, decided, "macro"),
        "samples": scores(truth, score, decided, "samples"),
        "hamming_loss": float(hamming_loss(truth, decided)),
        "per_class": scores(truth, score, decided, None),
    }


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(20241124)
    truth = rng.random((40, 6)) < np.array([0.5, 0.3, 0.2, 0.4, 0.1, 0.6])
    truth[np.arange(6), np.arange(6)] = True
    score = np.round(np.clip(0.35 * truth + rng.random(truth.shape) * 0.65, 0, 1), 4)
    cases = [case("ordinary", truth, score, np.array([0.5, 0.4, 0.5, 0.45, 0.5, 0.6]))]
    truth = rng.random((17, 8)) < 0.25
    truth[:, 2] = False  # no sample has it
    truth[4] = False  # a sample without a class
    truth[:, 6] = True
    score = np.round(np.clip(0.3 * truth + rng.random(truth.shape) * 0.7, 0, 1), 1)  # many ties
    score[9] = 0.1  # a sample that is given nothing
    cases.append(case("edges", truth, score, np.array([0.5, 0.5, 0.5, 2.0, 0.5, 0.5, 0.5, 0.3])))
    json.dump({"cases": cases}, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
