#!/usr/bin/env python3
"""Counts what `meson test` ran: each TAP test point, or the whole test where it speaks no TAP.

summary.py [LABEL:]TESTLOG.json...   names what was skipped and why, and what failed with the end of its output; the last
                                     line is "N passed, N failed, N skipped". Exit status 1 when something failed.
summary.py --bench LOG.json          prints the tables that the benchmarks wrote.
"""
import json
import re
import sys

POINT = re.compile(r"^(?P<indent> *)(?P<no>not )?ok\b *\d* *-? *(?P<name>[^#]*)(?:# *(?P<kind>SKIP)\S* *(?P<why>.*))?", re.I)
EMPTY_PLAN = re.compile(r"^1\.\.0 *(?:# *SKIP\S* *(?P<why>.*))?", re.I)
GOOD = {"OK", "EXPECTEDFAIL"}


class Count:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], []


def tap_points(text):
    """Test points of the innermost level: the line that sums up a subtest is not one more test."""
    deepest = 0
    for line in text.splitlines():
        match = POINT.match(line)
        if not match:
            continue
        depth = len(match["indent"]) // 4
        if deepest > depth:
            deepest = depth
            continue
        deepest = depth
        yield match


def count_test(test, label, count):
    name = label + test["name"]
    text = test.get("stdout") or ""
    points = list(tap_points(text))
    failed_before = len(count.failed)
    for match in points:
        point = f"{name} {match['name'].strip()}"
        if (match["kind"] or "").upper() == "SKIP":
            count.skipped.append((point, match["why"] or "no reason given"))
        elif match["no"]:
            count.failed.append((point, test))
        else:
            count.passed += 1
    bad = test["result"] not in GOOD | {"SKIP"}
    if bad and len(count.failed) == failed_before:
        count.failed.append((f"{name} ({test['result'].lower()}, exit status {test.get('returncode')})", test))
    elif not points and not bad:
        plan = EMPTY_PLAN.match(text.strip().splitlines()[-1]) if text.strip() else None
        if test["result"] == "SKIP" or plan:
            why = plan["why"] if plan else (text + (test.get("stderr") or "")).strip().splitlines()[-1:]
            count.skipped.append((name, (why if isinstance(why, str) else "".join(why)) or "no reason given"))
        else:
            count.passed += 1


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            return [json.loads(line) for line in lines]
    except OSError as error:
        print(f"{path}: {error.strerror}: the tests did not run")
        return None


def summarise(paths):
    count = Count()
    for spec in paths:
        label, _, path = spec.rpartition(":")
        tests = read(path)
        if not tests:
            count.failed.append((path, None))
            continue
        for test in tests:
            count_test(test, label + ": " if label else "", count)
    for name, why in count.skipped:
        print(f"skipped: {name}: {why}")
    shown = set()
    for name, test in count.failed:
        print(f"FAILED: {name}")
        if test and id(test) not in shown:
            shown.add(id(test))
            tail = ((test.get("stdout") or "") + (test.get("stderr") or "")).splitlines()[-30:]
            print("".join(f"    {line}\n" for line in tail), end="")
    print(f"{count.passed} passed, {len(count.failed)} failed, {len(count.skipped)} skipped")
    return 1 if count.failed else 0


def benchmarks(path):
    tests = read(path) or []
    for test in tests:
        lines = (test.get("stdout") or "").rstrip().splitlines() or [test["result"].lower()]
        print(test["name"].split(" / ")[-1], *lines, sep="\n  ")
    return 0 if tests and all(test["result"] in GOOD for test in tests) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--bench"]:
        sys.exit(benchmarks(sys.argv[2]))
    sys.exit(summarise(sys.argv[1:]))
