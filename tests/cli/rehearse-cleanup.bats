#!/usr/bin/env bats
# rehearse-cleanup.bats - whatever ends a rehearsal, and however: no process, namespace, mount or file of it stays behind, and
# what it saw is told.

load rehearse-helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	# A folder of its own for temporary files, and what was there before.
	export TMPDIR=$PWD/tmp
	mkdir tmp
	cp /proc/self/mounts mounts.before
	find /run -xdev 2>/dev/null | sort >run.before || :
}

teardown() {
	end_started
}

# One identity for each process, as numbers are used again: its number and when it began.
identity() {
	local stat
	read -r stat <"/proc/$1/stat" 2>/dev/null || return 1
	stat=${stat##*) }
	set -- "$1" $stat
	[ "$2" != Z ] && echo "$1-${21}"
}

# gather NAME: what belongs to that rehearsal now: PROCESSES (identities) and NAMESPACES (of the network).
gather() {
	local pid own
	own=$(readlink /proc/self/ns/net)
	PROCESSES=() NAMESPACES=()
	for pid in $(tree "${RUNS[$1]}"); do
		PROCESSES+=("$(identity "$pid" || :)")
		NAMESPACES+=("$(readlink "/proc/$pid/ns/net" || :)")
	done
	mapfile -t NAMESPACES < <(printf '%s\n' "${NAMESPACES[@]}" | grep -vxF "$own" | sort -u)
	# The program, the lab, the load, and a process for each pod, each in its namespace.
	((${#PROCESSES[@]} >= 5 && ${#NAMESPACES[@]} >= 3)) || { echo "only ${PROCESSES[*]}, ${NAMESPACES[*]}" >&2; return 1; }
}

# none_left: nothing of what was gathered is there any more.
none_left() {
	local one spaces
	for one in "${PROCESSES[@]}"; do
		[ "$(identity "${one%-*}")" != "$one" ] || return 1
	done
	# In use, or only held by a descriptor, or by a mount.
	spaces=$(readlink /proc/[0-9]*/ns/net /proc/[0-9]*/fd/* 2>/dev/null; cat /proc/self/mountinfo)
	for one in "${NAMESPACES[@]}"; do
		! grep -qF "$one" <<<"$spaces" || return 1
	done
}

nothing_stays() {
	poll_until none_left || { echo "left of ${PROCESSES[*]} ${NAMESPACES[*]}:"; ps -ef; return 1; } >&2
	diff mounts.before /proc/self/mounts
	diff <(find tmp) <(echo tmp)
	diff run.before <(find /run -xdev 2>/dev/null | sort) || { echo "files in /run"; return 1; }
}

# rolling NAME OPTION…: a rehearsal that is in the middle of its rolling update, an old pod waiting in its hook.
rolling() {
	shop "$1.json" '. + [ingress] | app.lifecycle.preStop.sleep.seconds = 600 | pod.terminationGracePeriodSeconds = 900'
	rehearse "$@"
	poll_until grep -q '"event":"hook/started"' "$1.run"
	gather "$1"
}

# inside NAME WORDS: the number, out here, of a process of it whose command line holds WORDS.
inside() {
	local pid
	for pid in $(tree "${RUNS[$1]}"); do
		! tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q -- "$2" || { echo "$pid"; return; }
	done
	return 1
}

is_readable() {
	jq -es 'length > 3 and .[0].kind == "meta" and .[0].zerodrop == 1 and any(.[]; .event == "rollout/started")' "$1" >/dev/null
}

@test "a rehearsal that ends by itself leaves nothing" {
	shop shop.json '. + [ingress]'
	rehearse shop --via ingress --lag ingress=200ms
	poll_until grep -q '"event":"rollout/started"' shop.run
	gather shop
	passes shop
	nothing_stays
}

@test "INT, TERM and HUP end a rehearsal in order: it tells what it saw, keeps its record, and leaves nothing" {
	for signal in INT TERM HUP; do
		rolling $signal
		kill -$signal "${RUNS[$signal]}"
		ends $signal 4
		found $signal '.verdict == "inconclusive" and .exit == 4 and .requests > 0 and .failed == 0'
		found $signal '.rollout.pods | length >= 3'
		is_readable $signal.run
		jq -es 'any(.[]; .kind == "end")' $signal.run
		nothing_stays
	done
}

@test "a rehearsal that lost requests and is interrupted tells that they are lost" {
	shop lost.json 'app.args = ["--on-term", "exit"]'
	rehearse lost --path '/?wait=0.4' --cooldown 1h
	poll_until grep -q '"event":"rollout/settled"' lost.run
	poll_until grep -q '"kind":"failure"' lost.run
	gather lost
	kill -INT "${RUNS[lost]}"
	loses lost premature-shutdown
	nothing_stays
}

@test "INT before the load begins ends it too" {
	shop early.json 'app.args += ["--startup-delay", "1h"]'
	rehearse early
	poll_until grep -q '"event":"pod/started"' early.run
	kill -INT "${RUNS[early]}"
	ends early 4
	found early '.verdict == "inconclusive" and .requests == 0 and .rollout.started == null'
}

@test "a second INT does not wait for answers that are on their way" {
	rolling slow --path / --path '/?wait=500' --timeout 1h
	kill -INT "${RUNS[slow]}"
	poll_until grep -q 'waiting for the last answers' slow.err
	! is_gone "${RUNS[slow]}"
	kill -INT "${RUNS[slow]}"
	poll_until is_gone "${RUNS[slow]}"
	jq -e '.requests > 0' slow.out
	is_readable slow.run
	nothing_stays
}

@test "KILL of the program ends all of it at once, and the record stays readable" {
	rolling shop --via ingress --lag ingress=200ms
	kill -KILL "${RUNS[shop]}"
	nothing_stays
	is_readable shop.run
}

@test "KILL of the lab inside is told, ends all of it, and the record stays readable" {
	rolling shop --via ingress --lag ingress=200ms
	lab=$(cat "/proc/${RUNS[shop]}/task/${RUNS[shop]}/children")
	kill -KILL $lab
	ends shop 3
	told shop 'the lab ended with status 137'
	nothing_stays
	is_readable shop.run
}

# the_load NAME: its load, which has the command line of the program and of the lab, and is the lab's child.
the_load() {
	local lab pid
	lab=$(cat "/proc/${RUNS[$1]}/task/${RUNS[$1]}/children")
	for pid in $(cat /proc/${lab% }/task/${lab% }/children); do
		! cmp -s "/proc/$pid/cmdline" "/proc/${lab% }/cmdline" || echo "$pid"
	done
}

@test "KILL of the load is told, and ends the rehearsal" {
	rolling shop
	kill -KILL "$(the_load shop)"
	ends shop 4
	told shop 'the load (a process of its own) ended by itself'
	found shop '.verdict == "inconclusive" and .requests > 0'
	nothing_stays
	is_readable shop.run
}

@test "KILL of the load before anything counts is exit 3" {
	shop early.json 'app.args += ["--startup-delay", "1h"] | del(app.readinessProbe)'
	rehearse early
	poll_until grep -q 'waiting until they serve' early.err
	gather early
	poll_until eval '[ -n "$(the_load early)" ]'
	kill -KILL "$(the_load early)"
	ends early 3
	told early 'the load (a process of its own) ended by itself'
	[ ! -s early.out ]
	nothing_stays
}

@test "KILL of a pod's process is a container that exits and is started again" {
	shop shop.json
	rehearse shop --warmup 1h
	poll_until grep -q 'load begins' shop.err
	gather shop
	kill -KILL "$(inside shop 'serve --port 8080')"
	poll_until grep -q '"event":"container/restarted"' shop.run
	recorded shop 'any(.event == "container/exited" and .value == 137)'
	kill -INT "${RUNS[shop]}"
	poll_until is_gone "${RUNS[shop]}"
	nothing_stays
}

@test "KILL of the ingress is told, and ends the rehearsal" {
	rolling shop --via ingress --lag ingress=200ms
	kill -KILL "$(inside shop 'nginx: master')"
	poll_until is_gone "${RUNS[shop]}"
	told shop 'the ingress (nginx) ended with status 137'
	# Requests were lost or not, but it has not passed.
	found shop '.exit == 1 or .exit == 4'
	nothing_stays
	is_readable shop.run
}

@test "INT ends the whole catalogue" {
	"$ZERODROP" rehearse -o json >shop.out 2>shop.err </dev/null 3>&- &
	RUNS[shop]=$!
	STARTED+=("$!")
	poll_until eval "gather shop 2>/dev/null" || { gather shop; cat shop.err; ps -ef; return 1; } >&2
	kill -INT "${RUNS[shop]}"
	poll_until is_gone "${RUNS[shop]}"
	status=0
	wait "${RUNS[shop]}" || status=$?
	[ "$status" = 4 ] || [ "$status" = 1 ]
	jq -e '.cases | length > 0' shop.out
	nothing_stays
}

@test "KILL of the catalogue ends the whole catalogue" {
	"$ZERODROP" rehearse -o json >shop.out 2>shop.err </dev/null 3>&- &
	RUNS[shop]=$!
	STARTED+=("$!")
	poll_until eval "gather shop 2>/dev/null" || { gather shop; cat shop.err; ps -ef; return 1; } >&2
	kill -KILL "${RUNS[shop]}"
	nothing_stays
}

@test "a full disk keeps the verdict, and says that the record is not whole" {
	[ -w /dev/full ] || skip "there is no /dev/full"
	shop shop.json
	start shop -f shop.json --record /dev/full --rate 40 --warmup 1s --cooldown 0
	ends shop 3
	told shop '/dev/full: cannot write the record: No space left on device'
	found shop '.requests > 0'
}
