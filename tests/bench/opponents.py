"""Who is measured, and how an item's time is taken.

An item is timed by this process's clock when the marks of kernels/main.c arrive: under myna the
guest's clock counts instructions, so that time inside the guest says nothing.
"""

import os
import select
import shutil
import subprocess
import time

from common import Failed, Unavailable, myna_program

MEMORY_MB = 1024
SILENCE_S = 300  # without a mark for so long, something hangs


class Opponent:
    """A way to run the guest, or the host's own program (kernel None)."""

    def __init__(self, name, command, guest=True):
        self.name, self.command, self.guest = name, command, guest


def myna(build, engine):
    def command(linux, initrd, append):
        return [myna_program(build), "run", "virt", "--headless", "--engine", engine,
                "--kernel", linux, "--initrd", initrd, "--append", append,
                "--memory", f"{MEMORY_MB}M", "--quiet", "--stats"]
    return command


def qemu(cpu):
    def command(linux, initrd, append):
        return ["qemu-system-aarch64", "-M", "virt,gic-version=3", "-cpu", cpu, "-smp", "1",
                "-m", str(MEMORY_MB), "-nodefaults", "-display", "none", "-serial", "stdio",
                "-no-reboot", "-kernel", linux, "-initrd", initrd, "-append", append]
    return command


# Options of the command line name these.
NAMES = ("native", "jit", "interp", "qemu-a57", "qemu-max")
USUAL = ("native", "jit", "qemu-a57", "qemu-max")


def make(name, build):
    if name == "native":
        return Opponent(name, None, guest=False)
    if name in ("jit", "interp"):
        return Opponent(name, myna(build, name))
    if not shutil.which("qemu-system-aarch64"):
        raise Unavailable("qemu-system-aarch64 is not installed")
    return Opponent(name, qemu({"qemu-a57": "cortex-a57", "qemu-max": "max,pauth=off"}[name]))


class Run:
    """What one process said: seconds, checksum and guest's nanoseconds of each item."""

    def __init__(self):
        self.seconds, self.checksums, self.inside, self.stats = {}, {}, {}, {}
        self.begun = {}
        self.wall = None

    def line(self, line, at):
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


def lines_of(process):
    """Lines of the process's output, each with the time at which it was complete."""
    buffered = b""
    while True:
        if not select.select([process.stdout], [], [], SILENCE_S)[0]:
            raise Failed(f"nothing happened for {SILENCE_S} s")
        more = os.read(process.stdout.fileno(), 65536)
        at = time.monotonic()
        *lines, buffered = (buffered + more).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace").strip(), at
        if not more:
            return


def run(command):
    """Runs a process to its end."""
    seen = Run()
    tail = []
    start = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        try:
            for line, at in lines_of(process):
                tail = (tail + [line])[-20:]
                seen.line(line, at)
            process.wait()
        except Failed as why:
            process.kill()
            raise Failed("\n".join([str(why), *tail, "command: " + " ".join(command)])) from why
        errors = process.stderr.read().decode(errors="replace")
    seen.wall = time.monotonic() - start
    if process.returncode:
        raise Failed("\n".join([f"exit status {process.returncode}", *tail, errors,
                                "command: " + " ".join(command)]))
    return seen
