#!/usr/bin/env python3
"""Measures how fast myna alone executes guest instructions: bare-metal loops in assembly, boots.

Each case is run several times; the table shows the median. The guest's work is the same in every
run, to the instruction; only the host's time differs. Results also go to a JSON file, which a
later run can be compared with.
"""

import argparse
import os
import statistics
import subprocess
import sys

from common import CROSS, HERE, Failed, Unavailable, host, media, myna_program, now, read_json, \
    write_json

FOLDER = os.path.join(HERE, "loops")
LOOPS = ("integer", "memory", "calls", "float", "vector")


def loop(name, folder):
    """Assembles one of the small programs in loops/."""
    elf, image = (os.path.join(folder, name + suffix) for suffix in (".elf", ".bin"))
    try:
        subprocess.run([CROSS + "gcc", "-nostdlib", "-static", "-Wl,-Ttext=0,--build-id=none",
                        "-Wa,-I" + FOLDER, "-o", elf, os.path.join(FOLDER, name + ".S")],
                       check=True)
        subprocess.run([CROSS + "objcopy", "-O", "binary", "-j", ".text", elf, image], check=True)
    except FileNotFoundError as missing:
        raise Unavailable(f"{missing.filename} is missing") from missing
    return ["--kernel", image, "--memory", "64M"]


def options_of(case, folder):
    if case in LOOPS:
        return loop(case, folder)
    if case == "linux":
        path = media("busybox")
        return ["--kernel", f"{path}/linux", "--initrd", f"{path}/busybox.initrd", "--append",
                "console=ttyAMA0 quiet", "--until", "serial=myna# "]
    path = media("uboot")
    return ["--firmware", f"{path}/u-boot.bin", "--until", "serial=autoboot"]


def run_once(myna, options):
    """The `key: value` lines of one run."""
    command = [myna, "run", "virt", "--headless", "--serial", "null", "--stats",
               "--wall-timeout", "900s"] + options
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode:
        raise Failed(f"exit status {ran.returncode} of: {' '.join(command)}")
    pairs = (line.partition(": ") for line in ran.stdout.splitlines())
    return {key: value for key, _, value in pairs if key}


def measure(myna, options, runs):
    seen = [run_once(myna, options) for _ in range(runs)]
    instructions = {int(stats["instructions"]) for stats in seen}
    if len(instructions) != 1:
        raise Failed(f"the same run took different numbers of instructions: {sorted(instructions)}")
    mips = [instructions_per_us(stats) for stats in seen]
    return {"instructions": instructions.pop(), "mips": round(statistics.median(mips), 1),
            "low": round(min(mips), 1), "high": round(max(mips), 1),
            "wall_s": round(statistics.median(float(stats["wall_s"]) for stats in seen), 3)}


def instructions_per_us(stats):
    return int(stats["instructions"]) / max(float(stats["wall_s"]), 1e-6) / 1e6


def main():
    every = list(LOOPS) + ["uboot", "linux"]
    parser = argparse.ArgumentParser(prog="./dev bench mips", description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="build directory")
    parser.add_argument("--engine", default="jit", choices=("interp", "eval", "jit"),
                        help="how instructions are executed (default jit)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each case (default 5)")
    parser.add_argument("--output", help="JSON file (default mips.json in the build directory)")
    parser.add_argument("--compare", metavar="FILE", help="JSON file of an earlier run")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=" ".join(every) + " (default all)")
    args = parser.parse_args()
    for case in args.cases:
        if case not in every:
            parser.error(f"no case '{case}'; there are: {' '.join(every)}")
    myna = myna_program(args.build)
    folder = os.path.join(args.build, "bench")
    os.makedirs(folder, exist_ok=True)
    before = {}
    if args.compare:
        before = read_json(args.compare, "cases")

    results = {}
    print(f"{'case':<10}{'instructions':>14}{'wall s':>9}{'MIPS':>9}{'low':>9}{'high':>9}"
          + ("   before   ratio" if before else ""), flush=True)
    for case in args.cases or every:
        try:
            result = measure(myna, options_of(case, folder) + ["--engine", args.engine],
                             args.runs)
        except Unavailable as why:
            print(f"{case:<10} skipped: {why}", flush=True)
            continue
        results[case] = result
        line = (f"{case:<10}{result['instructions']:>14}{result['wall_s']:>9.3f}"
                f"{result['mips']:>9.1f}{result['low']:>9.1f}{result['high']:>9.1f}")
        if case in before:
            line += f"{before[case]['mips']:>9.1f}{result['mips'] / before[case]['mips']:>8.2f}"
        print(line, flush=True)

    output = args.output or os.path.join(args.build, "mips.json")
    write_json(output, {"time": now(), "host": host(), "engine": args.engine, "runs": args.runs,
                        "cases": results})
    print(f"written to {output}")
    return 0 if results else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as why:
        sys.exit(f"bench: {why}")
