"""What the benchmark scripts share: media, versions, the host, JSON."""

import json
import os
import platform
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CROSS = os.environ.get("CROSS_COMPILE", "aarch64-linux-gnu-")


class Unavailable(Exception):
    """Why something cannot be measured here."""


class Failed(Exception):
    """What went wrong; the run ends with this message."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def media(item):
    """The directory that holds the guest software of `item`; see tests/boot/media."""
    got = subprocess.run([os.path.join(HERE, "..", "boot", "media"), item],
                         stdout=subprocess.PIPE, text=True, check=False)
    if got.returncode == 77:
        raise Unavailable(f"the media '{item}' cannot be had")
    if got.returncode:
        raise Failed(f"preparing the media '{item}' failed")
    return got.stdout.strip()


def myna_program(build):
    return os.path.join(build, "frontend", "myna")


def first_line(command):
    """The first line that `command` prints; how programs tell their version."""
    try:
        ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                             check=False)
    except FileNotFoundError:
        return None
    return ran.stdout.partition("\n")[0]


def git_version(build):
    """The commit of the tree that the build directory is in, if it is in a checkout."""
    return first_line(["git", "-C", build, "describe", "--always", "--dirty"])


def host():
    model = platform.processor()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            model = next(line.split(":", 1)[1].strip() for line in info
                         if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {"cpu": model, "cpus": os.cpu_count(), "kernel": platform.release(),
            "load": os.getloadavg()[0]}


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def write_json(path, content):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")


def read_json(path, key):
    """A member of what an earlier run wrote."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)[key]
    except (OSError, ValueError, KeyError, TypeError) as why:
        raise Failed(f"{path} is not the result of such a run: {why}") from why
