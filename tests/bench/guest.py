"""The guest's side of the benchmark: the kernels, built for guest and host, and initial RAM disks."""

import glob
import os
import subprocess

from common import CROSS, HERE, Failed, Unavailable, media

# No contraction of a * b + c: the host's baseline has no such instruction, and results are compared.
# Otherwise what distributions build with, for guest and host; simd.c asks for -O3 itself.
FLAGS = ["-std=gnu11", "-O2", "-ffp-contract=off", "-static"]


class Kernel:
    """A row of kernels.def."""

    def __init__(self, line):
        name, kind, scale, comparable, text = line.split("\t")
        self.name, self.kind, self.scale, self.text = name, kind, int(scale), text
        self.comparable = comparable == "1"


def up_to_date(target, sources):
    return os.path.exists(target) and all(
        os.path.getmtime(target) >= os.path.getmtime(source) for source in sources)


def build_kernels(folder):
    """Builds the program of kernels/ twice; the paths of the guest's and the host's."""
    sources = sorted(glob.glob(os.path.join(HERE, "kernels", "*.c")))
    depends = sources + glob.glob(os.path.join(HERE, "kernels", "*.[hd]*")) + [__file__]
    built = []
    for name, compiler in (("guest", CROSS + "gcc"), ("native", "gcc")):
        target = os.path.join(folder, "kernels-" + name)
        if not up_to_date(target, depends):
            compile_to(target, [compiler, *FLAGS, *sources, "-lm"])
        built.append(target)
    return built


def compile_to(target, command):
    """Runs side by side do not see each other's half-written programs."""
    part = f"{target}.{os.getpid()}"
    try:
        if subprocess.run([*command, "-o", part], check=False).returncode:
            raise Failed(f"building {target} failed")
    except FileNotFoundError as missing:
        raise Unavailable(f"{command[0]} is missing") from missing
    os.replace(part, target)


def kernel_list(native):
    lines = subprocess.run([native, "list"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [Kernel(line) for line in lines.splitlines()]


def cpio(files):
    """A newc archive of (path, mode, content); the kernel unpacks archives that follow each other."""
    out = bytearray()
    for number, (name, mode, content) in enumerate([*files, ("TRAILER!!!", 0, b"")], 1):
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        out += b"070701" + b"".join(b"%08X" % field for field in fields)
        out += name.encode() + b"\0"
        out += bytes(-len(out) % 4) + content
        out += bytes(-len(out) % 4)
    return bytes(out + bytes(-len(out) % 512))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def source_to_compile():
    """A C file for the guest's compiler, which has no headers."""
    command = [CROSS + "gcc", "-E", "-P", "-std=gnu11", os.path.join(HERE, "kernels", "sha256.c")]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def make_initrd(folder, base, guest_kernels, with_programs=False):
    """An archive of ours behind that of a medium, whose /init it replaces."""
    files = [("init", 0o100755, read(os.path.join(HERE, "init"))),
             ("bin/kernels", 0o100755, read(guest_kernels))]
    if with_programs:
        files += [("bin/programs.sh", 0o100755, read(os.path.join(HERE, "programs.sh"))),
                  ("source.i", 0o100644, source_to_compile())]
    path = os.path.join(folder, "bench-" + os.path.basename(base))
    theirs = read(base)
    with open(path, "wb") as file:
        file.write(theirs + bytes(-len(theirs) % 4) + cpio(files))
    return path
