#!/usr/bin/env bash
# ./bootstrap where something is missing. It is run in a copy, so that the real build folder stays as it is.
# Usage: set-up.sh SOURCE_ROOT
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
root=${1:?}
mkdir "$work/clone" "$work/bin"
cp "$root/bootstrap" "$work/clone"
cd "$work/clone" || exit 1

run ./bootstrap
is "no word: status" "$status" 1
has "no word: usage" "$err" "./bootstrap run"
run ./bootstrap biuld
is "unknown word" "$status" 1
run ./bootstrap build more
is "build takes no arguments" "$status" 1
run ./bootstrap --help
is "--help" "$status|$err" "0|"

# A machine that has a shell and little else.
for tool in sh dirname date sort tr mkdir printf cat tail id env basename; do
  ln -s "$(command -v $tool)" "$work/bin/$tool"
done
bare() { run env PATH="$work/bin" "$@"; }
bare ./bootstrap build
is "no apt: status" "$status" 2
has "no apt: names what is missing" "$err" "meson"
has "no apt: names a library's package" "$err" "libglib2.0-dev"

# With apt, as root or with sudo: asked once, for what is missing only. The fake installs nothing, which is noticed.
cat >"$work/bin/apt-get" <<END
#!/bin/sh
echo "\$*" >>"$work/asked"
END
printf '#!/bin/sh\nexec "$@"\n' >"$work/bin/sudo"
ln -s "$(command -v cc)" "$work/bin/cc"
chmod +x "$work/bin/apt-get" "$work/bin/sudo"
bare ./bootstrap build
is "apt that does not help: status" "$status" 2
has "apt that does not help: message" "$err" "still missing"
is "first the list" "$(head -n 1 "$work/asked")" "-q update"
has "then the packages" "$(tail -n 1 "$work/asked")" "install -y --no-install-recommends"
is "nothing that is there" "$(grep -c ' gcc' "$work/asked")" 0
has "a failure points to its log" "$(cat build/bootstrap.log)" "apt-get"
tap_done
