#!/usr/bin/env bash
# ^C once, twice, three times and SIGTERM stop a run that the same command continues; a second writer is refused.
# Usage: stop.sh VERVET
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
vervet=$(realpath "${1:?}")
cd "$work" || exit 1

# Always in flight: 60,000 answers of 400 ms each. An own process, since a shell's background children ignore SIGINT.
start() { # FILE
  python3 - "$vervet" "$1" <<'PY' &
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.dup2(os.open('err', os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
os.execv(sys.argv[1], [sys.argv[1], 'run', '-o', sys.argv[2], '--name', 'r', '--benchmark', 'simulated', '--problems', '100',
  '--samples', '600', '--model', 'simulated', '--verifier', 'numeric', '--set', 'models.model.latency-ms=400',
  '--set', 'models.model.jitter=0.2', '--set', 'concurrency=50'])
PY
  pid=$!
  for _ in $(seq 100); do # until the first samples are in the file
    sleep 0.1
    [ "$(samples "$1")" -gt 0 ] && break
  done
}

samples() { # FILE
  "$vervet" ls --json . 2>/dev/null | python3 -c '
import json, sys
data = json.load(sys.stdin)
rows = data if isinstance(data, list) else next(v for v in data.values() if isinstance(v, list))
print(sum(r.get("samples") or 0 for r in rows if str(r.get("file", "")).endswith(sys.argv[1])))' "$1" 2>/dev/null || echo 0
}

start once.vervet
kill -INT "$pid"
wait "$pid"
is "^C once: exit status" "$?" 130
has "^C once: what is in flight finishes" "$(cat err)" "in flight finishes"
has "^C once: it says how to go on" "$(cat err)" "the same command continues it"
first=$(samples once.vervet)
is "^C once: samples are there" "$([ "$first" -gt 0 ] && echo yes)" yes
run "$vervet" store check once.vervet
is "^C once: every counter is right" "$status" 0

start once.vervet
sleep 0.5
kill -INT "$pid"
sleep 0.1
kill -INT "$pid"
wait "$pid"
is "^C twice: exit status" "$?" 130
is "^C twice: it went on" "$([ "$(samples once.vervet)" -ge "$first" ] && echo yes)" yes

start once.vervet
kill -INT "$pid"
kill -INT "$pid"
sleep 0.02
kill -INT "$pid"
wait "$pid"
is "^C three times: exit status" "$?" 130
run "$vervet" store check once.vervet
is "^C three times: every counter is right" "$status" 0

start once.vervet
kill -TERM "$pid"
wait "$pid"
is "SIGTERM: exit status" "$?" 130

start once.vervet
run "$vervet" run -o once.vervet --name r --benchmark simulated --model simulated
is "a second writer: exit status" "$status" 2
has "a second writer: it names the first" "$err" "process $pid"
kill -9 "$pid"
wait "$pid" 2>/dev/null
run "$vervet" report --json once.vervet
is "after kill -9: the file can be read" "$status" 0
tap_done
