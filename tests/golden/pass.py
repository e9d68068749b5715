"""pass@k and pass^k against Python's whole numbers: the counts of the seven Pythia models of Large Language Monkeys at
k = 1 to 10,000 (shared data; skipped where absent), and made-up counts up to n = 10^6. TAP on standard output."""
import csv, os, random, subprocess, sys
from collections import defaultdict
from fractions import Fraction
from math import comb


def exact_miss(n, c, k):
    """C(n-c, k) / C(n, k); the two of c and k may be exchanged."""
    c, k = min(c, k), max(c, k)
    return Fraction(comb(n - k, c), comb(n, c))


def measure(cases):
    lines = "".join(f"{n} {c} {k}\n" for n, c, k in cases)
    out = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, check=True).stdout
    pairs = [tuple(Fraction(float.fromhex(x)) for x in line.split()) for line in out.splitlines()]
    assert len(pairs) == len(cases)
    return pairs


def near(got, exact, relative):
    return abs(got - exact) <= relative * exact


def made_up():
    rng = random.Random(1)
    cases = []
    for _ in range(300):
        n = round(10 ** rng.uniform(1, 6))
        c, k = (max(1, min(n, round(n ** rng.random()))) for _ in range(2))
        if min(c, k) <= 2000:
            cases.append((n, c, k))
    for (n, c, k), (some, every) in zip(cases, measure(cases)):
        miss = exact_miss(n, c, k)
        assert near(some, 1 - miss, Fraction(1, 10**15)), ("pass@k", n, c, k)
        if k <= 300:
            hit = Fraction(comb(c, k), comb(n, k))
            assert hit < Fraction(1, 10**280) or near(every, hit, Fraction(1, 10**15)), ("pass^k", n, c, k)
    return f"{len(cases)} counts up to n = 10^6"


def published():
    path = os.path.join(os.environ.get("VERVET_SHARED_DATA", ""), "monkeys", "math_pythia_counts.csv")
    if not os.path.exists(path):
        return None
    models = defaultdict(list)
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            models[row["model"]].append((int(row["samples"]), int(row["correct"])))
    ks = sorted({*range(1, 31), *(round(10 ** (i / 12)) for i in range(49)), 9998, 9999, 10000})
    worst = 0
    for counts in models.values():
        distinct = sorted(set(counts))
        got = dict(zip([(n, c, k) for n, c in distinct for k in ks], measure([(n, c, k) for n, c in distinct for k in ks])))
        exact = {key: 1 - exact_miss(*key) for key in got}
        for key in got:
            assert near(got[key][0], exact[key], Fraction(1, 10**15)), key
        for k in ks:
            mean = sum(float(got[n, c, k][0]) for n, c in counts) / len(counts)
            true = sum(exact[n, c, k] for n, c in counts) / len(counts)
            worst = max(worst, float(abs(Fraction(mean) - true)))
    assert worst < 1e-12, worst
    return f"{len(models)} models, {len(ks)} values of k, mean off by {worst:.1e} at most"


print("1..2")
for number, (name, test) in enumerate((("made-up counts", made_up), ("published counts", published)), 1):
    try:
        said = test()
        print(f"ok {number} - {name}" + (f": {said}" if said else " # SKIP shared data (monkeys) is not here"))
    except AssertionError as problem:
        print(f"not ok {number} - {name}: {problem}")
