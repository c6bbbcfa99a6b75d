"""What the runs say: medians, ratios, the table, the JSON file."""

import math
import statistics

import items
from common import CROSS, Failed, first_line, git_version, host, now, write_json
from opponents import ENGINES, Qemu

INSIDE_SLACK = 0.05, 0.02  # QEMU's guest clock may differ from ours by 5 % and 20 ms
TRANSLATION_KEY = "translate_ns_per_instruction"  # of myna's --stats


def print_list(groups):
    for group in groups:
        for item in group.items:
            print(f"{group.kind.name:<10}{item.name:<16}{item.text}")


def least(medians, names):
    """The name with the least median of those that were measured, or None."""
    return min((name for name in names if name in medians), key=medians.get, default=None)


class Row:
    """One item's times under all opponents."""

    def __init__(self, kind, item):
        self.kind, self.item = kind, item
        self.seconds, self.inside, self.checksums = {}, {}, {}

    def add(self, player, seconds, inside, checksum):
        self.seconds.setdefault(player.name, []).append(seconds)
        if inside is not None:
            self.inside.setdefault(player.name, []).append(inside)
        # Natively a result may differ in what the C library rounds its own way.
        scope = "guest" if player.guest or self.item.comparable else "native"
        first = self.checksums.setdefault(scope, (player.name, checksum))
        if first[1] != checksum:
            raise Failed(f"WRONG RESULT: {self.item.name}: checksum {checksum} under "
                         f"{player.name}, {first[1]} under {first[0]}")

    def medians(self):
        return {name: statistics.median(times) for name, times in self.seconds.items()}

    def clock_differs(self):
        """The QEMU in which the guest's clock and ours disagree about the median, or None."""
        medians = self.medians()
        for name in Qemu.models:
            if name in self.inside:
                ours, theirs = medians[name], statistics.median(self.inside[name])
                if abs(ours - theirs) > INSIDE_SLACK[0] * ours + INSIDE_SLACK[1]:
                    return f"{name} says {theirs:.3f} s, we {ours:.3f} s"
        return None

    def ratio(self):
        """QEMU's time over myna's, or None."""
        medians = self.medians()
        peer, own = least(medians, Qemu.models), self.own()
        return medians[peer] / medians[own] if peer and own else None

    def own(self):
        """The first of our engines that was measured."""
        return next((name for name in ENGINES if name in self.seconds), None)


def number(value, width, digits):
    return f"{value:{width}.{digits}f}" if value is not None else f"{'-':>{width}}"


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


class Results:
    def __init__(self, runs, build):
        self.runs, self.versions = runs, versions(build)
        self.rows, self.translation = {}, []
        self.parts = set()  # classes of which not every item was measured

    def add(self, group, player, seen):
        if not group.whole:
            self.parts.add(group.kind)
        for item in group.items:
            row = self.rows.setdefault(item.name, Row(group.kind, item))
            if group.kind.name == "boot":
                row.add(player, seen.wall, None, None)
            elif item.name in seen.checksums:
                row.add(player, seen.seconds[item.name], seen.inside[item.name],
                        seen.checksums[item.name])
            else:
                raise Failed(f"{player.name} did not finish {item.name}:\n  "
                             + "\n  ".join(seen.tail))
        if group.kind.name == "boot" and player.name == "jit" and TRANSLATION_KEY in seen.stats:
            self.translation.append(float(seen.stats[TRANSLATION_KEY]))

    def print_tables(self, before):
        print_setting(self.runs, self.versions)
        print(f"{'class':<10}{'item':<16}{'native s':>9}{'qemu s':>9} {'cpu':<9}{'myna s':>9}"
              f"{'qemu/myna':>11}{'slowdown':>11}" + ("   before   change" if before else ""))
        for row in self.rows.values():
            print(self.line(row, before))
        print()
        for kind in items.KINDS:
            self.print_class(kind)
        self.print_translation()
        for row in self.rows.values():
            if row.clock_differs():
                print(f"note: {row.item.name}: clocks disagree: {row.clock_differs()}")

    @staticmethod
    def line(row, before):
        medians = row.medians()
        native, peer, own = medians.get("native"), least(medians, Qemu.models), row.own()
        line = (f"{row.kind.name:<10}{row.item.name:<16}{number(native, 9, 3)}"
                f"{number(medians.get(peer), 9, 3)} {(peer or '-').removeprefix('qemu-'):<9}"
                f"{number(medians.get(own), 9, 3)}{number(row.ratio(), 11, 2)}"
                f"{number(medians[own] / native if native and own else None, 11, 2)}")
        earlier = (before or {}).get(row.item.name, {})
        if earlier.get("word") == row.item.word and earlier["seconds"].get(own):
            was = statistics.median(earlier["seconds"][own])
            line += f"{was:9.3f}{was / medians[own]:8.2f}x"
        return line

    def class_ratio(self, kind):
        """The geometric mean of a class, or None: QEMU's time over ours; for the boot ours over its."""
        ratios = [row.ratio() for row in self.rows.values() if row.kind == kind]
        if not ratios or None in ratios:
            return None
        mean = geometric_mean(ratios)
        return 1 / mean if kind.name == "boot" else mean

    def print_class(self, kind):
        mean = self.class_ratio(kind)
        if mean is None:
            return
        if kind in self.parts:
            print(f"{kind.title:<16}{'geometric mean of these':<28}{mean:8.2f}")
        elif kind.name == "boot":
            verdict(kind.title, "wall time, of QEMU's", mean, kind.floor, mean <= kind.floor, "most")
        else:
            verdict(kind.title, "geometric mean, times QEMU", mean, kind.floor, mean >= kind.floor,
                    "least")

    def print_translation(self):
        if self.translation:
            median = statistics.median(self.translation)
            verdict("translation", "ns per guest instruction", median, items.TRANSLATION_NS,
                    median <= items.TRANSLATION_NS, "most")

    def write(self, path):
        rows = {name: {"class": row.kind.name, "word": row.item.word, "seconds": row.seconds,
                       "guest_clock_s": row.inside,
                       "checksums": {scope: value for scope, (_, value) in row.checksums.items()}}
                for name, row in self.rows.items()}
        means = {kind.name: None if kind in self.parts else self.class_ratio(kind)
                 for kind in items.KINDS}
        write_json(path, {"time": now(), "host": host(), "versions": self.versions, "runs": self.runs,
                          "items": rows, "classes": means, TRANSLATION_KEY: self.translation})


def print_setting(runs, what):
    here = host()
    print(f"{here['cpu']}, {here['cpus']} CPUs, load {here['load']:.1f}; myna {what['myna']}; "
          f"{what['qemu'] or 'no QEMU'}; {what['gcc']}; medians of {runs}\n")


def verdict(title, what, value, floor, reached, side):
    print(f"{title:<16}{what:<28}{value:8.2f}   at {side} {floor:g}: "
          f"{'reached' if reached else 'BEHIND'}")


def versions(build):
    return {"myna": git_version(build), "qemu": first_line(["qemu-system-aarch64", "--version"]),
            "gcc": first_line(["gcc", "--version"]),
            "cross gcc": first_line([CROSS + "gcc", "--version"])}
