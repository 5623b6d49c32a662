"""Runs both halves of `make bench-llm` in turn and prints a table: compare.py PROGRAM PYTHON THREADS FILE…"""

import json
import os
import pathlib
import subprocess
import sys

program, python, threads, *files = sys.argv[1:]
here = pathlib.Path(__file__).parent
rounds = int(os.environ.get("ROUNDS", "2"))


def run(command, **settings):
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **settings})
    if result.returncode != 0:
        sys.exit(result.stderr or f"{command} failed")
    return json.loads(result.stdout.splitlines()[-1])


def best(many):
    lower = ("ms", "MB")
    return {key: (min if any(unit in key for unit in lower) else max)(one[key] for one in many) for key in many[0]}


for file in files:
    ours, full, theirs = [], [], []
    for _ in range(rounds):
        ours.append(run([program, "speed", file]))
        theirs.append(run([python, str(here / "llama.py"), file, str(here / "../../README.md"), threads]))
        full.append(run([program, "speed", file], PRECISION="full"))
    ours, full, theirs = best(ours), best(full), best(theirs)
    print(f"{pathlib.Path(file).name}, {os.path.getsize(file) / 1e6:.0f} MB, {threads} threads, best of {rounds}")
    print(f"{'':36} {'ours':>9} {'15 bits':>9} {'llama.cpp':>10} {'ratio':>7}")
    for key, value in ours.items():
        other = theirs.get(key)
        told = f"{other:>10.1f} {value / other:>6.2f}x" if other else ""
        print(f"{key:36} {value:>9.1f} {full[key]:>9.1f} {told}")
