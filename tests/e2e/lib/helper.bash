# shellcheck shell=bash
# Loaded by every .bats file: service repositories, the engine and the
# registry seen from outside, and exact failures. One test never meets
# another's images: each has its own namespace in APP and REPOSITORY.

top_srcdir=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
# shellcheck source=../../../ci/lib/example.sh
. "$top_srcdir/ci/lib/example.sh"
# shellcheck source=../../../ci/lib/engines.sh
. "$top_srcdir/ci/lib/engines.sh"

setup() {
	local name
	for name in $(compgen -e GIT_) $(compgen -e XDG_); do
		unset "$name"
	done
	export HOME=$BATS_TEST_TMPDIR/home DOCKER_HOST=$E2E_ENGINE
	export XDG_CONFIG_HOME=$HOME/.config XDG_CACHE_HOME=$HOME/.cache
	export XDG_STATE_HOME=$HOME/.state XDG_RUNTIME_DIR=$HOME/run
	export DOCKER_CONFIG=$HOME/.docker GIT_CONFIG_GLOBAL=$HOME/.gitconfig
	export GIT_CONFIG_NOSYSTEM=1 GIT_CEILING_DIRECTORIES=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	unset DOCKER_CONTEXT CI REGISTRY_AUTH_FILE
	[ -z "${E2E_BUILDER-}" ] || export GIT_IMAGE_BUILDER=$E2E_BUILDER
	mkdir -p "$XDG_RUNTIME_DIR"
	chmod 700 "$XDG_RUNTIME_DIR"
	printf '[user]\nname = A Developer\nemail = developer@example.com\n%s\n' \
		$'[init]\ndefaultBranch = main' >"$GIT_CONFIG_GLOBAL"
	APP=t$BATS_SUITE_TEST_NUMBER/app
	REPOSITORY=$E2E_REGISTRY/$APP
	commit_time=1700000000
	children=()
	cd "$BATS_TEST_TMPDIR" || return
	if [ "$(type -t test_setup)" = function ]; then
		test_setup
	fi
}

# put PATH: writes stdin as a file of the work tree.
put() {
	mkdir -p "$(dirname "$1")"
	cat >"$1"
}

# service DIR: the example as a repository whose one image, "app", goes to
# REPOSITORY; enters it. Nothing is committed yet.
service() {
	make_example "$top_srcdir/ci/example" "$1" && cd "$1" || return
	sed -i 's/hello/app/' .gitimage
	git config --global image.app.repository "$REPOSITORY"
}

# for_two_platforms: the service is for linux/s390x, which is not tried, and for the
# engine's own platform, which is in $own. Nothing runs in its build.
for_two_platforms() {
	own=$(engine_api GET /version | jq -r '"\(.Os)/\(.Arch)"')
	put Dockerfile <<-'END'
	FROM scratch
	COPY busybox /bin/busybox
	COPY www /www
	CMD ["/bin/busybox", "httpd", "-f", "-p", "8000", "-h", "/www"]
	END
	put .gitimage <<<'[image "app"]'
	git config --global image.app.platform "linux/s390x,$own"
	git config --global image.app.untestedPlatforms linux/s390x
}

# change TEXT: something in the last layer.
change() {
	put www/index.html <<<"$1"
}

# commit MESSAGE [GIT-COMMIT-OPTION...]: everything, one minute after the
# commit before, so that the same test makes the same SHAs.
commit() {
	local message=$1
	shift
	commit_time=$((commit_time + 60))
	git add -A || return
	# One short SHA in eighteen is a number to YAML, of which make warns.
	while [[ $(sha7_to_be "$message") =~ ^(0b)?[0-9]+e?[0-9]+$ ]]; do
		commit_time=$((commit_time + 1))
	done
	GIT_AUTHOR_DATE="@$commit_time +0000" \
		GIT_COMMITTER_DATE="@$commit_time +0000" git commit -q -m "$message" "$@"
}

# sha7_to_be MESSAGE: of the commit that commit() is going to make.
sha7_to_be() {
	local parent
	parent=$(git rev-parse -q --verify HEAD)
	GIT_AUTHOR_DATE="@$commit_time +0000" GIT_COMMITTER_DATE="@$commit_time +0000" \
		git commit-tree "$(git write-tree)" ${parent:+-p "$parent"} -m "$1" | cut -c1-7
}

sha() {
	git rev-parse "${1:-HEAD}"
}

sha7() {
	git rev-parse "${1:-HEAD}" | cut -c1-7
}

# tags NAME...: as local_tags and remote_tags print them.
tags() {
	printf '%s\n' "$@" | sort | xargs
}

# engine_api METHOD PATH [CURL-OPTION...]: the answer's body; fails on 4xx.
engine_api() {
	local method=$1 path=$2
	shift 2
	curl -sS --fail-with-body --max-time 60 --unix-socket "${E2E_ENGINE#unix://}" \
		-X "$method" "$@" "http://engine/v1.41$path"
}

