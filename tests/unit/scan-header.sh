#!/bin/sh
# scan-header.sh INCLUDE_DIR CC CXX - vervet-json-scan.h stands alone and compiles without a warning in the languages that
# plugins are written in. TAP on standard output. CXX may be empty.
include=$1
strict='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fsyntax-only'
program='#include "vervet-json-scan.h"
int main () { vv_json_value v; return vv_json_find ("1", 1, "", &v); }'
n=0
bad=0
echo 1..4
for standard in c11 c17 c++17 c++20; do
  n=$((n + 1))
  case $standard in c++*) language=c++ compiler=$3 ;; *) language=c compiler=$2 ;; esac
  if [ -z "$compiler" ]; then
    echo "ok $n - $standard # SKIP there is no C++ compiler"
  elif log=$(echo "$program" | $compiler -std=$standard $strict -I "$include" -x $language - 2>&1); then
    echo "ok $n - $standard"
  else
    echo "not ok $n - $standard"
    echo "$log" | sed 's/^/# /'
    bad=1
  fi
done
exit $bad
