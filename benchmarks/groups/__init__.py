"""One module for each group of rows of the goals table; `measure(runner)` gives its Section of the page."""
