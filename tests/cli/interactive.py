#!/usr/bin/env python3
"""The command line with somebody at the other end: a terminal, a Unix socket. Speaks TAP.

usage: tests/cli/interactive.py MYNA

The guest is roms/arm64/echo: it greets with `ready> ` and sends back what it gets, in capitals.
Host time only ends a test that hangs.
"""

import os
import pty
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time

PATIENCE = 60
MYNA = os.path.abspath(sys.argv[1])
ROM = os.path.join(os.path.dirname(__file__), "..", "..", "roms", "arm64", "echo.bin")
COMMAND = [MYNA, "run", "virt", "--memory", "16M", "--kernel", os.path.abspath(ROM),
           "--wall-timeout", str(PATIENCE)]
results = []


def check(name, passed, detail=""):
    results.append(passed)
    print(f"{'ok' if passed else 'not ok'} {len(results)} - {name}")
    if not passed:
        print(f"# {detail}")


def read_until(fd, text):
    """Everything up to and including `text`, or what came before end or patience ended."""
    seen = b""
    end = time.monotonic() + PATIENCE
    while text not in seen and time.monotonic() < end:
        if not select.select([fd], [], [], 1)[0]:
            continue
        try:
            data = os.read(fd, 4096)
        except OSError:
            break
        if not data:
            break
        seen += data
    return seen


def default_signals():
    """A test run started with nohup ignores SIGHUP, and its children would inherit that."""
    for number in signal.SIGTERM, signal.SIGHUP, signal.SIGINT:
        signal.signal(number, signal.SIG_DFL)


class Terminal:
    """myna on a pseudo terminal, with its standard error there too."""

    def __init__(self, *options):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            COMMAND + list(options), stdin=self.slave, stdout=self.slave, stderr=self.slave,
            start_new_session=True, preexec_fn=default_signals)

    def expect(self, name, text):
        seen = read_until(self.master, text)
        check(name, text in seen, f"waited for {text!r}, saw {seen[-200:]!r}")

    def type(self, keys):
        os.write(self.master, keys)

    def raw(self):
        return not termios.tcgetattr(self.slave)[3] & (termios.ICANON | termios.ECHO)

    def ends(self, name, status):
        try:
            got = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            got = "a hang"
        check(f"{name}: status {status}", got == status, f"got {got}")
        check(f"{name}: the terminal is as before",
              termios.tcgetattr(self.slave) == self.before)
        os.close(self.master)
        os.close(self.slave)


def keys():
    t = Terminal()
    t.expect("the guest greets on the terminal", b"ready> ")
    check("the terminal is raw", t.raw())
    t.type(b"abc")
    t.expect("typed keys reach the guest, echoed by it alone", b"ABC")
    t.type(b"\x03x")
    t.expect("Ctrl-C goes to the guest", b"\x03X")
    t.type(b"\x01\x01y")
    t.expect("Ctrl-A Ctrl-A sends one Ctrl-A", b"\x01Y")
    t.type(b"\x01h")
    t.expect("Ctrl-A h lists the keys", b"Ctrl-A x")
    t.type(b"\x01c")
    t.expect("Ctrl-A c says that there is no monitor", b"no monitor")
    t.type(b"\x01?z")
    t.expect("an unknown escape is swallowed", b"Z")
    t.type(b"\x01")
    t.type(b"x")
    t.ends("Ctrl-A x in two parts", 0)


def ends():
    t = Terminal()
    read_until(t.master, b"ready> ")
    t.type(b"!")
    t.ends("power-off", 0)
    for number in signal.SIGTERM, signal.SIGHUP, signal.SIGINT:
        t = Terminal()
        read_until(t.master, b"ready> ")
        os.kill(t.process.pid, number)
        t.ends(number.name, 128 + number)
    t = Terminal()
    read_until(t.master, b"ready> ")
    os.kill(t.process.pid, signal.SIGSEGV)
    t.ends("a crash", -signal.SIGSEGV)
    t = Terminal("--until", "serial=nothing", "--hash")
    read_until(t.master, b"ready> ")
    t.type(b"!")
    t.expect("the hash comes on a line of its own", b"\nstate-hash: ")
    t.ends("power-off with --hash", 0)


def waiting():
    """A guest that waits for ever is kept while somebody may type, and costs no CPU time."""
    t = Terminal()
    read_until(t.master, b"ready> ")
    t.type(b"#")
    time.sleep(1)
    with open(f"/proc/{t.process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    check("it is still there", t.process.poll() is None)
    before = int(fields[11]) + int(fields[12])
    time.sleep(1)
    with open(f"/proc/{t.process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    used = (int(fields[11]) + int(fields[12]) - before) / os.sysconf("SC_CLK_TCK")
    check("waiting costs no CPU time", used < 0.3, f"{used} s of a second")
    t.type(b"\x01x")
    t.ends("quitting it", 0)


def pacing():
    start = time.monotonic()
    t = Terminal("--until", "time=1s", "--type", "text=#")
    t.ends("one second of guest time", 0)
    taken = time.monotonic() - start
    check("guest time does not run ahead of the wall clock", taken >= 1, f"{taken} s")
    start = time.monotonic()
    t = Terminal("--until", "time=3600s", "--type", "text=#", "--no-pace")
    t.ends("an hour without pace", 0)
    taken = time.monotonic() - start
    check("--no-pace lets an idle guest run ahead", taken < PATIENCE, f"{taken} s")


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    end = time.monotonic() + PATIENCE
    while True:
        try:
            client.connect(path)
            return client
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def unix_socket():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "serial")
        # What a process that was killed leaves behind.
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(path)
        stale.close()
        process = subprocess.Popen(COMMAND + ["--serial", "unix:" + path],
                                   stdin=subprocess.DEVNULL)
        first = connect(path)
        check("the socket is its owner's alone", os.stat(path).st_mode & 0o077 == 0)
        first.send(b"one\n")
        seen = read_until(first.fileno(), b"ONE\r\nready> ")
        check("a client talks to the guest", b"ONE\r\nready> " in seen, repr(seen))
        first.close()
        second = connect(path)
        second.send(b"two\n")
        seen = read_until(second.fileno(), b"TWO\r\nready> ")
        check("the next client does too", b"TWO\r\nready> " in seen, repr(seen))
        second.send(b"!")
        check("the run ends with status 0", process.wait(PATIENCE) == 0)
        check("the socket is gone", not os.path.exists(path))
        second.close()
        busy = socket.socket(socket.AF_UNIX)
        busy.bind(path)
        busy.listen(1)
        refused = subprocess.run(COMMAND + ["--serial", "unix:" + path], capture_output=True,
                                 text=True, check=False)
        check("a socket in use is left alone", refused.returncode == 2 and os.path.exists(path),
              refused.stderr)
        busy.close()


for test in keys, ends, waiting, pacing, unix_socket:
    test()
print(f"1..{len(results)}")
sys.exit(0 if all(results) else 1)
