# Runs a program that ends with its owner, even if the owner is killed with SIGKILL: the owner holds
# the write end of standard input, and the kernel closes it when the owner ends.
#
# Arguments: the signal that stops the program when the owner ends · the file that takes the
# program's standard error, or nothing · the number of temporary directories · these directories ·
# the program's command line. The program inherits standard output.

stop_signal=$1 log=$2 temp_dir_count=$3
shift 3

exec 3<&0 4>&2 2>/dev/null # the shell empties a background command's standard input: keep it as 3
if [ -n "$log" ]; then
    mv -f "$log" "$log.1"
    exec 4>>"$log"
fi

(
    shift "$temp_dir_count"
    exec "$@"
) </dev/null 2>&4 3<&- 4>&- &
program=$!
exec 4>&-

# A signal to the whole process group must not end the supervision before the program.
trap '' HUP INT TERM

# Each line names a signal to pass on. The end of the input means that the owner ended.
(
    while read -r signal <&3; do kill -s "$signal" "$program"; done
    trap '' USR1 # from here on the watch cannot be cancelled
    kill -s "$stop_signal" "$program"
    exit 0
) &
watch=$!

wait "$program"
status=$?
kill -s USR1 "$watch"
# The watch succeeds only if the owner ended first; otherwise the owner removes its directories.
if wait "$watch"; then
    for dir in "$@"; do
        [ "$temp_dir_count" -gt 0 ] || break
        rm -rf "$dir"
        temp_dir_count=$((temp_dir_count - 1))
    done
fi
exit "$status"
