# tap.sh - the Test Anything Protocol for shell tests; to be sourced. Needs bash.
# The caller ends with `tap_done`. $work is a fresh folder that goes away at the end.
tap_n=0
tap_bad=0
work=$(mktemp -d "${TMPDIR:-/tmp}/vervet-test.XXXXXX")
trap 'rm -rf "$work"' EXIT

ok() { # NAME: of the status of the command before
  local status=$? name=$1
  tap_n=$((tap_n + 1))
  if [ "$status" -eq 0 ]; then
    echo "ok $tap_n - $name"
  else
    echo "not ok $tap_n - $name"
    tap_bad=$((tap_bad + 1))
  fi
}

skip() { # NAME REASON
  tap_n=$((tap_n + 1))
  echo "ok $tap_n - $1 # SKIP $2"
}

is() { # NAME GOT EXPECTED
  if [ "$2" = "$3" ]; then
    true
    ok "$1"
  else
    printf '# got:      %s\n# expected: %s\n' "${2//$'\n'/$'\n#           '}" "${3//$'\n'/$'\n#           '}"
    false
    ok "$1"
  fi
}

has() { # NAME TEXT PART
  if [[ $2 == *"$3"* ]]; then
    true
    ok "$1"
  else
    printf '# text: %s\n# lacks: %s\n' "${2//$'\n'/$'\n#       '}" "$3"
    false
    ok "$1"
  fi
}

# Runs a command; leaves $out, $err and $status.
run() {
  "$@" >"$work/out" 2>"$work/err" </dev/null
  status=$?
  out=$(cat "$work/out")
  err=$(cat "$work/err")
}

tap_skip_all() { # REASON
  echo "1..0 # SKIP $1"
  exit 0
}

tap_done() {
  echo "1..$tap_n"
  [ "$tap_bad" -eq 0 ]
}
