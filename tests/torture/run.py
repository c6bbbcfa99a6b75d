#!/usr/bin/env python3
"""Runs one torture program under every engine, and in pieces. Speaks TAP.

usage: tests/torture/run.py MYNA FOLDER PROGRAM [CPUS]

PROGRAM.c is built in FOLDER. It checks its own results; what is compared here is that every engine
ends in the same state after the same number of instructions and has said the same, also when the run
is cut at pseudo-random instructions, saved, and continued by another engine. Without the cross
compiler everything is skipped. Nothing is timed; the host's clock only ends a run that hangs.
"""

import os
import random
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CROSS = os.environ.get("CROSS_COMPILE", "aarch64-linux-gnu-")
FLAGS = ["-std=gnu11", "-O2", "-g0", "-march=armv8.2-a", "-mgeneral-regs-only", "-mstrict-align",
         "-mno-outline-atomics", "-ffreestanding", "-fno-pic", "-fno-stack-protector",
         "-fno-tree-loop-distribute-patterns", "-nostdlib", "-static", "-Wall", "-Wextra",
         "-Wno-unused-parameter", "-Werror", "-Wl,--build-id=none"]
LIMIT = 200_000_000  # instructions, many times what a program needs
LOCKSTEP = 1_000_000  # as far as translated code is compared with the interpreter, block by block
CUTS = 5
SEEDS = (1, 2)


class Failed(Exception):
    """Why nothing can be compared."""


class Tap:
    def __init__(self):
        self.count, self.failed = 0, False

    def verdict(self, good, text, detail=""):
        self.count += 1
        self.failed |= not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {text}", flush=True)
        if not good and detail:
            print("\n".join("# " + line for line in detail.splitlines()), file=sys.stderr)

    def end(self):
        print(f"1..{self.count}")
        return 1 if self.failed else 0


def build(folder, program):
    """The program as a flat image; None without a cross compiler."""
    elf, image = (os.path.join(folder, program + suffix) for suffix in (".elf", ".bin"))
    sources = [os.path.join(HERE, name) for name in ("start.S", "mixed.S", "guest.c", "mixed.c", program + ".c")]
    script = os.path.join(HERE, "guest.ld")
    try:
        subprocess.run([CROSS + "gcc", *FLAGS, "-T", script, "-o", elf, *sources], check=True)
        subprocess.run([CROSS + "objcopy", "-O", "binary", elf, image], check=True)
    except FileNotFoundError:
        return None
    except subprocess.CalledProcessError as why:
        raise Failed(f"building {program} failed") from why
    return image


def engines_of(myna):
    """What --engine offers."""
    text = subprocess.run([myna, "run", "--help"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    return re.search(r"--engine (\S+)", text).group(1).split("|")


class Run:
    """One run or a piece of one: what it printed and where it ended."""

    def __init__(self, myna, options):
        command = [myna, "run", "virt", "--headless", "--memory", "16M", "--serial", "stdio", "-v",
                   "--stats", "--hash", "--wall-timeout", "300s", *options]
        ran = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, check=False)
        self.said, _, stats = ran.stdout.partition("end: ")
        pairs = (line.partition(": ") for line in ("end: " + stats).splitlines())
        self.stats = {key: value for key, _, value in pairs}
        self.errors = ran.stderr
        self.trouble = f"{' '.join(command)}\nexit status {ran.returncode}\n{ran.stdout}{ran.stderr}"
        if ran.returncode or "state-hash" not in self.stats:
            raise Failed(self.trouble)

    def end(self):
        return [self.stats[key] for key in ("end", "total_instructions", "state-hash")]


def ways_of(engines):
    """Names and options of the ways to run a program; the guest must not be able to tell."""
    ways = [(engine, ["--engine", engine]) for engine in engines]
    return ways + [("jit with registers at random", ["--jit-random-ra=1"]),
                   ("jit in a small cache", ["--jit-cache", "1M"])]


def straight(tap, myna, options, ways):
    """In every way; the first one's run is the model."""
    model = None
    for name, choice in ways:
        run = Run(myna, [*options, *choice, "--until", f"instructions={LIMIT}"])
        model = model or run
        tap.verdict(re.search(r"^[1-9]\d* checks, 0 failed$", run.said, re.M)
                    and run.stats["end"] == "power-off",
                    f"{name}: the program finds what it expects", run.trouble)
        tap.verdict(run.said == model.said and run.end() == model.end(),
                    f"{name}: ends in the state {ways[0][0]} ends in",
                    f"{run.trouble}\n{model.trouble}")
        if name == "jit":
            tap.verdict(int(run.stats["translated_blocks"]) > 0, "jit: something was translated",
                        run.trouble)
    return model


def lockstep(tap, myna, options):
    run = Run(myna, [*options, "--jit-lockstep", "--until", f"instructions={LOCKSTEP}"])
    tap.verdict("lockstep:" not in run.errors, "lockstep: no block differs", run.trouble)


def in_pieces(tap, myna, options, engines, seed, model, folder):
    """Cut, saved and loaded; each piece under another engine."""
    chance = random.Random(seed)
    cuts = sorted(chance.randrange(1, int(model.stats["instructions"])) for _ in range(CUTS))
    said, load = "", []
    for number, cut in enumerate([*cuts, None]):
        engine = engines[(number + seed) % len(engines)]
        until = LIMIT if cut is None else cut
        state = os.path.join(folder, f"{seed}-{number}")
        save = [] if cut is None else ["--save-state", state]
        done = Run(myna, [*options, "--engine", engine, "--until", f"instructions={until}", *load,
                          *save])
        said, load = said + done.said, ["--load-state", state]
    tap.verdict(said == model.said and done.end() == model.end(),
                f"cut at {', '.join(map(str, cuts))}: the same end", f"{said}\n{done.trouble}")


def main():
    myna, folder, program = sys.argv[1:4]
    cpus = sys.argv[4] if len(sys.argv) > 4 else "1"
    tap = Tap()
    image = build(folder, program)
    if not image:
        tap.verdict(True, f"{program} # SKIP {CROSS}gcc is missing")
        return tap.end()
    options = ["--kernel", image, "--smp", cpus]
    engines = engines_of(myna)
    model = straight(tap, myna, options, ways_of(engines))
    lockstep(tap, myna, options)
    with tempfile.TemporaryDirectory(prefix="myna-torture.") as states:
        for seed in SEEDS:
            in_pieces(tap, myna, options, engines, seed, model, states)
    return tap.end()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as problem:
        print("\n".join("# " + line for line in str(problem).splitlines()), file=sys.stderr)
        print("Bail out! a run failed")
        sys.exit(1)
