#!/usr/bin/env python3
"""Checks the one direction of dependency over the #includes (docs/architecture.md, "Layout").

usage: tests/layering.py [ROOT]       check the tree; a line for each include that is not allowed
       tests/layering.py --self-test  check the checker
"""

import os
import re
import sys

LAYERS = ("machine/boards", "machine", "cpu", "jit", "devices", "frontend", "roms", "tests")

# What the sources of a layer may include of the project. Own headers come on top.
MAY_INCLUDE = {
    "jit": set(),
    "machine": set(),
    "devices": {"machine"},
    "cpu": {"machine", "jit"},
    "machine/boards": {"machine", "cpu", "devices"},
    "frontend": {"machine", "machine/boards", "cpu", "devices", "jit"},
}

# Host files, sockets, terminals, windows and clocks: the frontends' business alone.
HOST_HEADERS = re.compile(
    r"SDL|time\.h|fcntl\.h|poll\.h|termios\.h|dirent\.h|netdb\.h|ifaddrs\.h|signal\.h"
    r"|netinet/|arpa/"
    r"|sys/(socket|un|time|times|epoll|select|ioctl|stat|file|wait|signalfd|eventfd)\.h")

# Exceptions, with their reason.
ALLOWED = {
    # Size, owner and mode of the descriptor it is given: whether the file may be mapped.
    ("machine/snapshot.c", "sys/stat.h"),
    ("machine/statefile.c", "sys/stat.h"),
}

# Parts of devices/ that are no device, and whose they are.
PARTS = {"virtqueue": "virtio"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def layer_of(path):
    """The layer a file or an include path belongs to, or None."""
    for layer in LAYERS:
        if path.startswith(layer + "/"):
            return layer
    return None


def may_share(source, header, sources):
    """Whether one file of devices/ may include a header of devices/.

    A chip has its own header and those of its kind (virtio_blk.c: virtio.h); a header without a
    .c beside it is no device but something several share; devices.c is the list of them all.
    """
    stem = os.path.splitext(os.path.basename(source))[0]
    shared = os.path.splitext(os.path.basename(header))[0]
    return (stem.startswith((shared, PARTS.get(shared, shared))) or stem == "devices"
            or os.path.splitext(header)[0] + ".c" not in sources)


def objection(path, bracket, name, sources):
    """Why the file at `path` may not include `name`, or None. `sources`: all paths of the tree."""
    layer = layer_of(path)
    if layer in (None, "tests", "roms"):
        return None
    if bracket == "<":
        if name.startswith("SDL") and not os.path.basename(path).startswith("sdl"):
            return "only frontend/sdl* knows SDL"
        if (layer != "frontend" and HOST_HEADERS.match(name)
                and (path, name) not in ALLOWED):
            return "only frontend/ knows files, sockets, terminals and the time of the host"
        return None
    target = name
    if layer_of(name) is None:
        # Relative to the file, as the compiler takes it.
        target = os.path.normpath(os.path.join(os.path.dirname(path), name))
    other = layer_of(target)
    if other is None:
        return "is outside of the project's folders"
    if target == "jit/ir.h" and layer == "cpu":
        if not os.path.basename(path).startswith("lower"):
            return "only cpu/*/lower*.c include jit/ir.h"
        return None
    if layer == "devices" and other == "devices":
        allowed = may_share(path, target, sources)
        return None if allowed else "a device never includes another device"
    if other != layer and other not in MAY_INCLUDE[layer]:
        return f"{layer}/ may not include {other}/"
    return None


def check_text(path, text, sources):
    found = []
    for match in INCLUDE.finditer(text):
        why = objection(path, match.group(1), match.group(2), sources)
        if why:
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path}:{line}: {match.group(0).strip()}: {why}")
    return found


def check_tree(root):
    sources = set()
    for layer in LAYERS:
        for folder, _, names in os.walk(os.path.join(root, layer)):
            sources |= {os.path.relpath(os.path.join(folder, name), root)
                        for name in names if name.endswith((".c", ".h", ".def", ".S"))}
    found = []
    for path in sorted(sources):
        with open(os.path.join(root, path), encoding="utf-8") as source:
            found += check_text(path, source.read(), sources)
    return found if sources else [f"{root}: no sources found"]


GOOD = [
    ("jit/ir.c", '"jit/ir.h"'), ("jit/eval.c", "<ffi.h>"), ("jit/opt.c", '"ir.h"'),
    ("machine/bus.c", '"machine/bus.h"'), ("machine/state.c", "<xxhash.h>"),
    ("devices/pl011.c", '"machine/device.h"'), ("devices/pl011.c", '"devices/pl011.h"'),
    ("devices/virtio_blk.c", '"devices/virtio.h"'), ("devices/pl031.c", '"devices/primecell.h"'),
    ("devices/devices.c", '"devices/pl011.h"'),
    ("devices/virtio.h", '"devices/virtqueue.h"'),
    ("cpu/arm64/run.c", '"cpu/arm64/exec.h"'), ("cpu/arm64/lower_int.c", '"jit/ir.h"'),
    ("machine/boards/virt_arm64.c", '"devices/pl011.h"'), ("frontend/main.c", "<time.h>"),
    ("frontend/sdl.c", "<SDL2/SDL.h>"), ("tests/unit/bus.c", '"frontend/options.h"'),
]
BAD = [
    ("jit/ir.c", '"machine/bus.h"'), ("jit/ir.c", '"../cpu/decode.h"'),
    ("machine/bus.c", '"cpu/decode.h"'), ("machine/bus.c", '"machine/boards/virt_arm64.h"'),
    ("machine/snapshot.c", "<fcntl.h>"), ("machine/event.c", "<time.h>"),
    ("devices/pl011.c", '"devices/gicv3.h"'), ("devices/pl011.c", '"cpu/arm64/arm64.h"'),
    ("devices/virtio_blk.c", '"devices/virtio_rng.h"'), ("devices/pl011.c", "<sys/socket.h>"),
    ("devices/pl031.c", "<sys/time.h>"), ("cpu/arm64/run.c", '"jit/ir.h"'),
    ("cpu/arm64/timer.c", '"devices/gicv3.h"'), ("machine/boards/nes.c", '"frontend/host.h"'),
    ("cpu/arm64/run.c", '"machine/boards/virt_arm64.h"'), ("frontend/main.c", "<SDL2/SDL.h>"),
    ("devices/pl011.c", '"devices/virtqueue.h"'), ("cpu/arm64/run.c", "<SDL.h>"),
    ("frontend/main.c", '"tests/unit/helper.h"'),
    ("machine/bus.c", '"../somewhere/else.h"'),
]


# Files of the samples' tree.
SOURCES = {"devices/gicv3.c", "devices/pl011.c", "devices/virtio.c", "devices/virtio_rng.c",
           "devices/virtqueue.c"}


def self_test():
    wrong = 0
    for sample, allowed in [(s, True) for s in GOOD] + [(s, False) for s in BAD]:
        path, include = sample
        found = check_text(path, f"/* a comment */\n#  include {include}\n", SOURCES)
        if (not found) != allowed or (found and not found[0].startswith(f"{path}:2:")):
            expected = "no objection" if allowed else "an objection"
            print(f"{path} with #include {include}: expected {expected}")
            wrong += 1
    print(f"{len(GOOD) + len(BAD)} samples, {wrong} wrong")
    return wrong


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test() else 0
    found = check_tree(sys.argv[1] if len(sys.argv) > 1 else ".")
    print("\n".join(found) or "layering: nothing to object to")
    return 1 if found else 0


sys.exit(main())
