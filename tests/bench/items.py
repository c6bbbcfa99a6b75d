"""What is measured: items in classes, and how a process is told to run them."""

import os
import re
from collections import namedtuple

import guest
from common import HERE, Failed, Unavailable, media, say
from opponents import Process

# A class: the least ratio to QEMU that its geometric mean has to reach, or the most for the boot.
Kind = namedtuple("Kind", "name title medium floor")
KINDS = (Kind("integer", "integer", "busybox", 2.5),
         Kind("fp", "scalar FP", "busybox", 9.0),
         Kind("simd", "SIMD", "busybox", 9.0),
         Kind("programs", "real programs", "programs", 2.0),
         Kind("boot", "boot", "busybox", 0.6))
TRANSLATION_NS = 300  # most, per guest instruction

# `word` is what /init or the host's program is given; comparable: natively too.
Item = namedtuple("Item", "name word comparable text")

APPEND = "console=ttyAMA0 quiet panic=-1"
PROMPT = "myna# "
OFF = "poweroff -f\n"


class Group:
    """Items of a class that one process runs, one after the other."""

    def __init__(self, kind, chosen, whole, linux, initrd, native):
        self.kind, self.items, self.whole = kind, chosen, whole
        self.linux, self.initrd, self.native = linux, initrd, native

    def runs_under(self, player):
        return player.guest or self.native

    def process(self, player):
        words = [item.word for item in self.items]
        if not player.guest:
            return Process([self.native, "run", *words])
        if self.kind.name == "boot":
            return player.process(self.linux, self.initrd, APPEND, (PROMPT, OFF))
        return player.process(self.linux, self.initrd, f"{APPEND} bench={','.join(words)}")


def kernels_of(kind, native):
    return [Item(kernel.name, f"{kernel.name}:{kernel.scale}", kernel.comparable, kernel.text)
            for kernel in guest.kernel_list(native) if kernel.kind == kind]


def programs():
    """The labels of programs.sh that carry a comment."""
    with open(os.path.join(HERE, "programs.sh"), encoding="utf-8") as file:
        found = re.findall(r"^\t([a-z0-9-]+)\) # (.*)$", file.read(), re.MULTILINE)
    return [Item(name, "program." + name, False, text) for name, text in found]


def items_of(kind, native):
    if kind.name == "boot":
        return [Item("boot", "", False, "Debian's kernel and busybox, from start to power-off")]
    return programs() if kind.name == "programs" else kernels_of(kind.name, native)


def choose(kind, every, wanted):
    """Those of `every` that the words of the command line name."""
    if not wanted or kind.name in wanted:
        return every
    scaled = {word.partition(":")[0]: word for word in wanted}
    return [item._replace(word=scaled[item.name]) if ":" in scaled[item.name] else item
            for item in every if item.name in scaled]


def check_words(wanted, native):
    known = {kind.name for kind in KINDS}
    for kind in KINDS:
        known |= {item.name for item in items_of(kind, native)}
    for word in wanted:
        name, colon, scale = word.partition(":")
        if name not in known or (colon and not scale.isdecimal()):
            raise Failed(f"no item '{word}'; ./dev bench --list names them")


def group_of(kind, chosen, whole, folder, programs_built):
    guest_program, native = programs_built
    path = media(kind.medium)
    initrd = base = f"{path}/{kind.medium}.initrd"
    if kind.name != "boot":
        initrd = guest.make_initrd(folder, base, guest_program, kind.name == "programs")
    has_native = kind.name not in ("boot", "programs")
    return Group(kind, chosen, whole, f"{path}/linux", initrd, native if has_native else None)


def groups(wanted, folder):
    built = guest.build_kernels(folder)
    check_words(wanted, built[1])
    found = []
    for kind in KINDS:
        every = items_of(kind, built[1])
        chosen = choose(kind, every, wanted)
        if not chosen:
            continue
        try:
            found.append(group_of(kind, chosen, chosen == every, folder, built))
        except Unavailable as why:
            say(f"skipped: {kind.title}: {why}")
    if not found:
        raise Unavailable("nothing can be measured here")
    return found
