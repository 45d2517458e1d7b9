"""The losses that make_golden_losses.py asks PyTorch about and tests/nn/layers/test_golden_losses.py asks us: one list.

Their names and arguments are the same on both sides. No torch and no nn here.
"""

import numpy as np

WEIGHTS = np.ones(4)  # how many; the numbers are drawn


def case(*args, of, learned=1, **keywords):
    """A loss's arguments, its inputs as "kind" or "kind shape", and how many of these have a gradient."""
    inputs = [(word.split()[0], tuple(map(int, word.split()[1:]))) for word in of]
    return args, keywords, inputs, learned


PAIRS, SURE = ["real 5 3", "real 5 3"], ["probability 5 3", "probability 5 3"]
YES_NO, LABELLED = ["real 5 4", "bit 5 4"], ["real 6 4", "label 6"]
PLACES, MIXED = ["real 2 4 3 2", "label 2 3 2"], ["real 6 4", "distribution 6 4"]
TRIPLES = ["real 6 4", "real 6 4", "real 6 4"]

_PLAIN = {  # the first word is the loss's name; each is asked with all three reductions
    "MSELoss": case(of=PAIRS, learned=2),
    "L1Loss": case(of=PAIRS, learned=2),
    "HuberLoss": case(of=PAIRS, learned=2),
    "HuberLoss narrow": case(delta=0.3, of=PAIRS, learned=2),
    "SmoothL1Loss": case(of=PAIRS, learned=2),
    "SmoothL1Loss wide": case(beta=1.7, of=PAIRS, learned=2),
    "SmoothL1Loss sharp": case(beta=0.0, of=PAIRS),
    "PoissonNLLLoss": case(of=["real 5 3", "count 5 3"]),
    "PoissonNLLLoss full": case(full=True, of=["real 5 3", "count 5 3"]),
    "PoissonNLLLoss mean": case(False, True, eps=1e-6, of=["positive 5 3", "count 5 3"]),
    "GaussianNLLLoss": case(of=["real 5 3", "real 5 3", "positive 5 3"], learned=3),
    "GaussianNLLLoss rows": case(full=True, of=["real 5 3", "real 5 3", "positive 5"], learned=3),
    "GaussianNLLLoss small": case(eps=0.8, of=["real 5 3", "real 5 3", "positive 5 1"], learned=3),
    "BCELoss": case(of=SURE),
    "BCELoss hard": case(of=["probability 5 4", "bit 5 4"]),
    "BCELoss weight": case(WEIGHTS, of=["probability 5 4", "bit 5 4"]),
    "BCEWithLogitsLoss": case(of=YES_NO),
    "BCEWithLogitsLoss soft": case(of=["real 5 4", "probability 5 4"], learned=2),
    "BCEWithLogitsLoss far": case(of=["far 5 4", "bit 5 4"]),
    "BCEWithLogitsLoss weight": case(WEIGHTS, of=YES_NO),
    "BCEWithLogitsLoss positive": case(pos_weight=WEIGHTS, of=["real 5 4", "probability 5 4"], learned=2),
    "BCEWithLogitsLoss both": case(WEIGHTS, pos_weight=WEIGHTS, of=YES_NO),
    "NLLLoss": case(of=LABELLED),
    "NLLLoss weight": case(WEIGHTS, of=LABELLED),
    "NLLLoss ignore": case(ignore_index=1, of=LABELLED),
    "NLLLoss places": case(WEIGHTS, ignore_index=2, of=PLACES),
    "NLLLoss single": case(of=["real 4", "label"]),
    "CrossEntropyLoss": case(of=LABELLED),
    "CrossEntropyLoss many": case(of=["real 40 5", "label 40"]),
    "CrossEntropyLoss far": case(of=["far 6 4", "label 6"]),
    "CrossEntropyLoss weight": case(WEIGHTS, of=LABELLED),
    "CrossEntropyLoss ignore": case(ignore_index=1, of=LABELLED),
    "CrossEntropyLoss ignore weight": case(WEIGHTS, ignore_index=3, of=LABELLED),
    "CrossEntropyLoss places": case(of=PLACES),
    "CrossEntropyLoss places weight": case(WEIGHTS, ignore_index=0, of=PLACES),
    "CrossEntropyLoss single": case(of=["real 4", "label"]),
    "CrossEntropyLoss smooth": case(label_smoothing=0.1, of=LABELLED),
    "CrossEntropyLoss smooth weight ignore": case(WEIGHTS, ignore_index=1, label_smoothing=0.3, of=LABELLED),
    "CrossEntropyLoss smooth places": case(ignore_index=2, label_smoothing=1.0, of=PLACES),
    "CrossEntropyLoss soft": case(of=MIXED, learned=2),
    "CrossEntropyLoss soft weight": case(WEIGHTS, of=MIXED, learned=2),
    "CrossEntropyLoss soft smooth weight": case(WEIGHTS, label_smoothing=0.2, of=MIXED, learned=2),
    "CrossEntropyLoss soft places": case(of=["real 2 4 3", "probability 2 4 3"], learned=2),
    "CrossEntropyLoss soft single": case(of=["real 4", "probability 4"]),
    "KLDivLoss": case(of=["real 6 4", "distribution 6 4"], learned=2),
    "KLDivLoss logarithms": case(log_target=True, of=PAIRS, learned=2),
    "MultiMarginLoss": case(of=LABELLED),
    "MultiMarginLoss squared": case(2, 0.7, WEIGHTS, of=LABELLED),
    "MultiMarginLoss single": case(of=["real 4", "label"]),
    "CosineEmbeddingLoss": case(of=["real 6 5", "real 6 5", "sign 6"], learned=2),
    "CosineEmbeddingLoss margin": case(0.2, of=["real 6 5", "real 6 5", "sign 6"], learned=2),
    "HingeEmbeddingLoss": case(of=["real 5 3", "sign 5 3"]),
    "HingeEmbeddingLoss margin": case(0.4, of=["positive 6", "sign 6"]),
    "MarginRankingLoss": case(of=["real 6", "real 6", "sign 6"], learned=2),
    "MarginRankingLoss margin": case(0.5, of=["real 5 3", "real 5 3", "sign 5 3"], learned=2),
    "TripletMarginLoss": case(of=TRIPLES, learned=3),
    "TripletMarginLoss swap": case(0.8, swap=True, of=TRIPLES, learned=3),
    "TripletMarginLoss sum": case(2.0, 1, eps=1e-3, of=TRIPLES, learned=3),
    "TripletMarginLoss power": case(p=3.5, of=["real 4", "real 4", "real 4"], learned=3),
}
CASES = {
    f"{name} by {reduction}": (args, keywords | {"reduction": reduction}, inputs, learned)
    for name, (args, keywords, inputs, learned) in _PLAIN.items()
    for reduction in (("mean", "sum", "none", "batchmean") if name.startswith("KLDiv") else ("mean", "sum", "none"))
}
CASES["CosineSimilarity"] = case(of=["real 6 5", "real 6 5"], learned=2)
CASES["CosineSimilarity first axis"] = case(0, 0.1, of=["real 6 5", "real 1 5"], learned=2)
CASES["PairwiseDistance"] = case(of=["real 6 5", "real 6 5"], learned=2)
CASES["PairwiseDistance sum"] = case(1.0, 1e-3, True, of=["real 6 5", "real 1 5"], learned=2)
