#!/usr/bin/env bash
# Includes go one way (CONTRIBUTING.md, "Who may include whom"). Usage: includes.sh SOURCE_ROOT
# The rules are tried on a planted tree too: each must catch its violation.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
root=${1:?}

# FILE:LINE:HEADER of every include below a folder; "..." and <...> alike.
includes() { # ROOT FOLDER...
  local top=$1
  shift
  (cd "$top" && grep -rnE --include='*.[ch]' --include='*.cu' '^ *# *include +["<]' "$@" 2>/dev/null) |
    sed -E 's/^([^:]+):([0-9]+): *# *include +["<]([^">]+)[">].*/\1:\2:\3/'
}

# Lines of stdin whose header matches the regular expression.
header() { awk -F: -v re="$1" '$3 ~ re { print $1 ":" $2 ": includes " $3 }'; }
header_not() { awk -F: -v re="$1" '$3 !~ re { print $1 ":" $2 ": includes " $3 }'; }

# Modules of core that a module may use besides itself.
may_use() {
  case $1 in
    util) echo '' ;;
    stats | plot | net | store | plugin) echo 'util' ;;
    run) echo 'util|stats|net|store|plugin' ;;
    report) echo 'util|stats|plot|store' ;;
    exchange) echo 'util|store' ;;
  esac
}

# Headers of a public module, by the module that owns them: including one is using the module.
owner_of() {
  case $1 in
    vervet-error.h | vervet-json.h | vervet-text.h | vervet-paths.h) echo util ;;
    vervet-stats.h) echo stats ;;
    vervet-chart.h) echo plot ;;
    vervet-store.h) echo store ;;
    vervet-registry.h | vervet-accel.h) echo plugin ;;
    vervet-experiment.h | vervet-engine.h) echo run ;;
    vervet-report.h) echo report ;;
    vervet-exchange.h) echo exchange ;;
  esac
}

violations_in_core() { # ROOT
  local module allowed
  for module in util stats plot net store plugin run report exchange; do
    [ -d "$1/core/$module" ] || continue
    allowed="^($module|$(may_use "$module"))$"
    includes "$1" "core/$module" | while IFS=: read -r file line header; do
      local used
      case $header in
        */*) used=${header%%/*} ;;
        *) used=$(owner_of "$header") ;;
      esac
      case $used in
        util | stats | plot | net | store | plugin | run | report | exchange)
          [[ $used =~ $allowed ]] || echo "$file:$line: includes $header: $module may not use $used"
          ;;
      esac
      case $header in
        gtk/* | adwaita* | command*.h | app/* | ui/*) echo "$file:$line: includes $header" ;;
      esac
    done
  done
}

rule_core() { violations_in_core "$1"; }
rule_sqlite() { includes "$1" core app ui | grep -v '^core/store/' | header '^sqlite3(ext)?\.h$'; }
rule_curl() { includes "$1" core app ui | grep -v '^core/net/' | header '^curl/'; }
rule_gtk() { includes "$1" core app plugins models benchmarks | header '^(gtk|adwaita|gdk|gtksourceview)'; }
# A program of ours sees the library by its public headers, and the commands' framework.
rule_app() {
  # The worker is where plugins may crash: it runs what the library keeps to itself.
  includes "$1" app | grep -vE '^app/worker/[^:]*:[0-9]+:(plugin/describe|run/worker)\.h$' | header_not '^(vervet[a-z-]*\.h|command[a-z-]*\.h|[a-z0-9_]+\.h|(sys|gio|glib)/[a-z0-9]+\.h|worker[a-z-]*\.h)$'
  includes "$1" ui | header '^(util|plugin|store|stats|plot|net|run|report|exchange|app|core)/'
}
# A plugin sees its header, the JSON scanner for authors, the C library and its own folder.
rule_plugins() {
  includes "$1" plugins models benchmarks | while IFS=: read -r file line header; do
    case $header in
      vervet-plugin.h | vervet-json-scan.h | vervet-accel.h) continue ;;
      vervet* | glib* | gio* | core/* | ../*core/* | util/* | plugin/* | store/* | run/* | stats/* | ../*app/* | command*)
        echo "$file:$line: includes $header"
        ;;
    esac
  done
}

rules="core sqlite curl gtk app plugins"

for rule in $rules; do
  found=$("rule_$rule" "$root")
  [ -z "$found" ] || sed 's/^/# /' <<<"$found"
  is "$rule: no include goes against the direction" "$found" ""
done

# ---- Each rule catches what is planted -----------------------------------------------------------------------------------
plant() { # FILE HEADER
  mkdir -p "$work/tree/$(dirname "$1")"
  printf '#include <stdint.h>\n#include "%s"\n' "$2" >"$work/tree/$1"
}
caught() { # RULE FILE HEADER
  rm -rf "$work/tree"
  plant "$2" "$3"
  has "$1: $2 including $3 is caught" "$("rule_$1" "$work/tree")" "$2:2: includes $3"
}
allowed() { # RULE FILE HEADER
  rm -rf "$work/tree"
  plant "$2" "$3"
  is "$1: $2 may include $3" "$("rule_$1" "$work/tree")" ""
}

caught core core/util/x.c store/row.h
caught core core/stats/x.c vervet-store.h
caught core core/store/x.c vervet-registry.h
caught core core/exchange/x.c vervet-engine.h
caught core core/run/x.c command.h
allowed core core/run/x.c vervet-store.h
allowed core core/store/x.c util/hash.h
caught sqlite core/run/x.c sqlite3.h
allowed sqlite core/store/x.c sqlite3.h
caught curl core/run/x.c curl/curl.h
caught gtk core/plot/x.c gtk/gtk.h
allowed gtk ui/x.c gtk/gtk.h
caught app app/command-x.c run/engine.h
caught app ui/x.c store/row.h
allowed app app/command-x.c command-table.h
caught app app/command-x.c plugin/describe.h
allowed app app/worker/x.c plugin/describe.h
caught plugins plugins/verifiers/x/x.c vervet.h
caught plugins models/x/x.c vervet-json.h
caught plugins benchmarks/x/x.c util/text.h
allowed plugins plugins/verifiers/x/x.c vervet-plugin.h
tap_done
