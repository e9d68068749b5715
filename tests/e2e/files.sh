#!/usr/bin/env bash
# What comes in, what is shown, what goes out: import, ls, show, export. Usage: files.sh VERVET
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
vervet=$(realpath "${1:?}")
cd "$work" || exit 1
json() { python3 -c "import json,sys; d=json.load(open('$work/out')); print($1)"; }

cat >counts.csv <<'END'
model,benchmark,problem,samples,correct
small,MATH,a,100,3
small,MATH,b,100,0
large,MATH,a,100,60
large,MATH,b,100,7
END

run "$vervet" formats
has "formats: counts" "$out" "counts"
run "$vervet" formats --json
is "formats --json" "$(json "[f['import'] for f in d['formats'] if f['id']=='counts']")" "[True]"

run "$vervet" import counts counts.csv --to pool.vervet
is "import: status" "$status|$out" "0|"
has "import: says what it did" "$err" "2 runs"
cp pool.vervet before
run "$vervet" import counts counts.csv --to pool.vervet
has "the same file again adds nothing" "$err" "0 runs"

run "$vervet" import cuonts counts.csv --to pool.vervet
is "unknown format: status" "$status" 1
has "unknown format: did you mean" "$err" "counts"
sed 's/large,MATH,b,100,7/large,MATH,b,100,700/' counts.csv >broken.csv
run "$vervet" import counts broken.csv --to other.vervet
is "more correct than samples: status" "$status" 1
has "more correct than samples: its line" "$err" "broken.csv:5:"

run "$vervet" ls
is "ls: status" "$status|$err" "0|"
has "ls: a run" "$out" "large"
run "$vervet" ls --json
is "ls --json" "$(json "sorted((r['file'],r['benchmark'],r['problems'],r['samples'],r['state']) for r in d['runs'])")" \
  "[('pool.vervet', 'MATH', 2, 200, 'imported'), ('pool.vervet', 'MATH', 2, 200, 'imported')]"

first=$(json "d['runs'][0]['name']")
run "$vervet" show pool.vervet --run "$first"
is "show: status" "$status" 0
has "show: a head" "$out" "problem"
run "$vervet" show pool.vervet --run "$first" --json
is "show --json" "$(json "sorted((p['problem'],p['n'],p['pass'],p['fail']) for p in d['problems'])[0][:2]")" "('a', 100)"
run "$vervet" show pool.vervet --run none
is "show: unknown run" "$status" 1
run "$vervet" show pool.vervet c --run "$first"
is "show: unknown problem: status" "$status" 1
has "show: unknown problem: message" "$err" "has no problem \"c\""
run "$vervet" show pool.vervet a --run "$first"
has "show: a problem of counts has no samples" "$out" "imported as counts"

run "$vervet" export counts pool.vervet -o back.csv
is "export: status" "$status" 0
is "export: the same counts come back" "$(tail -n +2 back.csv | sort)" "$(tail -n +2 counts.csv | sort)"
run "$vervet" export counts pool.vervet
is "export to standard output" "$(sort <<<"$out")" "$(sort back.csv)"
run "$vervet" export nothing pool.vervet -o back.csv
is "a failed export leaves the file as it was" "$(tail -n +2 back.csv | sort)" "$(tail -n +2 counts.csv | sort)"
is "and nothing beside it" "$(ls -A | grep -c back)" 1
tap_done