image_id() {
	engine_api GET "/images/$1/json" | jq -r .Id | sed 's/^sha256://'
}

# image_env REF NAME: the variable's value in the image's configuration.
image_env() {
	engine_api GET "/images/$1/json" | jq -r --arg name "$2" \
		'.Config.Env[] | select(startswith($name + "=")) | ltrimstr($name + "=")'
}

image_label() {
	engine_api GET "/images/$1/json" | jq -r --arg name "$2" '.Config.Labels[$name] // empty'
}

# local_tags REPOSITORY: its tags on the engine, sorted, on one line. Podman
# puts localhost/ or docker.io/library/ before names without a registry.
local_tags() {
	engine_api GET /images/json | jq -r --arg name "$1:" '.[].RepoTags // [] | .[] |
		sub("^(localhost|docker.io/library|docker.io)/"; "") |
		select(startswith($name)) | ltrimstr($name)' | sort | xargs
}

dangling_images() {
	local filter='filters=%7B%22dangling%22%3A%5B%22true%22%5D%7D'
	engine_api GET "/images/json?$filter" | jq -r '.[].Id'
}

image_layers() {
	engine_api GET "/images/$1/json" | jq -r '.RootFS.Layers[]'
}

# build_image REF: the user's own image, of the Dockerfile on stdin.
build_image() {
	local folder
	folder=$(mktemp -d)
	cat >"$folder/Dockerfile"
	tar -c -C "$folder" Dockerfile | engine_api POST "/build?t=$1" --data-binary @- \
		-H 'Content-Type: application/x-tar' >"$folder/log"
	if ! engine_api GET "/images/$1/json" >/dev/null; then
		cat "$folder/log"
		return 1
	fi
}

# file_of REF PATH: what a file in the image holds.
file_of() {
	local id
	id=$(create_container "$1" '{"Cmd": ["x"]}') &&
		engine_api GET "/containers/$id/archive?path=/$2" | tar -xO &&
		remove_container "$id"
}

tag_image() {
	engine_api POST "/images/$1/tag?repo=${2%:*}&tag=${2##*:}"
}

# create_container IMAGE [JSON]: prints its ID. JSON: more of the request.
create_container() {
	jq -n --arg image "$1" --argjson more "${2:-null}" '{Image: $image} + $more' |
		engine_api POST /containers/create -H 'Content-Type: application/json' -d @- |
		jq -r .Id
}

start_container() {
	engine_api POST "/containers/$1/start"
}

remove_container() {
	engine_api DELETE "/containers/$1?force=1"
}

containers() {
	engine_api GET '/containers/json?all=1' | jq -r '.[].Id'
}

# ours: the containers of git-image, by a label key that no image carries.
ours() {
	local filter='filters=%7B%22label%22%3A%5B%22git-image.run%22%5D%7D'
	engine_api GET "/containers/json?all=1&$filter" | jq -r '.[].Id'
}

# relay SOCKET [HEAD [TEXT FILE]]: passes every connection on to the engine, until it
# is killed. SOCKET is a path, or a port of 127.0.0.1. HEAD goes to the engine first,
# whose answer's head is dropped. Where a client's bytes have TEXT it makes FILE and
# passes nothing more.
relay() {
	exec perl -MIO::Socket -MIO::Select -e '
		$SIG{PIPE} = "IGNORE";
		my ($path, $target, $head, $text, $file) = @ARGV;
		my $server = $path =~ /^\d+$/
			? IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $path,
				Listen => 9, ReuseAddr => 1)
			: IO::Socket::UNIX->new(Local => $path, Listen => 9);
		$server or die;
		my $select = IO::Select->new($server);
		my (%peer, %is_near);
		while (my @ready = $select->can_read) {
			for my $from (@ready) {
				if ($from == $server) {
					my $near = $server->accept;
					my $far = IO::Socket::UNIX->new(Peer => $target) or die;
					if ($head) {
						syswrite $far, $head;
						my $answer = "";
						until ($answer =~ /\r\n\r\n$/) {
							sysread $far, my $byte, 1 or last;
							$answer .= $byte;
						}
					}
					@peer{$near, $far} = ($far, $near);
					$is_near{$near} = 1;
					$select->add($near, $far);
				} elsif (sysread $from, my $data, 65536) {
					if ($text && $is_near{$from} && index($data, $text) >= 0) {
						open my $held, ">", $file or die;
						sleep;
					}
					syswrite $peer{$from}, $data;
				} else {
					$peer{$from}->shutdown(1);
					$select->remove($from);
				}
			}
		}' "$1" "${E2E_ENGINE#unix://}" "${2-}" "${@:3}"
}

# buildkitd SOCKET: a plain BuildKit daemon, which is the one inside the dockerd.
buildkitd() {
	relay "$1" $'POST /grpc HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\n'\
$'Upgrade: h2c\r\n\r\n'
}

# background COMMAND...: until the end of the test; its pid is in $!.
background() {
	"$@" 3>&- &
	children+=("$!")
}

