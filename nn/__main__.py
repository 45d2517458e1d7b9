"""Train, evaluate and predict from the command line."""
