#!/usr/bin/env bash
# What ./bootstrap test counts. Usage: summary.sh SOURCE_ROOT
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
root=${1:?}
summary() { python3 "$root/tests/lib/summary.py" "$@"; }
last() { tail -n 1 <<<"$out"; }

# NAME RESULT STDOUT
log() { python3 -c 'import json,sys; print(json.dumps(dict(name=sys.argv[1], result=sys.argv[2], stdout=sys.argv[3], returncode=0)))' "$@"; }

log good OK $'TAP version 13\n1..3\n# Start of x\nok 1 /x/one\nok 2 /x/two # SKIP no data here\nok 3 /x/three' >"$work/good"
run summary "$work/good"
is "points are counted" "$(last)|$status" "2 passed, 0 failed, 1 skipped|0"
has "what is skipped is named with its reason" "$out" "skipped: good /x/two: no data here"

log bad FAIL $'1..2\nok 1 a\nnot ok 2 b' >"$work/bad"
run summary "$work/good" "again:$work/bad"
is "logs add up" "$(last)|$status" "3 passed, 1 failed, 1 skipped|1"
has "a failure is named" "$out" "FAILED: again: bad b"

log crash ERROR $'1..2\nok 1 a' >"$work/crash"
run summary "$work/crash"
is "a crash after a good point" "$(last)|$status" "1 passed, 1 failed, 0 skipped|1"
log late TIMEOUT '' >"$work/late"
run summary "$work/late"
is "a test that ran too long" "$(last)|$status" "0 passed, 1 failed, 0 skipped|1"

log none SKIP $'1..0 # SKIP no compiler' >"$work/none"
run summary "$work/none"
is "a test skipped as a whole" "$(last)|$status" "0 passed, 0 failed, 1 skipped|0"
has "and its reason" "$out" "no compiler"

log plain OK 'just text' >"$work/plain"
run summary "$work/plain"
is "a test without points is one" "$(last)|$status" "1 passed, 0 failed, 0 skipped|0"

log nested OK $'TAP version 14\n# Subtest: x\n    ok 1 a\n    ok 2 b\n    1..2\nok 1 x\nok 2 y\n1..2' >"$work/nested"
run summary "$work/nested"
is "the line that sums up a subtest is not one more" "$(last)|$status" "3 passed, 0 failed, 0 skipped|0"

run summary "$work/missing"
is "no log is a failure" "$(last)|$status" "0 passed, 1 failed, 0 skipped|1"
: >"$work/empty"
run summary "$work/empty"
is "an empty log is a failure" "$(last)|$status" "0 passed, 1 failed, 0 skipped|1"
tap_done
