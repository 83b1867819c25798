"""A second verifier of exported trails, written from docs/trail-format.md alone and sharing nothing with the program.

    python3 verify_trail.py EXPORT.jsonl      prints one line a fault: `<instance> <sequence> <kind>`; exit 0 if there is none, else 1
"""

import hashlib
import json
import sys

ZERO = "0" * 64


def digest(entry):
    return hashlib.sha256(b"\x00" + entry).hexdigest()


def instance_id(workflow, key):
    hasher = hashlib.sha256(b"statewright/instance/1")
    for part in (workflow.encode(), key.encode()):
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return hasher.hexdigest()[:32]


class Chain:
    """One instance's entries, as they come."""

    def __init__(self):
        self.sequence, self.digest, self.faults = 0, ZERO, []

    def follow(self, line):
        try:
            entry = json.loads(line)
            sequence, previous = entry["sequence"], entry["previous"]
            made_of = instance_id(entry["workflow"], entry["instance_key"])
            if entry["format"] != 1 or entry["instance"] != made_of:
                self.faults.append((sequence, "malformed"))
        except (ValueError, KeyError, TypeError):
            self.faults.append((self.sequence + 1, "malformed"))
            sequence, previous = self.sequence + 1, self.digest
        if sequence > self.sequence + 1:
            self.faults.append((self.sequence + 1, "missing"))
        elif sequence < self.sequence + 1:
            self.faults.append((sequence, "reordered"))
        elif previous != self.digest:
            self.faults.append((max(self.sequence, 1), "edited"))
        self.sequence, self.digest = max(self.sequence, sequence), digest(line)

    def finish(self, head):
        if head is None:
            return
        sequence, head_digest = head
        if sequence > self.sequence:
            self.faults.append((self.sequence + 1, "truncated"))
        elif sequence < self.sequence:
            self.faults.append((self.sequence, "malformed"))
        elif head_digest != self.digest:
            self.faults.append((self.sequence, "edited"))


def verify(lines):
    chains, heads = {}, {}
    for line in lines:
        if line.startswith(b'{"head":'):
            head = json.loads(line)
            heads[head["instance"]] = (head["sequence"], head["head"])
            continue
        try:
            instance = json.loads(line)["instance"]
        except (ValueError, KeyError, TypeError):
            instance = "?"
        chains.setdefault(instance, Chain()).follow(line)
    for instance, head in heads.items():
        chains.setdefault(instance, Chain()).finish(head)
    return [(instance, *fault) for instance, chain in chains.items() for fault in chain.faults]


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as export:
        found = verify(export.read().split(b"\n")[:-1])
    for instance, sequence, kind in found:
        print(instance, sequence, kind)
    sys.exit(1 if found else 0)
