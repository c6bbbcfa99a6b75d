#!/usr/bin/env python3
"""Measures how fast the emulator executes guest instructions.

Each case is run several times; the table shows the median. The guest's work is the same in every
run, to the instruction; only the host's time differs. Results also go to a JSON file, which a
later run can be compared with.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
KERNELS = ("integer", "memory", "calls", "float", "vector")
CROSS = os.environ.get("CROSS_COMPILE", "aarch64-linux-gnu-")


class Unavailable(Exception):
    """Why a case cannot be run here."""


def media(item):
    got = subprocess.run([os.path.join(HERE, "..", "boot", "media"), item],
                         stdout=subprocess.PIPE, text=True, check=False)
    if got.returncode:
        raise Unavailable(f"the medium '{item}' cannot be had")
    return got.stdout.strip()


def kernel(name, folder):
    """Assembles one of the small programs beside this script."""
    elf, image = (os.path.join(folder, name + suffix) for suffix in (".elf", ".bin"))
    try:
        subprocess.run([CROSS + "gcc", "-nostdlib", "-static", "-Wl,-Ttext=0,--build-id=none",
                        "-Wa,-I" + HERE, "-o", elf, os.path.join(HERE, name + ".S")],
                       check=True)
        subprocess.run([CROSS + "objcopy", "-O", "binary", "-j", ".text", elf, image], check=True)
    except FileNotFoundError as missing:
        raise Unavailable(f"{missing.filename} is missing") from missing
    return ["--kernel", image, "--memory", "64M"]


def options_of(case, folder):
    if case in KERNELS:
        return kernel(case, folder)
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
        sys.exit(f"exit status {ran.returncode} of: {' '.join(command)}")
    pairs = (line.partition(": ") for line in ran.stdout.splitlines())
    return {key: value for key, _, value in pairs if key}


def measure(myna, options, runs):
    seen = [run_once(myna, options) for _ in range(runs)]
    instructions = {int(stats["instructions"]) for stats in seen}
    if len(instructions) != 1:
        sys.exit(f"the same run took different numbers of instructions: {sorted(instructions)}")
    mips = [instructions_per_us(stats) for stats in seen]
    return {"instructions": instructions.pop(), "mips": round(statistics.median(mips), 1),
            "low": round(min(mips), 1), "high": round(max(mips), 1),
            "wall_s": round(statistics.median(float(stats["wall_s"]) for stats in seen), 3)}


def instructions_per_us(stats):
    return int(stats["instructions"]) / max(float(stats["wall_s"]), 1e-6) / 1e6


def host():
    model = platform.processor()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            model = next(line.split(":", 1)[1].strip() for line in info
                         if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {"cpu": model, "cpus": os.cpu_count(), "kernel": platform.release()}


def main():
    every = list(KERNELS) + ["uboot", "linux"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="build directory")
    parser.add_argument("--engine", default="interp", choices=("interp", "jit"),
                        help="how instructions are executed (default interp)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each case (default 5)")
    parser.add_argument("--output", help="JSON file (default bench.json in the build directory)")
    parser.add_argument("--compare", metavar="FILE", help="JSON file of an earlier run")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=" ".join(every) + " (default all)")
    args = parser.parse_args()
    for case in args.cases:
        if case not in every:
            parser.error(f"no case '{case}'; there are: {' '.join(every)}")
    myna = os.path.join(args.build, "frontend", "myna")
    folder = os.path.join(args.build, "bench")
    os.makedirs(folder, exist_ok=True)
    before = {}
    if args.compare:
        with open(args.compare, encoding="utf-8") as file:
            before = json.load(file)["cases"]

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

    output = args.output or os.path.join(args.build, "bench.json")
    with open(output, "w", encoding="utf-8") as file:
        json.dump({"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "host": host(),
                   "engine": args.engine, "runs": args.runs, "cases": results}, file, indent=2)
        file.write("\n")
    print(f"written to {output}")
    return 0 if results else 1


if __name__ == "__main__":
    sys.exit(main())
