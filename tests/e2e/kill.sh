#!/usr/bin/env bash
# A run killed at random moments and continued ends as an undisturbed one; so do shards, merged. Usage: kill.sh VERVET
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
vervet=$(realpath "${1:?}")
cd "$work" || exit 1
RANDOM=${VERVET_KILL_SEED:-$$}
echo "# seed ${VERVET_KILL_SEED:-$$}"

# 200 problems, 100 samples each. The run is this shell itself, so that a kill meets no other process.
draw() { # FILE ARGUMENT...
  exec "$vervet" run -o "$1" --name r --benchmark simulated --problems 200 --samples 100 --model simulated --set benchmark.count=200 \
    --set 'verifiers=["numeric"]' "${@:2}" >out 2>err </dev/null
}

# Rows that do not tell when and in what order they came, and the report without the clock.
facts() { # FILE
  "$vervet" export samples "$1" -o rows.jsonl >/dev/null 2>&1 || return 1
  python3 - rows.jsonl <<'PY'
import json, sys, hashlib
rows = [json.loads(line) for line in open(sys.argv[1])]
keep = lambda r: [r['problem'], r['trial'], r['ord'], r['status'], r['text'],
                  {k: [v.get('status'), v.get('score'), v.get('answer')] for k, v in r['verdicts'].items()}]
rows = [r for r in rows if 'trial' in r]
lines = sorted(json.dumps(keep(r), sort_keys=True) for r in rows)
print(len(lines), hashlib.sha256('\n'.join(lines).encode()).hexdigest())
PY
  rm -f rows.jsonl
  "$vervet" report --json "$1" 2>/dev/null | python3 -c '
import json, sys
def strip(x):
    if isinstance(x, dict): return {k: strip(v) for k, v in x.items() if k not in ("wall_s", "file", "files")}
    return [strip(v) for v in x] if isinstance(x, list) else x
print(json.dumps(strip(json.load(sys.stdin)), sort_keys=True))'
}

(draw whole.vervet)
is "undisturbed: status" "$?" 0
facts whole.vervet >whole.facts
has "undisturbed: 20,000 samples" "$(head -1 whole.facts)" "20000 "
has "undisturbed: a report" "$(sed -n 2p whole.facts)" "\"cost\""

killed=0
for _ in $(seq 12); do
  draw killed.vervet --set concurrency=16 --set models.model.latency-ms=60 &
  pid=$!
  sleep "0.$(printf %02d $((RANDOM % 30 + 5)))"
  kill -9 "$pid" 2>/dev/null && killed=$((killed + 1))
  wait "$pid" 2>/dev/null
done
echo "# killed $killed times"
[ "$killed" -gt 3 ]
ok "killed in the middle more than three times"
(draw killed.vervet)
is "killed and continued: status" "$?|$(cat err | grep -c error)" "0|0"
facts killed.vervet >killed.facts
cmp whole.facts killed.facts
ok "killed and continued: rows and report are those of an undisturbed run"

for i in 0 1 2 3; do (draw "shard$i.vervet" --shard "$i/4") || echo "# shard $i: $(cat err)"; done
"$vervet" merge one.vervet shard0.vervet shard1.vervet shard2.vervet shard3.vervet >out 2>err
is "merge: status" "$?" 0
"$vervet" merge two.vervet shard2.vervet shard0.vervet shard3.vervet shard1.vervet >out 2>err
is "merge in another order: status" "$?" 0
facts one.vervet >one.facts
facts two.vervet >two.facts
cmp whole.facts one.facts
ok "four shards, merged: rows and report of the whole"
cmp whole.facts two.facts
ok "four shards, merged in another order: rows and report of the whole"
tap_done
