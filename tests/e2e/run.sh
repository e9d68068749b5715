#!/usr/bin/env bash
# vervet run from the command line: forecast, budget, extension, axes, mistakes, verdicts added later. Usage: run.sh VERVET
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
vervet=$(realpath "${1:?}")
cd "$work" || exit 1

value() { # JSON-TEXT PYTHON-EXPRESSION of d
  printf '%s' "$1" | python3 -c "import json, sys; d = json.load(sys.stdin); print($2)"
}

cat >one.json <<'J'
{ // three questions of our own
  "name": "one",
  "benchmark": { "use": "jsonl", "file": "q.jsonl", "id-field": "id", "prompt": "Q: {question}\nA:", "reference-field": "answer" },
  "sampler": { "use": "repeated", "samples": 8 },
  "verifiers": [{ "use": "numeric", "tolerance": 0.01, "name": "close" }, "exact"],
  "models": { "model": "simulated" },
  "budget": { "calls": 20 },
}
J
printf '{"id": "q1", "question": "2+3?", "answer": 5}\n{"id": "q2", "question": "12*3?", "answer": "36"}\n{"id": "q3", "question": "7-9?", "answer": -2}\n' >q.jsonl

run "$vervet" run one.json --dry-run --json -o f.vervet
is "forecast without a pilot: status" "$status" 0
is "forecast: trials" "$(value "$out" "d['runs'][0]['trials']")" 24
is "forecast: leaves no file" "$(ls f.vervet* 2>/dev/null)" ""

run "$vervet" run one.json --json
is "budget of 20 calls: status" "$status" 3
is "budget: never more" "$(value "$out" "d['runs'][0]['done']")" 20
has "budget: how to go on" "$err" "raise it to go on"
run "$vervet" run one.json --dry-run --json --set budget.calls=100
is "forecast from the pilot: what is left" "$(value "$out" "(d['runs'][0]['from_pilot'], d['runs'][0]['trials'])")" "(True, 4)"
run "$vervet" run one.json --set budget.calls=100 --json
is "a larger budget goes on: status" "$status" 0
is "it draws the rest" "$(value "$out" "(d['runs'][0]['resumed'], d['runs'][0]['done'])")" "(20, 24)"
run "$vervet" run one.json --set budget.calls=100 --samples 16 --json
is "a larger --samples extends" "$(value "$out" "(d['runs'][0]['resumed'], d['runs'][0]['done'])")" "(24, 48)"
run "$vervet" report one.vervet --json
is "the first verifier grades" "$(value "$out" "d['runs'][0]['verifier']")" close
run "$vervet" run one.json --set seed=2
is "another seed is another run: status" "$status" 1
has "another seed: which key differs" "$err" "seed"

run "$vervet" reverify one.vervet numeric -o tolerance=0.5 --as far
is "verdicts added later: status" "$status" 0
run "$vervet" report one.vervet --verifier far --json
is "verdicts added later: reported" "$(value "$out" "(d['runs'][0]['verifier'], d['runs'][0]['unscored'])")" "('far', 0)"

run "$vervet" run --benchmark simulated --problems 5 --model simulated --verifier numeric --set 'models.model.success=[0.1,0.9]' \
  --set 'sampler.samples=[2,3]' --name sweep -o sweep.vervet --json
is "axes: four arms" "$(value "$out" "[r['done'] for r in d['runs']]")" "[10, 15, 10, 15]"
run "$vervet" report sweep.vervet --json
is "axes: each is a run" "$(value "$out" "len({r['name'] for r in d['runs']})")" 4

sed 's/"samples"/"sampels"/' one.json >typo.json
run "$vervet" run typo.json -o typo.vervet
is "a wrong key: status" "$status" 1
has "a wrong key: place" "$err" "typo.json:4:"
has "a wrong key: remedy" "$err" 'did you mean "samples"'
is "a wrong key: leaves no file" "$(ls typo.vervet* 2>/dev/null)" ""
printf '{"id": "q1", "question": "a", "answer": 1}\n{"id": "q2",\n' >q.jsonl
run "$vervet" run one.json -o broken.vervet
is "a broken line of data: status" "$status" 1
has "a broken line of data: place" "$err" "q.jsonl:2"
is "a broken line of data: leaves no file" "$(ls broken.vervet* 2>/dev/null)" ""
printf '{"id": "q1", "question": "a", "answer": 1}\n{"id": "q1", "question": "b", "answer": 2}\n' >q.jsonl
run "$vervet" run one.json -o twice.vervet
is "an id twice: status" "$status" 1
has "an id twice: said" "$err" "used before, on line 1"
tap_done
