# shellcheck shell=bash disable=SC2034
# Sourced: installs what is needed from the distribution (Debian, Ubuntu).

build_packages=(gcc libc6-dev make autoconf automake pkg-config git xz-utils ca-certificates
	libgit2-dev libcurl4-openssl-dev libsodium-dev libssl-dev libnghttp2-dev
	libcjson-dev zlib1g-dev libisal-dev libzstd-dev)
test_packages=(libcmocka-dev openssl bats shellcheck strace man-db python3)
# The engines, a registry, and what the sandbox and the example are made of.
engine_packages=(docker-registry busybox-static curl jq iproute2 iptables nftables util-linux
	procps skopeo)

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# dockerd may be there from elsewhere, and the distribution's would not go
# with it.
need_dockerd() {
	command -v dockerd >/dev/null || [ -x /usr/sbin/dockerd ] || echo docker.io
}

need_podman() {
	command -v podman >/dev/null || echo podman
	command -v runc >/dev/null || [ -x /usr/sbin/runc ] || echo runc
}

# missing PACKAGE...: those that are not installed.
missing() {
	local name
	for name; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
			echo "$name"
	done
}

# No service starts while packages are unpacked: the tests bring their own.
# Runs as root, in a shell of its own, with the package names as arguments.
install_quietly='
	export DEBIAN_FRONTEND=noninteractive
	policy=/usr/sbin/policy-rc.d
	if [ ! -e "$policy" ] && [ ! -L "$policy" ]; then
		trap "rm -f $policy" EXIT
		trap "exit 1" INT TERM HUP
		printf "#!/bin/sh\nexit 101\n" >"$policy" && chmod 755 "$policy"
	fi
	apt-get -q update &&
	apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"'

# install_packages PACKAGE...
install_packages() {
	local names
	mapfile -t names < <(missing "$@")
	[ ${#names[@]} -gt 0 ] || return 0
	if ! command -v apt-get >/dev/null; then
		echo "only apt-get is known here; please install: ${names[*]}" >&2
		return 1
	fi
	as_root bash -c "$install_quietly" bash "${names[@]}"
}
