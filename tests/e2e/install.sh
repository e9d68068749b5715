#!/usr/bin/env bash
# `meson install` gives everything that a user and a plugin's author need, and the whole can be moved.
# Usage: install.sh BUILD_FOLDER BINDIR LIBDIR INCLUDEDIR DATADIR MANDIR (as under the prefix)
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
build=${1:?} bindir=${2:?} libdir=${3:?} includedir=${4:?} datadir=${5:?} mandir=${6:?}
unset VERVET_PLUGIN_PATH

DESTDIR=$work/stage meson install -C "$build" --no-rebuild --quiet >"$work/log" 2>&1
ok "meson install"
prefix=$(find "$work/stage" -path "*/$bindir/vervet" | sed "s|/$bindir/vervet\$||")
mv "$prefix" "$work/moved"
prefix=$work/moved

run "$prefix/$bindir/vervet" --version
has "a moved installation runs" "$out$err" "vervet "
for command in $("$prefix/$bindir/vervet" __words command); do
  [ -s "$prefix/$mandir/man1/vervet-$command.1" ]
  ok "manual page of $command"
done
for file in "$mandir/man1/vervet.1" "$mandir/man5/vervet-experiment.5" "$libdir/libvervet.so" "$libdir/pkgconfig/vervet.pc" \
  "$includedir/vervet/vervet.h" "$includedir/vervet/vervet-plugin.h" "$datadir/bash-completion/completions/vervet" \
  "$datadir/zsh/site-functions/_vervet" "$datadir/fish/vendor_completions.d/vervet.fish" \
  "$datadir/vervet/experiments/simulated.json" "$datadir/vervet/experiments/gsm8k-published.json"; do
  [ -s "$prefix/$file" ]
  ok "installed: $file"
done

# Plugins and worker are found beside the program, wherever it stands.
run "$prefix/$bindir/vervet" run "$prefix/$datadir/vervet/experiments/simulated.json" --samples 2 -o "$work/try.vervet"
is "an installed example runs" "$status" 0
[ "$status" -eq 0 ] || sed 's/^/# /' <<<"$err"
run "$prefix/$bindir/vervet" ls "$work" --json
has "and leaves a run" "$out" '"samples": 256'

# A program of a stranger, built with what is installed and nothing else.
cat >"$work/embed.c" <<'END'
#include <stdio.h>
#include <vervet.h>
int main (void) { return printf ("%s\n", vervet_version ()) < 0; }
END
export PKG_CONFIG_PATH=$prefix/$libdir/pkgconfig
flags=$(pkg-config --cflags --libs vervet)
# shellcheck disable=SC2086 # a list of words
${CC:-cc} -o "$work/embed" "$work/embed.c" $flags
ok "a program builds with pkg-config vervet"
is "and runs" "$(LD_LIBRARY_PATH=$prefix/$libdir "$work/embed")" \
  "$("$prefix/$bindir/vervet" --version | cut -d' ' -f2)"
tap_done
