#!/usr/bin/env python3
"""Compares myna with QEMU and with native code: kernels in C, real programs, a boot."""
import argparse
import math
import os
import statistics
import sys

import guest
import opponents
from common import Failed, Unavailable, media, write_json, host, now

APPEND = "console=ttyAMA0 quiet panic=-1 bench="
CLASSES = ("integer", "fp", "simd")


def say(text):
    print(text, file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build", help="build directory")
    parser.add_argument("--runs", type=int, default=5, help="rounds (default 5)")
    parser.add_argument("--opponents", default=",".join(opponents.USUAL), help=" ".join(opponents.NAMES))
    parser.add_argument("--output", help="JSON file")
    parser.add_argument("--print-commands", action="store_true", help="print commands, do nothing")
    parser.add_argument("items", nargs="*", metavar="ITEM", help="item, item:SCALE or class")
    args = parser.parse_args()
    folder = os.path.join(args.build, "bench")
    os.makedirs(folder, exist_ok=True)
    guest_program, native_program = guest.build_kernels(folder)
    kernels = guest.kernel_list(native_program)
    path = media("busybox")
    initrd = guest.make_initrd(folder, f"{path}/busybox.initrd", guest_program)
    groups = {}
    for kind in CLASSES:
        for kernel in kernels:
            if kernel.kind != kind:
                continue
            words = [w for w in args.items or [kind]
                     if w == kind or w.partition(":")[0] == kernel.name]
            if words:
                groups.setdefault(kind, []).append(kernel.name if words[0] == kind else words[0])
    players = [opponents.make(name, args.build) for name in args.opponents.split(",")]
    times = {}
    sums = {}
    for round_number in range(args.runs):
        for kind, items in groups.items():
            for player in players:
                if player.guest:
                    command = player.command(f"{path}/linux", initrd, APPEND + ",".join(items))
                else:
                    command = [native_program, "run", *items]
                if args.print_commands:
                    print(" ".join(f"'{w}'" if " " in w else w for w in command))
                    continue
                say(f"round {round_number + 1} {kind} {player.name}")
                ran = opponents.run(command)
                for item in items:
                    item = item.partition(":")[0]
                    times.setdefault(item, {}).setdefault(player.name, []).append(ran.seconds[item])
                    sums.setdefault(item, {})[player.name] = ran.checksums[item]
        if args.print_commands:
            return
    for kind, items in groups.items():
        ratios = []
        for item in (i.partition(":")[0] for i in items):
            row = {n: statistics.median(t) for n, t in times[item].items()}
            text = f"{kind:8}{item:12}" + "".join(f"{n:>10} {v:7.3f}" for n, v in row.items())
            peers = [v for n, v in row.items() if n.startswith("qemu")]
            if peers and "jit" in row:
                ratios.append(min(peers) / row["jit"])
                text += f"  ratio {ratios[-1]:6.2f}"
            if "native" in row and "jit" in row:
                text += f"  of native {row['jit'] / row['native']:6.2f}"
            if len(set(sums[item].values())) > 1:
                text += "  CHECKSUMS DIFFER"
            print(text)
        if ratios:
            print(f"{kind:8}geometric mean {math.exp(statistics.fmean(map(math.log, ratios))):.2f}")
    write_json(args.output or os.path.join(args.build, "bench.json"),
               {"time": now(), "host": host(), "seconds": times})


if __name__ == "__main__":
    try:
        main()
    except (Failed, Unavailable) as why:
        sys.exit(f"bench: {why}")