teardown() {
	[ ${#children[@]} = 0 ] || kill "${children[@]}" 2>/dev/null || true
	umount --lazy "$SANDBOX_DIR/small" 2>/dev/null || true
	if [ "$(type -t test_teardown)" = function ]; then
		test_teardown
	fi
}

# small_engine SIZE: sets $small_engine to the URL of another engine of the
# same kind, with a disk of that size.
# shellcheck disable=SC2034
small_engine() {
	local dir=$SANDBOX_DIR/small
	mkdir -p "$dir" && mount -t tmpfs -o "size=$1" tmpfs "$dir" || return
	small_engine=$(start_engine "$E2E_ENGINE_NAME" "$dir" "$SANDBOX_CGROUP" 3>&-) || return
	children+=("$(cat "$dir/pid")")
}

# engine_number: below 4; by it each engine has its own draw of what is tried at random.
engine_number() {
	local -A numbers=([docker]=0 [docker26]=1 [docker26c]=2 [podman]=3)
	echo "${numbers[$E2E_ENGINE_NAME]}"
}

# instants MS COUNT: that many within MS, in seconds.
instants() {
	awk -v ms="$1" -v count="$2" -v turn="$(engine_number)" 'BEGIN {
		for (i = 1; i <= count; i++)
			print ms / 1000 * (4 * i - turn) / (4 * count)
	}'
}

# until_true COMMAND...: for 30 seconds at most.
until_true() {
	local i
	for ((i = 0; i < 300; i++)); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	echo "in vain: $*"
	return 1
}

# registry_api PATH [CURL-OPTION...]: from the open registry.
registry_api() {
	local path=$1
	shift
	curl -sS --fail-with-body --max-time 60 "$@" "http://$E2E_REGISTRY/v2/$path"
}

manifest_types='application/vnd.oci.image.manifest.v1+json,'\
'application/vnd.docker.distribution.manifest.v2+json'

remote_tags() {
	registry_api "$1/tags/list" 2>/dev/null | jq -r '.tags // [] | .[]' | sort | xargs
}

# remote_digest NAME TAG: empty if there is no such tag.
remote_digest() {
	registry_api "$1/manifests/$2" -I -H "Accept: $manifest_types" 2>/dev/null |
		tr -d '\r' | sed -n 's/^[Dd]ocker-[Cc]ontent-[Dd]igest: //p'
}

# remote_env NAME TAG VARIABLE: read from the image's configuration.
remote_env() {
	local config
	config=$(registry_api "$1/manifests/$2" -H "Accept: $manifest_types" | jq -r .config.digest)
	registry_api "$1/blobs/$config" -L | jq -r --arg name "$3" \
		'.config.Env[] | select(startswith($name + "=")) | ltrimstr($name + "=")'
}

# push_manifest NAME FROM TO: the same bytes under another tag, as somebody
# else would.
push_manifest() {
	local file=$BATS_TEST_TMPDIR/manifest
	registry_api "$1/manifests/$2" -H "Accept: $manifest_types" >"$file" &&
		registry_api "$1/manifests/$3" -X PUT --data-binary "@$file" \
			-H "Content-Type: $(jq -r .mediaType "$file")"
}

# ledger [COMMIT]: its facts.
ledger() {
	git notes --ref image show "${1:-HEAD}" 2>/dev/null
}

# events TYPE FILTER: of the JSON lines in $output.
events() {
	jq -r "select(.type == \"$1\") | $2" <<<"$output"
}

# capture COMMAND...: its standard output in $output, its standard error in
# $errors, its exit code in $status.
capture() {
	status=0
	"$@" >"$BATS_TEST_TMPDIR/stdout" 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
	output=$(<"$BATS_TEST_TMPDIR/stdout")
	errors=$(<"$BATS_TEST_TMPDIR/stderr")
}

show_capture() {
	printf '%s\n' "exit code: $status" "stdout:" "$output" "stderr:" "$errors"
}

# must COMMAND...: succeeds.
must() {
	capture "$@"
	[ "$status" = 0 ] && return
	echo "failed: $*"
	show_capture
	return 1
}

# must_fail CODE REGEX COMMAND...: ends with exactly this exit code and says
# so on standard error. Death by a signal (over 125) or a sanitizer's report
# (99) is never the failure that was asked for.
must_fail() {
	local code=$1 regex=$2
	shift 2
	capture "$@"
	if [ "$status" = "$code" ] && [ "$code" -lt 99 ] && [[ $errors =~ $regex ]]; then
		return
	fi
	echo "wanted exit code $code and '$regex' of: $*"
	show_capture
	return 1
}

# is WHAT ACTUAL EXPECTED
is() {
	[ "$2" = "$3" ] && return
	printf '%s\n' "$1 is not as expected" "expected: $3" "actual:   $2"
	return 1
}

# matches WHAT ACTUAL REGEX
matches() {
	[[ $2 =~ $3 ]] && return
	printf '%s\n' "$1 does not match" "regex:  $3" "actual: $2"
	return 1
}
