"""The layers, a family a file; `nn` exports them all."""
