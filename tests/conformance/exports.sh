#!/usr/bin/env bash
# Every plugin of the tree exports vervet_plugin_v1 and nothing else, and needs no symbol of ours.
# Usage: exports.sh SOURCE_ROOT PLUGIN.so...
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
shift

for plugin in "$@"; do
  name=$(basename "$plugin")
  is "$name exports one symbol" "$(nm -D --defined-only --format=posix "$plugin" | cut -d' ' -f1 | sed 's/@.*//')" \
    vervet_plugin_v1
  is "$name needs no symbol of ours" "$(nm -D --undefined-only --format=posix "$plugin" | cut -d' ' -f1 |
    grep -E '^(vervet_|command_|g_)')" ""
done
[ $# -gt 0 ]
ok "there are plugins"
tap_done
