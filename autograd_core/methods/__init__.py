"""What a Tensor has as methods, under the names of PyTorch and numpy: one file for each kind, all delegating to ops.

A name that both have with one meaning has that. Where they differ, PyTorch's positional arguments and names (`dim`,
`keepdim`) mean what they mean there, `axis` and `keepdims` what they mean in numpy; what cannot be told apart is
PyTorch's. `names_elsewhere.py` lists them, and docs/coming-from-pytorch.md is made from that.
"""
