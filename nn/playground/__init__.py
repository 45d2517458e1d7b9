"""The playground: a page on which a small network learns points of the plane while one looks at every neuron of it.

`python -m nn playground` serves it to the browser on this machine alone (the extra `playground`). `points` has the
data, `settings` what can be chosen, `session` the network that learns, `server` what the page talks to.
"""
