"""Who is measured, and how an item's time is taken.

An item is timed by this process's clock when the marks of kernels/main.c arrive: under myna the
guest's clock counts instructions, so that time inside the guest says nothing.
"""

import os
import select
import shlex
import shutil
import subprocess
import time

from common import Failed, Unavailable, myna_program, say

MEMORY_MB = 1024
SILENCE_S = 300  # without output for so long, something hangs


class Process:
    """A command line and, if it is to be typed by us, (prompt, text)."""

    def __init__(self, words, typed=None):
        self.words, self.typed = words, typed

    def __str__(self):
        return shlex.join(self.words)


class Native:
    """The host's own program."""

    name, guest = "native", False


class Myna:
    """myna, with an engine."""

    guest = True

    def __init__(self, engine, program):
        self.name, self.program = engine, program

    def process(self, linux, initrd, append, typed=None):
        words = [self.program, "run", "virt", "--headless", "--engine", self.name,
                 "--kernel", linux, "--initrd", initrd, "--append", append,
                 "--memory", f"{MEMORY_MB}M", "--quiet", "--stats"]
        if typed:
            prompt, text = typed
            words += ["--type", "after=" + prompt + ",text=" + text.replace("\n", "\\n")]
        return Process(words)


class Qemu:
    """QEMU's system emulator, with a CPU model."""

    guest = True
    models = {"qemu-a57": "cortex-a57", "qemu-max": "max,pauth=off"}

    def __init__(self, name):
        self.name = name
        if not shutil.which("qemu-system-aarch64"):
            raise Unavailable("qemu-system-aarch64 is not installed; './dev install' installs it")

    def process(self, linux, initrd, append, typed=None):
        return Process(["qemu-system-aarch64", "-M", "virt,gic-version=3", "-accel", "tcg",
                        "-cpu", self.models[self.name], "-smp", "1", "-m", str(MEMORY_MB),
                        "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
                        "-kernel", linux, "-initrd", initrd, "-append", append], typed)


ENGINES = ("jit", "interp")
NAMES = ("native", *ENGINES, *Qemu.models)
USUAL = ("native", "jit", *Qemu.models)


def available(names, build):
    """The opponents of these names that can be had; says which cannot."""
    found = []
    for name in names:
        if name not in NAMES:
            raise Failed(f"no opponent '{name}'; there are: {' '.join(NAMES)}")
        try:
            if name == "native":
                found.append(Native())
            else:
                found.append(Myna(name, myna_program(build)) if name in ENGINES else Qemu(name))
        except Unavailable as why:
            say(f"skipped: {name}: {why}")
    if not found:
        raise Unavailable("none of these opponents can be had here")
    return found


class Seen:
    """What a process said: seconds, checksum and the guest's own seconds of each item."""

    def __init__(self):
        self.begun, self.seconds, self.checksums, self.inside, self.stats = {}, {}, {}, {}, {}
        self.wall = None
        self.tail = []

    def line(self, line, at):
        self.tail = (self.tail + [line])[-20:]
        words = line.split()
        if words[:1] != ["bench"]:
            key, colon, value = line.partition(": ")
            if colon:
                self.stats[key] = value
        elif words[1] == "begin":
            self.begun[words[2]] = at
        elif words[1] == "end":
            self.seconds[words[2]] = at - self.begun[words[2]]
        elif words[1] == "sum":
            self.checksums[words[2]] = words[3]
            self.inside[words[2]] = int(words[4]) / 1e9
        else:
            raise Failed("the guest says: " + line)


def lines_of(child, typed):
    """Lines of the child's output, each with the time at which it was complete."""
    buffered = b""
    while True:
        if not select.select([child.stdout], [], [], SILENCE_S)[0]:
            raise Failed(f"nothing happened for {SILENCE_S} s")
        more = os.read(child.stdout.fileno(), 65536)
        at = time.monotonic()
        *lines, buffered = (buffered + more).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace").strip(), at
        if typed and typed[0].encode() in buffered:
            os.write(child.stdin.fileno(), typed[1].encode())
            typed = None
        if not more:
            return


def follow(child, seen, typed):
    """Reads to the end of the child's output; returns its exit status."""
    try:
        for line, at in lines_of(child, typed):
            seen.line(line, at)
        return child.wait()
    except BaseException:
        child.kill()
        raise


def run(process):
    """Runs a process to its end."""
    seen = Seen()
    start = time.monotonic()
    if not shutil.which(process.words[0]):
        raise Failed(f"there is no program {process.words[0]}")
    with subprocess.Popen(process.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as child:
        try:
            status = follow(child, seen, process.typed)
            if status:
                raise Failed(f"exit status {status}")
        except Failed as why:
            raise Failed("\n  ".join([str(why), *seen.tail, f"command: {process}"])) from why
    seen.wall = time.monotonic() - start
    return seen
