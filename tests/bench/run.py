#!/usr/bin/env python3
"""Compares myna with QEMU and with native code: kernels in C, real programs, a boot.

All opponents get the same kernel image, initial RAM disk, command line and memory, and one CPU. They
take turns, round by round, so that whatever else the host does meets all of them. Every item's results
are compared. docs/performance.md says more about the method.
"""

import argparse
import os
import sys
import time

import items
import opponents
import report
from common import Failed, Unavailable, read_json, say


def arguments():
    kinds = ", ".join(kind.name for kind in items.KINDS)
    parser = argparse.ArgumentParser(
        prog="./dev bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter,
        epilog="./dev bench mips ... measures bare-metal loops on myna alone: ./dev bench mips --help")
    parser.add_argument("items", nargs="*", metavar="ITEM",
                        help=f"a class ({kinds})\nor an item, kernels also as ITEM:SCALE; default all")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="rounds (default 5)")
    parser.add_argument("--opponents", default=",".join(opponents.USUAL), metavar="NAME,...",
                        help=f"of: {', '.join(opponents.NAMES)}\n(default {','.join(opponents.USUAL)})")
    parser.add_argument("--compare", metavar="FILE", help="JSON file of an earlier run to compare with")
    parser.add_argument("--output", metavar="FILE", help="JSON file (default bench.json in the build "
                        "directory)")
    parser.add_argument("--build", default="build", metavar="DIR", help="build directory")
    parser.add_argument("--list", action="store_true", help="list the items and stop")
    parser.add_argument("--print-commands", action="store_true",
                        help="print what would be run, for a shell, and stop")
    args = parser.parse_args()
    if args.runs < 1:
        parser.error("--runs needs at least 1")
    return args


def rounds(groups, players, runs, results):
    """Every group of items under every opponent, in turn. Who begins changes with the round."""
    start = time.monotonic()
    for turn in range(runs):
        for group in groups:
            order = [player for player in players if group.runs_under(player)]
            shift = turn % max(len(order), 1)
            for player in order[shift:] + order[:shift]:
                say(f"{time.monotonic() - start:4.0f} s  round {turn + 1} of {runs}  "
                    f"{group.kind.name}: {player.name}")
                results.add(group, player, opponents.run(group.process(player)))


def main():
    args = arguments()
    folder = os.path.join(args.build, "bench")
    os.makedirs(folder, exist_ok=True)
    players = opponents.available(args.opponents.split(","), args.build)
    groups = items.groups(args.items, folder)
    if args.list:
        report.print_list(groups)
        return
    if args.print_commands:
        for group in groups:
            for player in filter(group.runs_under, players):
                print(group.process(player))
        return
    before = read_json(args.compare, "items") if args.compare else None
    results = report.Results(args.runs, args.build)
    rounds(groups, players, args.runs, results)
    results.print_tables(before)
    output = args.output or os.path.join(args.build, "bench.json")
    results.write(output)
    say(f"written to {output}")


if __name__ == "__main__":
    try:
        main()
    except (Failed, Unavailable) as why:
        sys.exit(f"bench: {why}")
    except KeyboardInterrupt:
        sys.exit(130)
