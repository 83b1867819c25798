"""A second verifier of exported trails, written from docs/trail-format.md alone and sharing nothing with the program.

    python3 verify_trail.py EXPORT.jsonl      prints one line a finding: `<instance> <sequence> <kind>`, or `line <number> malformed` for
                                              a line that is neither an entry nor a head; exit 0 if there is none, else 1
"""

import hashlib
import json
import re
import sys

ZERO = "0" * 64
LINE_BYTES_MAX = 8 * 1024 * 1024


def digest(entry):
    return hashlib.sha256(b"\x00" + entry).hexdigest()


def instance_id(workflow, key):
    hasher = hashlib.sha256(b"statewright/instance/1")
    for part in (workflow.encode(), key.encode()):
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return hasher.hexdigest()[:32]


def members_once(pairs):
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member stands twice")
    return members


def no_number(text):
    raise ValueError(text + " is no JSON")


def read(line):
    """The object of a line; ValueError if it is none."""
    if len(line) > LINE_BYTES_MAX:
        raise ValueError("too long")
    found = json.loads(line.decode("utf-8"), object_pairs_hook=members_once, parse_constant=no_number)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def digits(found, name, count):
    if not isinstance(found.get(name), str) or not re.fullmatch("[0-9a-f]{%d}" % count, found[name]):
        raise ValueError(name)
    return found[name]


def whole_number(found, name, least):
    if type(found.get(name)) is not int or found[name] < least:
        raise ValueError(name)
    return found[name]


class Trail:
    """One instance's entries in the order of their lines."""

    def __init__(self, instance):
        self.instance, self.faults, self.entries, self.highest, self.head = instance, [], {}, 0, None

    def add(self, entry, line):
        try:
            sequence, previous = whole_number(entry, "sequence", 1), digits(entry, "previous", 64)
        except ValueError:
            # It keeps the place at which it stands.
            sequence, previous = self.highest + 1, None
            self.faults.append((sequence, "malformed"))
        else:
            names = entry.get("workflow"), entry.get("instance_key")
            named = all(isinstance(name, str) for name in names) and instance_id(*names) == self.instance
            if entry.get("format") != 1 or not named:
                self.faults.append((sequence, "malformed"))
        if sequence <= self.highest:
            self.faults.append((sequence, "reordered"))
        self.highest = max(self.highest, sequence)
        self.entries.setdefault(sequence, (previous, digest(line)))

    def finish(self):
        expected = 1
        for sequence in sorted(self.entries):
            if sequence > expected:
                self.faults.append((expected, "missing"))
            previous = self.entries[sequence][0]
            before = ZERO if sequence == 1 else self.entries.get(sequence - 1, (None, previous))[1]
            if previous is not None and previous != before:
                self.faults.append((max(sequence - 1, 1), "edited"))
            expected = sequence + 1
        if self.head is None:
            self.faults.append((self.highest, "headless"))
        elif self.head[0] > self.highest:
            self.faults.append((self.highest + 1, "truncated"))
        elif self.head[0] < self.highest:
            self.faults.append((self.highest, "malformed"))
        elif self.head[1] != self.entries.get(self.highest, (None, ZERO))[1]:
            self.faults.append((self.highest, "edited"))
        return self.faults


def verify(export):
    lines = export.split(b"\n")
    unended = lines.pop()
    trails, found = {}, []
    for number, line in enumerate(lines, 1):
        try:
            members = read(line)
            instance = digits(members, "instance", 32)
            if line.startswith(b'{"head":'):
                head = whole_number(members, "sequence", 0), digits(members, "head", 64)
                trails.setdefault(instance, Trail(instance)).head = head
            else:
                trails.setdefault(instance, Trail(instance)).add(members, line)
        except (ValueError, RecursionError):
            found.append(("line", number, "malformed"))
    if unended:
        found.append(("line", len(lines) + 1, "malformed"))
    return found + [(instance, *fault) for instance, trail in trails.items() for fault in trail.finish()], len(trails)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as export:
        findings, instances = verify(export.read())
    for instance, sequence, kind in findings:
        print(instance, sequence, kind)
    if instances == 0:
        print("there is nothing to prove", file=sys.stderr)
    sys.exit(1 if findings or instances == 0 else 0)
