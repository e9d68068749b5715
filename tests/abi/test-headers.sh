#!/bin/sh
# test-headers.sh INCLUDE_DIR CC CXX - the plugin headers compile without a warning as C11, C17, C++17 and C++20, and
# hold no padding. TAP on standard output. CXX may be empty.
include=$1
cc=$2
cxx=$3
strict='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wpadded -Werror -fsyntax-only'
n=0

compile () { # COMPILER LANGUAGE STANDARD HEADER
  n=$((n + 1))
  if log=$(printf '#include "%s"\nint main (void) { return (int) vv_mix (1, vv_s ("x").len) == 0; }\n' "$4" |
           $1 -std="$3" $strict -I "$include" -x "$2" - 2>&1); then
    echo "ok $n - $4 as $3"
  else
    echo "not ok $n - $4 as $3"
    echo "$log" | sed 's/^/# /'
    bad=1
  fi
}

bad=0
echo 1..8
for header in vervet-plugin.h vervet-accel.h; do
  for standard in c11 c17; do
    compile "$cc" c $standard $header
  done
  for standard in c++17 c++20; do
    if [ -n "$cxx" ]; then
      compile "$cxx" c++ $standard $header
    else
      n=$((n + 1))
      echo "ok $n - $header as $standard # SKIP there is no C++ compiler"
    fi
  done
done
exit $bad
