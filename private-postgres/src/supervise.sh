# Runs a server that must not outlive its owner, not even one that is killed with -9: the owner
# holds the other end of our standard input, and the kernel closes it whatever the owner dies of.
#
# $1: the log. $2: the signal that stops the server once the owner is gone. $3, $4: directories
# to sweep away in that case, or nothing. The rest is the server's command line. Our standard
# output, inherited by the server, is the locked file that marks the directory as taken.

log=$1 farewell=$2 litter=$3 more_litter=$4
shift 4

mv -f "$log" "$log.1" 2>/dev/null
exec 3<&0 2>>"$log" # background commands lose standard input: keep it as 3

"$@" </dev/null 3<&- &
server=$!

# A signal to the whole process tree must not take the watch away from the server.
trap '' HUP INT TERM

# A line names a signal to pass on; the end of the input means that the owner is gone.
(
    while read -r signal <&3; do kill -s "$signal" "$server"; done
    kill -s "$farewell" "$server"
) &
watch=$!

wait "$server"
status=$?
{
    kill -s KILL "$watch"
    # Only a watch that had run to its end exits with success.
    wait "$watch" && rm -rf ${litter:+"$litter"} ${more_litter:+"$more_litter"}
} 2>/dev/null
exit "$status"
