#!/usr/bin/env bash
# Every folder of sources says in a README.md what lives there and what does not. Usage: readmes.sh SOURCE_ROOT
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
root=${1:?}

# Folders that need one: the top ones, the modules of core, each component, each kind of test.
folders() {
  (cd "$1" && find app core plugins models benchmarks ui data tests -maxdepth 0 -type d &&
    find core models benchmarks tests plugins -mindepth 1 -maxdepth 1 -type d &&
    find plugins -mindepth 2 -maxdepth 2 -type d) | grep -v '^core/include$' | sort -u
}
lacking() {
  folders "$1" | while IFS= read -r folder; do
    [ -s "$1/$folder/README.md" ] || echo "$folder"
  done
}

is "no folder without a README.md" "$(lacking "$root")" ""

mkdir -p "$work"/{app,core/util,plugins/samplers/one,models,benchmarks,ui,data,tests}
for folder in app core core/util plugins plugins/samplers models benchmarks ui data tests; do
  echo text >"$work/$folder/README.md"
done
is "a folder without one is noticed" "$(lacking "$work")" "plugins/samplers/one"
tap_done
