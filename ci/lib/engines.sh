# shellcheck shell=bash
# Sourced: starts engines and registries that belong to the caller alone.
# Each start_ function takes a directory for all the state, waits until the
# daemon answers, and prints its address, or the end of its log to stderr.
# The processes are children of the caller: a sandbox ends them, or the
# caller by the pid that stands in DIR/pid.

# wait_until SECONDS PID COMMAND...: until COMMAND succeeds or PID has ended.
wait_until() {
	local end=$((SECONDS + $1)) pid=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] && kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.05
	done
}

# launch DIR COMMAND...: a daemon with its output in DIR/log. It and what it starts
# collect garbage seldom: dockerd calls itself often, where half of the time is that.
launch() {
	local dir=$1
	shift
	GOGC=400 "$@" >"$dir/log" 2>&1 </dev/null &
	echo $! >"$dir/pid"
}

# await DIR WHAT COMMAND...
await() {
	local dir=$1 what=$2
	shift 2
	wait_until 60 "$(cat "$dir/pid")" "$@" && return
	echo "$what does not answer; the end of its log:" >&2
	tail -n 20 "$dir/log" >&2
	return 1
}

answers() {
	curl -fsS --max-time 2 --unix-socket "$1" http://engine/_ping
}

# start_bridge DIR: a network for a dockerd's containers alone; prints its name.
# A second dockerd with docker0, or with none, would change it for the first.
start_bridge() {
	local name number
	name=br-$(basename "$1")
	number=$(ip -o link show type bridge | wc -l)
	[ ! -e "/sys/class/net/$name" ] && ip link add "$name" type bridge &&
		ip address add "172.30.$number.1/24" dev "$name" && ip link set "$name" up &&
		echo "$name"
}

# start_dockerd DIR CGROUP [STORE]: in a sandbox, whose network is its own: no
# packet filter is needed as nothing leaves the machine. STORE: "containerd",
# where images are to be kept by containerd.
start_dockerd() {
	local dir=$1 cgroup=$2 bridge by_containerd=false
	[ "${3-}" != containerd ] || by_containerd=true
	command -v dockerd >/dev/null || { echo "dockerd is not installed" >&2; return 1; }
	mkdir -p "$dir"
	bridge=$(start_bridge "$dir") || { echo "no bridge for $dir" >&2; return 1; }
	cat >"$dir/daemon.json" <<-END
	{
		"data-root": "$dir/data",
		"exec-root": "$dir/exec",
		"pidfile": "$dir/dockerd.pid",
		"hosts": ["unix://$dir/docker.sock"],
		"bridge": "$bridge",
		"cgroup-parent": "/$cgroup",
		"exec-opts": ["native.cgroupdriver=cgroupfs"],
		"features": { "containerd-snapshotter": $by_containerd },
		"iptables": false,
		"ip-masq": false,
		"log-level": "warn"
	}
	END
	launch "$dir" dockerd --config-file "$dir/daemon.json"
	await "$dir" dockerd answers "$dir/docker.sock" && echo "unix://$dir/docker.sock"
}

# start_modern_dockerd DIR CGROUP [STORE]: a Docker 24 or later, for which
# MODERN_DOCKER has the output of ci/lib/modern-docker.
start_modern_dockerd() {
	local PATH=${MODERN_DOCKER:+$MODERN_DOCKER:}$PATH
	if [ -z "${MODERN_DOCKER+x}" ]; then
		echo "${MODERN_DOCKER_MISSING:-ci/lib/modern-docker was not asked}" >&2
		return 1
	fi
	start_dockerd "$@"
}

# start_engine NAME DIR CGROUP: docker: what the distribution has; docker26 and
# docker26c: a later one with graph driver and containerd store; podman.
start_engine() {
	local name=$1
	shift
	case $name in
	docker) start_dockerd "$@" ;;
	docker26) start_modern_dockerd "$@" ;;
	docker26c) start_modern_dockerd "$@" containerd ;;
	podman) start_podman "$1" ;;
	*) echo "no such engine: $name" >&2; return 1 ;;
	esac
}

# ulimits: the limits of this shell as Podman's configuration writes them. Its
# own are higher, which fails where even root may not raise a limit.
ulimits() {
	local files processes
	files=$(ulimit -Hn)
	processes=$(ulimit -Hu)
	printf '"nofile=%s:%s", "nproc=%s:%s"' "${files/unlimited/1048576}" \
		"${files/unlimited/1048576}" "${processes/unlimited/-1}" "${processes/unlimited/-1}"
}

# start_podman DIR: Podman's API service. Its log of events is rotated all the
# time, which ends every stream of events, as it seldom does where it is large.
start_podman() {
	local dir=$1 runtime
	command -v podman >/dev/null || { echo "podman is not installed" >&2; return 1; }
	mkdir -p "$dir"
	printf '[%s]\n%s\n' engine 'events_logfile_max_size = 9000' \
		containers "default_ulimits = [$(ulimits)]" >"$dir/containers.conf"
	printf '{"default":[{"type":"insecureAcceptAnything"}]}\n' >"$dir/policy.json"
	runtime=$(command -v runc || command -v crun) || return
	CONTAINERS_CONF=$dir/containers.conf launch "$dir" \
		podman --root "$dir/root" --runroot "$dir/run" --tmpdir "$dir/tmp" \
		--runtime "$runtime" --cgroup-manager cgroupfs --events-backend file \
		system service --time 0 "unix://$dir/podman.sock"
	await "$dir" podman answers "$dir/podman.sock" && echo "unix://$dir/podman.sock"
}

registry_port() {
	sed -n 's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$1/log" | grep .
}

# start_registry DIR [HTPASSWD_LINE]: on a free loopback port.
start_registry() {
	local dir=$1
	mkdir -p "$dir"
	cat >"$dir/config.yml" <<-END
	version: 0.1
	log: { level: info }
	storage:
	  filesystem: { rootdirectory: $dir/data }
	  delete: { enabled: true }
	http: { addr: "127.0.0.1:0" }
	END
	if [ $# -gt 1 ]; then
		echo "$2" >"$dir/htpasswd"
		echo "auth: { htpasswd: { realm: private, path: $dir/htpasswd } }"
	fi >>"$dir/config.yml"
	launch "$dir" docker-registry serve "$dir/config.yml"
	await "$dir" docker-registry registry_port "$dir" &&
		echo "127.0.0.1:$(registry_port "$dir")"
}
