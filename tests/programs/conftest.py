"""The programs are not collected: they import PyTorch, and test_programs.py reads them with other imports."""

collect_ignore = [
    "by_hand.py",
    "generative.py",
    "own_ops.py",
    "own_ops_of_pytorch.py",
    "sequences.py",
    "transforms.py",
    "vision.py",
]
