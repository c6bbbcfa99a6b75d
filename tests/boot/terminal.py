#!/usr/bin/env python3
"""Plays the user at a terminal: waits for a prompt, types, quits with Ctrl-A x.

usage: tests/boot/terminal.py PROMPT COMMAND...

The command runs on a pseudo terminal of its own. What it prints is printed here. Exit status 0
when everything came as expected; otherwise a line says what did not.
"""

import os
import pty
import select
import sys
import termios
import time

PATIENCE = 900  # seconds of the host's time; only a hang needs them


class Terminal:
    def __init__(self, command):
        self.seen = b""
        self.place = 0
        self.end = time.monotonic() + PATIENCE
        # Its controlling terminal, so that it does not outlive us.
        self.child, self.master = pty.fork()
        if self.child == 0:
            os.read(0, 1)
            os.execvp(command[0], command)
        self.before = self.modes()
        os.write(self.master, b"\n")

    def modes(self):
        return termios.tcgetattr(self.master)

    def read(self):
        """Take what is there; False at the end of the patience."""
        if not select.select([self.master], [], [], 1)[0]:
            return time.monotonic() < self.end
        try:
            data = os.read(self.master, 65536)
        except OSError:  # nobody has the other side open any more
            data = b""
            time.sleep(0.05)
        sys.stdout.buffer.write(data)
        self.seen += data
        return True

    def wait_for(self, text):
        while True:
            found = self.seen.find(text, self.place)
            if found >= 0:
                self.place = found + len(text)
                return
            if os.waitpid(self.child, os.WNOHANG)[0]:
                sys.exit(f"\nended before {text!r}")
            if not self.read():
                os.kill(self.child, 9)
                sys.exit(f"\nwaited in vain for {text!r}")

    def type(self, text):
        os.write(self.master, text)

    def press_until(self, key, text):
        """Press a key, and again every few seconds, until `text` appears: an interrupt between the
        shell's commands, before the next one is a process, has nothing to end."""
        pressed = 0.0
        while self.seen.find(text, self.place) < 0:
            if time.monotonic() - pressed > 5:
                self.type(key)
                pressed = time.monotonic()
            if not self.read():
                break
        self.wait_for(text)

    def wait_exit(self):
        while True:
            child, status = os.waitpid(self.child, os.WNOHANG)
            if child:
                return os.waitstatus_to_exitcode(status)
            if not self.read():
                os.kill(self.child, 9)
                sys.exit("\ndoes not end")


def main():
    prompt, command = sys.argv[1].encode(), sys.argv[2:]
    terminal = Terminal(command)
    terminal.wait_for(prompt)
    terminal.type(b"echo typed-$((40 + 2))\r")
    terminal.wait_for(b"typed-42")
    terminal.wait_for(prompt)
    terminal.type(b"echo sle''eping; sleep 1000\r")
    terminal.wait_for(b"sleeping")
    terminal.press_until(b"\x03", prompt)  # job control: ends the command, not the emulator
    terminal.type(b"\x01x")
    status = terminal.wait_exit()
    if status != 0:
        sys.exit(f"\nCtrl-A x gives exit status {status}, not 0")
    if terminal.modes() != terminal.before:
        sys.exit("\nthe terminal is left in another mode")


main()
