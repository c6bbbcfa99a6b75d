#!/usr/bin/env python3
"""Compares what the translator makes of every instruction with what the tree says it does.

usage: tests/insn/golden.py PROGRAM FILE [--renew]

FILE has a line for each row of the instruction table: an example, how it is done (in place, by a helper,
by a call of the interpreter), the operations of the IR, and for each level of the host the instructions
and bytes of the straight path and the bytes out of line. PROGRAM (golden.c) translates the examples;
what its code is, objdump says. What differs is shown as a unified diff; where the change is meant,
--renew writes FILE anew.

Bytes are left out where they hold addresses of functions.
"""

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile

GAP = bytes(16 * [0x90])
HEAD = """\
# What an example of every instruction becomes: see golden.py, which writes this. The block is the
# instruction and a branch to itself; 'empty' is the branch alone.
# row                     word how    ops |      AVX2      | AVX-512, SHA-NI|
#                                         |  hot bytes cold|  hot bytes cold|
"""


def addresses(code):
    """Where objdump sees instructions."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "code")
        with open(path, "wb") as file:
            file.write(code)
        text = subprocess.run(["objdump", "-D", "-w", "-b", "binary", "-m", "i386:x86-64", path],
                              stdout=subprocess.PIPE, text=True, check=True).stdout
    lines = re.findall(r"^ *([0-9a-f]+):\t[0-9a-f ]+\t(.*)$", text, re.M)
    return {int(at, 16): what for at, what in lines}


def counts(pieces):
    """Instructions of each piece of code."""
    starts, code = [], b""
    for piece in pieces:
        starts.append(len(code))
        code += piece + GAP
    seen = addresses(code)
    result = []
    for start, piece in zip(starts, pieces):
        end = start + len(piece)
        inside = [seen[at] for at in range(start, end) if at in seen]
        if end not in seen or any("(bad)" in what for what in inside):
            raise ValueError(f"objdump does not understand {piece.hex()}")
        result.append(len(inside))
    return result


def level(count, code, cold, how):
    size = len(code) if how == "native" else "-"
    return f"{count:>5}{size:>6}{cold if how == 'native' else '-':>5}"


def table(text):
    rows = [line.split("\t") for line in text.splitlines()]
    pieces = [bytes.fromhex(row[column]) for row in rows for column in (4, 6)]
    numbers = counts(pieces)
    out = [HEAD]
    for n, row in enumerate(rows):
        name, word, how, ops, _, cold2, _, cold512, example = row
        sides = [level(numbers[2 * n + k], pieces[2 * n + k], cold, how)
                 for k, cold in enumerate((cold2, cold512))]
        out.append(f"{name:<21} {word} {how:<6} {ops:>4} |{sides[0]}|{sides[1]}| {example}\n")
    return "".join(out)


def main():
    program, path = sys.argv[1:3]
    if not shutil.which("objdump"):
        print("skipped: objdump is missing")
        return 77
    ran = subprocess.run([program, path], stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode:
        return f"{program} fails with status {ran.returncode}"
    now = table(ran.stdout)
    if "--renew" in sys.argv[3:]:
        with open(path, "w", encoding="utf-8") as file:
            file.write(now)
        return 0
    with open(path, encoding="utf-8") as file:
        kept = file.read()
    if kept == now:
        return 0
    lines = [text.splitlines(keepends=True) for text in (kept, now)]
    sys.stdout.writelines(difflib.unified_diff(*lines, "kept", "now", n=0))
    return f"where this is meant: {sys.argv[0]} {program} {path} --renew"


if __name__ == "__main__":
    sys.exit(main())
