#!/usr/bin/env bash
# Joining files and checking them, at the command line. Usage: store.sh VERVET
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
vervet=$(realpath "${1:?}")
cd "$work" || exit 1
json() { python3 -c "import json,sys; d=json.load(open('$work/out')); print($1)"; }
# SQL on a run file, from outside
sql() { python3 -c "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit()" "$@"; }

for task in 0 1 2; do
  for try in 1 2 3; do
    printf '{"task_id": "HumanEval/%s", "completion": "    return %s\\n", "passed": true}\n' "$task" "$((task + try))"
  done
done >samples.jsonl
run "$vervet" import human-eval samples.jsonl --to a.vervet
is "a file to work with" "$status" 0
cp a.vervet b.vervet
sql b.vervet "UPDATE meta SET value = x'00112233445566778899aabbccddeeff' WHERE key = 'uuid'"

run "$vervet" merge out.vervet a.vervet b.vervet --json
is "merge: status" "$status|$err" "0|"
is "merge: two copies are one" "$(json "d['new_samples'], d['same'], d['conflicts']")" "9 9 0"
run "$vervet" merge out.vervet b.vervet a.vervet
is "merge again: status" "$status" 0
has "merge again: nothing new" "$out" "0 new samples"
run "$vervet" store check out.vervet
is "store check: status" "$status|$err" "0|"

sql b.vervet "UPDATE text SET data = CAST (x'78' || substr (data, 2) AS BLOB) WHERE text_id = (SELECT text_id FROM sample LIMIT 1)"
run "$vervet" merge new.vervet a.vervet
run "$vervet" merge new.vervet b.vervet
is "merge: a conflict is status 3" "$status" 3
has "merge: and is told" "$err" "different texts"

sql out.vervet "UPDATE member SET done = done + 1 WHERE member_id = 2"
run "$vervet" store check out.vervet
is "store check: a wrong counter is status 1" "$status" 1
has "store check: names it" "$out" "done says"
run "$vervet" store check out.vervet --repair
is "store check --repair: status" "$status" 0
run "$vervet" store check out.vervet --json
is "store check: afterwards" "$status|$(json "d['differences']")" "0|[]"

run "$vervet" merge out.vervet samples.jsonl
is "merge: not a run file: status" "$status" 1
has "merge: not a run file: says so" "$err" "samples.jsonl: is no SQLite database"
run "$vervet" merge out.vervet out.vervet
is "merge: into itself: status" "$status" 1
truncate -s -1 b.vervet
run "$vervet" store check b.vervet
is "store check: cut off: status" "$status" 1
has "store check: cut off: says so" "$err" "cut off"
run "$vervet" store chekc a.vervet
is "store: unknown word: status" "$status" 1
tap_done
