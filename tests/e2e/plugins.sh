#!/usr/bin/env bash
# vervet plugins, inspect and doctor, with sound and broken plugins. Usage: plugins.sh VERVET BUILD_ROOT
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
vervet=${1:?} fixtures=${2:?}/tests/conformance/fixtures template=${2:?}/tests/conformance/contains.so
export ASAN_OPTIONS=handle_sigfpe=0 # a sanitizer's worker crashes as any other
export XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/share
json() { python3 -c "import json,sys; d=json.load(open('$work/out')); print($1)"; }
mkdir "$work/plugins"
cp "$fixtures"/{sound,crash-load,empty-licence,unavailable}.so "$template" "$work/plugins"
export VERVET_PLUGIN_PATH=$work/plugins

# ---- plugins -------------------------------------------------------------------------------------------------------------
run "$vervet" plugins
is "plugins: status" "$status|$err" "0|"
has "plugins: a sound one" "$out" "contains"
has "plugins: the reason of a crash" "$out" "crash-load: quarantined: it crashed in load() (SIGFPE)"
has "plugins: the reason of a lack" "$out" "test.unavailable: unavailable: libquantum.so.1 not found; install it"
run "$vervet" plugins --json
is "plugins --json: states" \
  "$(json "sorted((p['plugin'], p['version'], p['state']) for p in d if p['file'].startswith('$work'))")" \
  "[('crash-load', None, 'quarantined'), ('empty-licence', None, 'quarantined'), ('example.contains', '1.0', 'ok'), ('test.sound', '1.0', 'ok'), ('test.unavailable', '1.0', 'unavailable')]"
is "plugins --json: a component" \
  "$(json "[{k: c[k] for k in ('id', 'kind', 'title', 'caps')} for p in d if p['plugin'] == 'example.contains' for c in p['components']]")" \
  "[{'id': 'contains', 'kind': 'verifier', 'title': 'Contains a word', 'caps': ['concurrent', 'deterministic']}]"
is "plugins --json: reasons only where there is one" "$(json "all(('reason' in p) == (p['state'] != 'ok') for p in d)")" True
run "$vervet" plugins --safe --json
is "plugins --safe: only those of the tree" "$(json "len(d) > 0 and all(p['in_tree'] for p in d)")" True

# From a warm cache no file is opened as a plugin and no process is started: it works without a worker.
VERVET_WORKER=/nonexistent run "$vervet" plugins
is "plugins: warm cache" "$status|$err" "0|"
VERVET_WORKER=/nonexistent run "$vervet" plugins --rescan
is "plugins --rescan asks the worker: status" "$status" 2
has "plugins --rescan asks the worker: message" "$err" "/nonexistent cannot be started"
cp "$fixtures/sound.so" "$work/plugins/crash-load.so.new"
mv "$work/plugins/crash-load.so.new" "$work/plugins/zzz.so"
run "$vervet" plugins
has "an id that is taken is said" "$out" "test.sound: quarantined: id 'test.sound' is taken by $work/plugins/sound.so"

# ---- inspect -------------------------------------------------------------------------------------------------------------
run "$vervet" inspect contains
is "inspect: status" "$status|$err" "0|"
has "inspect: option, help and type" "$out" "Letters A to Z match in either case."
run "$vervet" inspect verifier/contains --schema
is "inspect --schema" "$(json "(d['type'], d['properties']['where']['enum'], d['properties']['ignore-case']['default'], d['additionalProperties'])")" \
  "('object', ['anywhere', 'last-line'], True, False)"
run "$vervet" inspect example.contains --json
is "inspect PLUGIN --json" "$(json "(d['plugin'], d['license'], d['state'], len(d['components']))")" \
  "('example.contains', 'MIT', 'ok', 1)"
run "$vervet" inspect simulated
is "inspect: an id of several kinds: status" "$status" 1
has "inspect: an id of several kinds: says which" "$err" "write one of model/simulated, benchmark/simulated"
run "$vervet" inspect contians
is "inspect: unknown: status" "$status" 1
has "inspect: unknown: did you mean" "$err" "did you mean \"contains\"?"
run "$vervet" inspect crash-load
is "inspect: in quarantine: status" "$status" 2
has "inspect: in quarantine: reason" "$err" "it crashed in load() (SIGFPE)"
run "$vervet" inspect unavailable
is "inspect: an unavailable one is shown" "$status" 0
has "inspect: and why" "$out" "libquantum.so.1 not found"
run "$vervet" inspect "$work/plugins/empty-licence.so"
is "inspect FILE.so: refused: status" "$status" 1
has "inspect FILE.so: refused: reason" "$err" "empty-licence.so: field 'license' is empty"
run "$vervet" inspect "$work/none.so"
has "inspect FILE.so: missing" "$err" "there is no such file"
for question in "contains 0" "contians 1" "unavailable 1" "crash-load 1" "$template 0"; do
  run "$vervet" inspect "${question% *}" --exists
  is "inspect $(basename "${question% *}") --exists" "$status|$out$err" "${question##* }|"
done
for question in "1 0" "1.0 0" "0.9.9 0" "1.0.1 1" "1.10 1"; do
  run "$vervet" inspect contains --atleast-version "${question% *}"
  is "inspect --atleast-version ${question% *}" "$status|$out$err" "${question#* }|"
done

# ---- doctor --------------------------------------------------------------------------------------------------------------
run "$vervet" doctor --json
is "doctor: what is missing has a remedy" "$(json "all('remedy' in c for c in d['checks'] if c['state'] == 'fail')")" True
is "doctor: the exit status is the verdict" "$(json "d['ok']")" "$([ "$status" -eq 0 ] && echo True || echo False)"
is "doctor: quarantine is a note" "$(json "[c['state'] for c in d['checks'] if c['name'] == 'plugins']")" "['note']"
XDG_CACHE_HOME=$work/other VERVET_WORKER=/nonexistent run "$vervet" doctor
is "doctor without a worker: status" "$status" 2
has "doctor without a worker: remedy" "$out" "install Vervet again, or name the program in VERVET_WORKER"
VERVET_PLUGIN_PATH=/nonexistent/folder run "$vervet" doctor
has "doctor: a folder that is not there" "$out" "/nonexistent/folder (is not there)"
tap_done
