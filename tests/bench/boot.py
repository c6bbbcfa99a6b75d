#!/usr/bin/env python3
"""Boots Debian's arm64 kernel to a busybox shell under the interpreter, the translator and QEMU.

The runs are interleaved, so whatever else the host does meets all of them; the table shows medians of
wall time and the ratio to QEMU's better CPU model. QEMU (Debian package qemu-system-arm) is a program
of its own and only measured if it is installed.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

from run import host, media

PROMPT = b"myna# "
APPEND = "console=ttyAMA0 quiet"


def myna_command(myna, engine, path):
    return [myna, "run", "virt", "--headless", "--engine", engine, "--kernel", f"{path}/linux",
            "--initrd", f"{path}/busybox.initrd", "--append", APPEND, "--memory", "512M",
            "--until", "serial=" + PROMPT.decode(), "--wall-timeout", "900s"]


def qemu_command(cpu, path):
    return ["qemu-system-aarch64", "-M", "virt,gic-version=3", "-cpu", cpu, "-smp", "1", "-m", "512",
            "-nodefaults", "-display", "none", "-serial", "stdio", "-kernel", f"{path}/linux",
            "-initrd", f"{path}/busybox.initrd", "-append", APPEND]


def seconds_to_prompt(command):
    """Wall time from start to the first prompt on the serial line."""
    start = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        seen = b""
        while PROMPT not in seen:
            more = os.read(process.stdout.fileno(), 65536)
            if not more:
                sys.exit(f"ended before the prompt: {' '.join(command)}")
            seen = (seen + more)[-4096:]
        taken = time.monotonic() - start
        process.kill()
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="build directory")
    parser.add_argument("--runs", type=int, default=5, help="runs of each (default 5)")
    parser.add_argument("--output", help="JSON file (default bench-boot.json in the build directory)")
    args = parser.parse_args()
    path = media("busybox")
    myna = os.path.join(args.build, "frontend", "myna")
    commands = {engine: myna_command(myna, engine, path) for engine in ("interp", "jit")}
    if shutil.which("qemu-system-aarch64"):
        for cpu in ("cortex-a57", "max,pauth=off"):
            commands["qemu " + cpu] = qemu_command(cpu, path)
    taken = {name: [] for name in commands}
    for _ in range(args.runs):
        for name, command in commands.items():
            taken[name].append(seconds_to_prompt(command))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    peers = [median for name, median in medians.items() if name.startswith("qemu")]
    print(f"{'engine':<22}{'wall s':>8}{'low':>8}{'high':>8}{'of QEMU':>9}")
    for name, times in taken.items():
        ratio = f"{medians[name] / min(peers):9.2f}" if peers else ""
        print(f"{name:<22}{medians[name]:8.2f}{min(times):8.2f}{max(times):8.2f}{ratio}")
    output = args.output or os.path.join(args.build, "bench-boot.json")
    with open(output, "w", encoding="utf-8") as file:
        json.dump({"host": host(), "seconds": taken}, file, indent=1)


if __name__ == "__main__":
    main()
