#!/usr/bin/env bash
# Every C file stands as clang-format would write it. Usage: format.sh SOURCE_ROOT
# Versions of clang-format disagree, so only the one that the sources were written with is asked.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
root=${1:?}
wanted=14

command -v clang-format >/dev/null || tap_skip_all "no clang-format here"
found=$(clang-format --version | sed -E 's/.*version ([0-9]+).*/\1/')
[ "$found" = "$wanted" ] || tap_skip_all "clang-format $found here; the sources are written with $wanted"

printf 'int   x( void )\n{return 1 ;}\n' >"$work/bad.c"
cp "$root/.clang-format" "$work"
! clang-format --dry-run -Werror "$work/bad.c" 2>/dev/null
ok "a badly written file is noticed"

cd "$root" || exit 1
for folder in app core plugins models benchmarks ui tests; do
  bad=
  while IFS= read -r file; do
    clang-format --dry-run -Werror "$file" >/dev/null 2>&1 || bad="$bad $file"
  done < <(find "$folder" -name '*.c')
  is "$folder: written as clang-format would" "$bad" ""
done
tap_done
