"""The scripts here are for type checkers; tests run what is to be run."""

collect_ignore = ["mistakes.py", "user_script.py"]
