#!/usr/bin/env python3
"""Prints the one line `N passed, N failed, N skipped` over meson's test logs.

usage: tests/summary.py build/meson-logs/testlog.json...

A program that speaks TAP counts by its cases, any other as one test. A program that broke off
counts as a failure even when none of its cases says so. The exit status is 1 when something
failed or nothing ran. What failed and what was skipped, with the reason, is listed first.
"""

import json
import re
import sys

CASE = re.compile(r"^(not )?ok\b[ \d]*-? *(.*?)(?: +# *(SKIP|TODO)\b *(.*))?$", re.IGNORECASE)


def reason_of(test):
    """Why a program without cases was skipped or failed: its last line, else the result's name."""
    said = (test.get("stdout") or "") + (test.get("stderr") or "")
    lines = [line.strip() for line in said.splitlines()]
    lines = [line for line in lines if line and not line.startswith("(test program exited")]
    return (lines[-1] if lines else test["result"].lower())[:120]


def cases_of(test):
    """(verdict, name, reason) of each case of one entry of the log."""
    found = []
    lines = (test.get("stdout") or "").splitlines()
    if any(re.match(r"1\.\.\d+", line) for line in lines):
        for line in lines:
            match = CASE.match(line)
            if match:
                verdict = "skipped" if match.group(3) else "failed" if match.group(1) else "passed"
                found.append((verdict, match.group(2).strip(), match.group(4) or ""))
            elif line.startswith("1..0"):
                found.append(("skipped", "all", line.partition("#")[2].strip()))
    if not found:
        verdict = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}.get(
            test["result"], "failed")
        return [(verdict, "", "" if verdict == "passed" else reason_of(test))]
    if test["result"] not in ("OK", "SKIP") and not any(v == "failed" for v, _, _ in found):
        found.append(("failed", "", f"broke off: {test['result'].lower()}"))
    return found


def main():
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as log:
            for line in log:
                test = json.loads(line)
                for verdict, name, reason in cases_of(test):
                    count[verdict] += 1
                    if verdict != "passed":
                        title = ": ".join(part for part in (test["name"], name) if part)
                        print(f"{verdict}: {title}" + (f" ({reason})" if reason else ""))
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 0 if count["passed"] and not count["failed"] else 1


sys.exit(main())
