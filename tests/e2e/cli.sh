#!/usr/bin/env bash
# The command line as such: help, version, mistakes, exit statuses, colours, closed pipes. Usage: cli.sh VERVET VERSION
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tap.sh"
vervet=$(realpath "${1:?}") version=${2:?}
export NO_COLOR= TERM=xterm

run "$vervet" --version
is "--version" "$out|$err|$status" "vervet $version||0"

run "$vervet"
is "no command is a mistake" "$status" 1
has "and shows the commands" "$out" "Usage: vervet COMMAND"
for words in help --help -h; do
  run "$vervet" $words
  is "$words: status" "$status|$err" "0|"
  has "$words: names the commands" "$out" "  ls  "
done

# ---- Every command explains itself ----------------------------------------------------------------------------------------
commands=$("$vervet" __words command)
has "the table has commands" "$commands" "ls"
for command in $commands; do
  run "$vervet" "$command" --help
  is "$command --help: status" "$status|$err" "0|"
  is "$command --help: usage" "${out%%$'\n'*}" "$(head -n 1 <<<"$out" | grep "^Usage: vervet $command")"
  has "$command --help: example" "$(grep '^  \$ ' <<<"$out")" "vervet $command"
  run "$vervet" help "$command"
  has "help $command: the same page" "$out" "Usage: vervet $command"
  run "$vervet" "$command" --no-such-option
  is "$command --no-such-option: status" "$status|$out" "1|"
  has "$command --no-such-option: message" "$err" "vervet: unknown option \"--no-such-option\""
  page=$("$vervet" __man "$command")
  has "$command: manual page" "$page" ".SH EXAMPLES"
  if command -v groff >/dev/null; then
    is "$command: groff finds nothing wrong" "$(groff -ww -man -z -Tutf8 <<<"$page" 2>&1)" ""
  else
    skip "$command: groff finds nothing wrong" "no groff here"
  fi
done

# ---- Mistakes -----------------------------------------------------------------------------------------------------------------
run "$vervet" lss
is "unknown command: status" "$status|$out" "1|"
is "unknown command: message" "$err" "vervet: no command \"lss\"; did you mean \"ls\"? (see 'vervet help')"
run "$vervet" help lss
is "help of an unknown command" "$status" 1
run "$vervet" --jsno ls
is "option before the command" "$status" 1
run "$vervet" ls --jsno
has "misspelt option" "$err" "did you mean \"--json\"?"
run "$vervet" ls a b
is "too many words" "$status" 1
run "$vervet" show
is "too few words" "$status" 1
run "$vervet" show "$work/none.vervet"
is "a run file that is not there: status" "$status" 1
has "a run file that is not there: named" "$err" "none.vervet"
is "one line for one mistake" "$(wc -l <"$work/err")" 1
run "$vervet" ls "$work/none"
is "a folder that is not there" "$status" 1
run "$vervet" import counts "$work/none.csv"
is "import without --to" "$status" 1
has "import without --to: message" "$err" "--to"
printf 'not a run file' >"$work/bad.vervet"
run "$vervet" ls "$work"
is "ls goes on after a file that is no run" "$status" 0
has "and names it" "$err" "bad.vervet"
has "and lists it" "$out" "unreadable"
evil=$'x\e[2Jy'
run "$vervet" "$evil"
is "an escape sequence does not reach the terminal" "$(grep -c $'\e' "$work/err")" 0

# ---- Where output goes ----------------------------------------------------------------------------------------------------------
"$vervet" help >/dev/full 2>"$work/err"
is "a full device: status" $? 2
has "a full device: message" "$(cat "$work/err")" "cannot write to standard output: No space left on device"

# The reader has closed its end before the writer starts.
mkfifo "$work/gate"
(
  cat "$work/gate" >/dev/null
  "$vervet" help 2>"$work/err"
  echo $? >"$work/status"
) | (
  exec <&-
  echo go >"$work/gate"
)
is "a closed pipe: status of a filter (SIGPIPE)" "$(cat "$work/status")" 141
is "a closed pipe: quiet" "$(cat "$work/err")" ""

on_terminal() { script -qec "$1" /dev/null </dev/null; }
if on_terminal true >/dev/null 2>&1; then
  has "colours on a terminal" "$(on_terminal "'$vervet' help")" $'\e['
  is "none with NO_COLOR" "$(NO_COLOR=1 on_terminal "'$vervet' help" | grep -c $'\e\[')" 0
  is "none with TERM=dumb" "$(TERM=dumb on_terminal "'$vervet' help" | grep -c $'\e\[')" 0
else
  skip "colours on a terminal" "'script' gives no terminal here"
fi
is "no colours in a pipe" "$("$vervet" help | grep -c $'\e')" 0

# ---- Completions --------------------------------------------------------------------------------------------------------------------
PATH=$(dirname "$vervet"):$PATH
"$vervet" __complete bash >"$work/complete.bash"
. "$work/complete.bash"
complete_words() { # WORDS...: what bash would offer for the last one
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  _vervet
  printf '%s ' "${COMPREPLY[@]}"
}
is "bash: a command" "$(complete_words vervet expo)" "export "
is "bash: an option" "$(complete_words vervet export --out)" "--output "
has "bash: a format" "$(complete_words vervet import cou)" "counts"
cd "$work" || exit 1
touch one.vervet two.txt
is "bash: a run file" "$(complete_words vervet show on)" "one.vervet "
"$vervet" __complete zsh >"$work/_vervet"
"$vervet" __complete fish >"$work/vervet.fish"
if command -v zsh >/dev/null; then
  zsh -n "$work/_vervet"
  ok "zsh reads its completions"
else
  skip "zsh reads its completions" "no zsh here"
fi
if command -v fish >/dev/null; then
  fish -n "$work/vervet.fish"
  ok "fish reads its completions"
else
  skip "fish reads its completions" "no fish here"
fi
tap_done
