#!/usr/bin/env bash
# A plugin of a stranger: the template, copied out of the tree, built with the installed header alone, listed, inspected and
# used by the installed program. Usage: third-party.sh SOURCE_ROOT BUILD_ROOT BINDIR LIBDIR INCLUDEDIR (as under the prefix)
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
source=${1:?} build=${2:?} bindir=${3:?} libdir=${4:?} includedir=${5:?}
export XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/share
unset VERVET_PLUGIN_PATH VERVET_WORKER
json() { python3 -c "import json,sys; d=json.load(open('$work/out')); print($1)"; }

DESTDIR=$work/stage meson install -C "$build" --no-rebuild --quiet >"$work/log" 2>&1
ok "meson install"
prefix=$(find "$work/stage" -path "*/$bindir/vervet" | sed "s|/$bindir/vervet\$||")
mv "$prefix" "$work/vervet"
vervet=$work/vervet/$bindir/vervet
mkdir "$work/mine"
cp "$source/plugins/template/contains.c" "$work/mine"
cd "$work/mine" || exit 1

# ---- One compiler command, one header ------------------------------------------------------------------------------------
export PKG_CONFIG_PATH=$work/vervet/$libdir/pkgconfig
sed -i "s|^prefix=.*|prefix=$work/vervet|" "$PKG_CONFIG_PATH/vervet-plugin-1.pc" # as if it had been installed there
cflags=$(pkg-config --cflags vervet-plugin-1)
ok "pkg-config knows vervet-plugin-1"
has "its header is the installed one" "$cflags" "-I$work/vervet/$includedir/vervet"
is "there is nothing to link" "$(pkg-config --libs vervet-plugin-1 | tr -d ' ')" ""
plugindir=$(pkg-config --variable=plugindir vervet-plugin-1)
is "plugindir is where Vervet looks" "$plugindir" "$work/vervet/$libdir/vervet/plugins"
# shellcheck disable=SC2086 # a list of words
run ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -fPIC -shared -fvisibility=hidden -Wl,-z,defs contains.c \
  -o contains.so $cflags
is "it compiles without a warning" "$status|$err" "0|"
is "it exports one symbol" "$(nm -D --defined-only contains.so | awk '{ print $3 }')" vervet_plugin_v1

# ---- Looked at and used --------------------------------------------------------------------------------------------------
run "$vervet" inspect ./contains.so
has "inspect FILE.so: its title" "$out" "contains - Contains a word"
has "inspect FILE.so: its options" "$out" "one of \"anywhere\", \"last-line\"; default anywhere"
export VERVET_PLUGIN_PATH=$work/mine
run "$vervet" plugins --json
is "plugins --json lists it" "$(json "[(p['plugin'], p['version'], p['state'], [c['id'] for c in p['components']]) for p in d if p['plugin'] == 'example.contains']")" \
  "[('example.contains', '1.0', 'ok', ['contains'])]"
run "$vervet" inspect contains --json
is "inspect ID --json" "$(json "(d['kind'], d['plugin']['file'], [o['name'] for o in d['options']])")" \
  "('verifier', '$work/mine/contains.so', ['ignore-case', 'where'])"
run "$vervet" inspect contains --atleast-version 1.1
is "a later version is not there" "$status" 1

printf '%s\n' '{"id": 1, "reference": "Paris", "answer": "It is paris."}' '{"id": 2, "reference": "art", "answer": "a part"}' \
  >cases.jsonl
run "$vervet" verify contains cases.jsonl
is "it judges" "$(python3 -c "import json; print([json.loads(l)['status'] for l in open('$work/out')])")" "['pass', 'fail']"
run "$vervet" verify contains -o ignore-case=false cases.jsonl
is "its option reaches it" "$(python3 -c "import json; print([json.loads(l)['status'] for l in open('$work/out')])")" \
  "['fail', 'fail']"

# ---- Put where Vervet looks anyway ---------------------------------------------------------------------------------------
unset VERVET_PLUGIN_PATH
mkdir -p "$XDG_DATA_HOME/vervet/plugins"
cp contains.so "$XDG_DATA_HOME/vervet/plugins"
run "$vervet" inspect contains --exists
is "found in the user's folder" "$status|$out$err" "0|"
run "$vervet" plugins --safe --json
is "but not with --safe" "$(json "[p['plugin'] for p in d if p['plugin'] == 'example.contains']")" "[]"

# ---- With its own meson.build --------------------------------------------------------------------------------------------
if command -v meson >/dev/null && command -v ninja >/dev/null; then
  cp -r "$source/plugins/template" "$work/template"
  meson setup "$work/template/build" "$work/template" >"$work/log" 2>&1 &&
    meson test -C "$work/template/build" >>"$work/log" 2>&1
  ok "its own meson.build builds and tests it" || sed 's/^/# /' "$work/log"
else
  skip "its own meson.build builds and tests it" "no meson here"
fi
tap_done
