#!/usr/bin/env python3
"""Runs every kernel of the benchmark briefly and compares the results. Speaks TAP.

usage: tests/bench/check.py FOLDER [MYNA]

The kernels, built in FOLDER, run natively and under qemu-aarch64, or, with MYNA, in one boot of that.
Nothing is timed. What cannot be had here is skipped.
"""

import shutil
import sys

import guest
import items
import opponents
from common import Failed, Unavailable, media

SCALE = 2


def sums_natively(kernels, programs):
    words = [f"{kernel.name}:{SCALE}" for kernel in kernels]
    return opponents.run(opponents.Process([programs[1], "run", *words])).checksums


def sums_of_qemu_user(kernels, programs):
    qemu = shutil.which("qemu-aarch64")
    if not qemu:
        raise Unavailable("qemu-aarch64 is missing")
    words = [f"{kernel.name}:{SCALE}" for kernel in kernels]
    return opponents.run(opponents.Process([qemu, programs[0], "run", *words])).checksums


def sums_of_myna(kernels, programs, folder, myna):
    path = media("busybox")
    initrd = guest.make_initrd(folder, f"{path}/busybox.initrd", programs[0])
    words = ",".join(f"{kernel.name}:{SCALE}" for kernel in kernels)
    player = opponents.Myna("jit", myna)
    process = player.process(f"{path}/linux", initrd, f"{items.APPEND} bench={words}")
    return opponents.run(process).checksums


class Tap:
    def __init__(self):
        self.count, self.failed = 0, False

    def verdict(self, good, text):
        self.count += 1
        self.failed |= not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {text}", flush=True)

    def compare(self, player, sums, expected):
        for name, want in expected.items():
            got = sums.get(name)
            self.verdict(got == want, f"{name} under {player}"
                         + ("" if got == want else f": {got}, not {want}"))

    def end(self):
        print(f"1..{self.count}")
        return 1 if self.failed else 0


def check(tap, folder, myna):
    programs = guest.build_kernels(folder)
    kernels = guest.kernel_list(programs[1])
    native = sums_natively(kernels, programs)
    expected = {kernel.name: native[kernel.name] for kernel in kernels if kernel.comparable}
    if not myna:
        tap.compare("qemu-aarch64", sums_of_qemu_user(kernels, programs), expected)
        return
    try:  # What libm rounds may differ from the host's; between guests it must not.
        expected = {**sums_of_qemu_user(kernels, programs), **expected}
    except Unavailable as why:
        print(f"# some kernels are not compared: {why}")
    tap.compare("myna", sums_of_myna(kernels, programs, folder, myna[0]), expected)


def main():
    tap = Tap()
    try:
        check(tap, sys.argv[1], sys.argv[2:])
    except Unavailable as why:
        tap.verdict(True, f"kernels # SKIP {why}")
    return tap.end()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as problem:
        print(f"Bail out! {problem}".replace("\n", " | "))
        sys.exit(1)
