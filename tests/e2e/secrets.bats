#!/usr/bin/env bats
# Secrets and agents: the step that mounts one has it, nothing else has, and a
# repository cannot say where one comes from.
load lib/helper

test_setup() {
	value=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	service app
	printf '\tsecret = npm\n' >>.gitimage
	has_buildkit=yes
	[ "$E2E_ENGINE_NAME" != podman ] || has_buildkit=
}

# mounts MOUNT COMMAND: a step with that mount, behind the example's others.
mounts() {
	printf 'RUN --mount=%s ["/bin/busybox", "sh", "-c", "%s"]\n' "$1" "$2" >>Dockerfile
}

# Compares the secret with its hash, which may stand in the context.
uses_secret() {
	printf %s "$value" | sha256sum | cut -c1-64 >www/hash
	mounts type=secret,id=npm \
		"/bin/busybox sha256sum /run/secrets/npm | /bin/busybox grep -f /www/hash"
}

# nowhere WHAT FOLDER: no file below it holds the secret, in plain or compressed.
nowhere() {
	local file
	while IFS= read -r -d '' file; do
		! zcat -f "$file" | grep -aq "$value" && continue
		echo "the secret is in $1: $file"
		return 1
	done < <(find "$2" -type f -print0)
}

# not_shown: no file that the program wrote to holds it.
not_shown() {
	nowhere "standard output" "$BATS_TEST_TMPDIR/stdout"
	nowhere "standard error" "$BATS_TEST_TMPDIR/stderr"
}

# An engine without BuildKit says so, before anything is built.
must_need_buildkit() {
	must_fail 3 "$1 needs BuildKit" "${@:2}"
	[ -z "$(local_tags "$REPOSITORY")" ]
}

@test "a secret from a variable reaches its step, and nothing keeps it" {
	uses_secret
	commit first
	git config imageSecret.npm.from env:NPM_TOKEN
	export NPM_TOKEN=$value
	if [ -z "$has_buildkit" ]; then
		must_need_buildkit "secret 'npm'" git image make -v -v
		not_shown
		return
	fi
	must git image make --json -v -v
	not_shown
	must git image make --no-cache --progress plain -v -v
	not_shown
	mkdir seen
	engine_api GET "/images/$REPOSITORY:$(sha7)/history" >seen/history
	engine_api GET "/images/$REPOSITORY:$(sha7)/json" >seen/config
	engine_api GET "/images/$REPOSITORY:$(sha7)/get" | tar -x -C seen
	git cat-file --batch-all-objects --batch >seen/objects
	nowhere "the image or the notes" seen
	nowhere "the home folder" "$HOME"
}

@test "a secret from a file, named by an option and by the configuration" {
	uses_secret
	commit first
	printf %s "$value" >"$BATS_TEST_TMPDIR/token"
	if [ -z "$has_buildkit" ]; then
		must_need_buildkit "secret 'npm'" git image make \
			--secret "id=npm,src=$BATS_TEST_TMPDIR/token"
		return
	fi
	must git image build --secret "id=npm,src=$BATS_TEST_TMPDIR/token" --json
	not_shown
	git config imageSecret.npm.from "file:$BATS_TEST_TMPDIR/token"
	must git image build --no-cache
	not_shown
}

@test "a secret that nothing answers stops before anything is built" {
	uses_secret
	commit first
	must_fail 3 "^error: secret 'npm': nothing answers it" git image make
	matches "the mend" "$errors" "git config imageSecret.npm.from env:NAME"
	must_fail 3 "secret 'npm': nothing answers it" git image make --dry-run
	git config imageSecret.npm.from env:NPM_TOKEN
	must_fail 3 "secret 'npm': the variable 'NPM_TOKEN' is not set, or empty" git image make
	git config imageSecret.npm.from file:/nowhere/token
	must_fail 3 "secret 'npm': '/nowhere/token' does not exist" git image make
	is "tags" "$(local_tags "$REPOSITORY")" ""
}

@test "a hostile tree cannot say where a secret comes from" {
	cp .gitimage "$BATS_TEST_TMPDIR/gitimage"
	export AWS_SECRET=$value
	local line
	for line in '[image] secret = "id=npm,env=AWS_SECRET"' \
		'[image] secret = "id=npm,src=/etc/shadow"' \
		'[imageSecret "npm"] from = env:AWS_SECRET' \
		'[imageSecret "npm"] from = file:/etc/shadow' \
		'[image] ssh = default' \
		'[image] cacheTo = "type=registry,ref=evil.example/x"' \
		'[image] cacheFrom = evil.example/x' \
		'[image] builder = classic' '[image] frontend = builtin'; do
		cp "$BATS_TEST_TMPDIR/gitimage" .gitimage
		printf '%s\n' "${line/] /]$'\n\t'}" >>.gitimage
		commit "$line"
		must_fail 3 "a repository may (not set this|only name a secret)" git image make
		not_shown
	done
}

@test "a secret that somebody wrote where its source belongs is not shown" {
	commit first
	must_fail 2 "not shown" git image make --secret "id=npm,value=$value"
	not_shown
	must_fail 2 "" git image make --json --secret "id=npm,value=$value"
	not_shown
	must_fail 2 "not shown" git image make --secret "npm=$value"
	not_shown
	git config imageSecret.npm.from "$value"
	must_fail 3 "'imageSecret.npm.from': .*not shown" git image make
	not_shown
}

@test "a secret that the tree does not name is not given" {
	[ -n "$has_buildkit" ] || return 0
	mounts type=secret,id=other "/bin/busybox test ! -e /run/secrets/other"
	commit first
	git config imageSecret.npm.from env:NPM_TOKEN
	git config imageSecret.other.from env:NPM_TOKEN
	export NPM_TOKEN=$value
	must git image build
	matches "the notice" "$errors" "mounts the secret 'other', which image.secret does not name"
	sed -i 's/id=other/&,required=true/' Dockerfile
	commit second
	must_fail 4 "other" git image build
	not_shown
}

# An agent that answers each request by one of its own type plus one, and
# writes the types down.
agent() {
	exec perl -MIO::Socket::UNIX -e '
		my ($path, $log) = @ARGV;
		my $server = IO::Socket::UNIX->new(Local => $path, Listen => 9) or die;
		while (my $peer = $server->accept) {
			while (read $peer, my $head, 4) {
				read $peer, my $body, unpack("N", $head);
				open my $out, ">>", $log or die;
				print $out unpack("C", $body), "\n";
				close $out;
				syswrite $peer, pack("NC", 1, unpack("C", $body) + 1);
			}
		}' "$@"
}

# A program for the step: asks for keys, for all of them to be removed, and for keys
# again; it prints the types of the replies.
make_client() {
	cc -static -x c -o client - <<-'END'
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include <sys/socket.h>
		#include <sys/un.h>
		#include <unistd.h>

		int main(void)
		{
			struct sockaddr_un address = { .sun_family = AF_UNIX };
			const unsigned char types[] = { 11, 19, 11 };
			int fd = socket(AF_UNIX, SOCK_STREAM, 0);

			strcpy(address.sun_path, getenv("SSH_AUTH_SOCK"));
			if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
				return 1;
			for (int i = 0; i < 3; i++) {
				unsigned char data[5] = { 0, 0, 0, 1, types[i] };

				if (write(fd, data, 5) != 5 || read(fd, data, 5) != 5)
					return 2;
				printf("reply %d\n", data[4]);
			}
			return 0;
		}
	END
}

@test "an agent lists keys for a step, and is asked for nothing worse" {
	printf '[image "app"]\n' >.gitimage
	make_client
	sed -i 's|^COPY www.*|&\nCOPY client /client|' Dockerfile
	mounts type=ssh,required=true "/client >/replies && /bin/busybox cat /replies"
	commit first
	background agent "$BATS_TEST_TMPDIR/agent.sock" "$BATS_TEST_TMPDIR/asked"
	until_true test -S "$BATS_TEST_TMPDIR/agent.sock"
	must_fail 3 "SSH_AUTH_SOCK is not set" env -u SSH_AUTH_SOCK git image make --ssh default
	export SSH_AUTH_SOCK=$BATS_TEST_TMPDIR/agent.sock
	if [ -z "$has_buildkit" ]; then
		must_need_buildkit "ssh 'default'" git image build --ssh default
		return
	fi
	must git image build --ssh default --progress plain
	is "what it was asked" "$(xargs <"$BATS_TEST_TMPDIR/asked")" "11 11"
	matches "the replies" "$errors" "reply 12.*reply 5.*reply 12"
	must_fail 4 "ssh|SSH" git image build --no-cache
}

@test "a base comes from a registry that demands a login" {
	[ "$E2E_ENGINE_NAME" != podman ] || return 0 # it builds from none without TLS
	sed -i '/secret = npm/d' .gitimage
	git config --global image.app.repository "$E2E_REGISTRY_AUTH/$APP"
	put "$DOCKER_CONFIG/config.json" <<-END
	{"auths": {"$E2E_REGISTRY_AUTH": {"auth": "$(printf '%s:%s' "$E2E_REGISTRY_USER" \
		"$E2E_REGISTRY_PASSWORD" | base64 -w0)"}}}
	END
	commit base
	must git image release
	engine_api DELETE "/images/$E2E_REGISTRY_AUTH/$APP:latest"
	engine_api DELETE "/images/$E2E_REGISTRY_AUTH/$APP:$(sha7)"
	git config --global image.app.repository "$REPOSITORY"
	change second
	put Dockerfile <<-END
	FROM $E2E_REGISTRY_AUTH/$APP:$(sha7)
	COPY www /www
	END
	commit second
	mv "$DOCKER_CONFIG/config.json" "$BATS_TEST_TMPDIR"
	must_fail 7 "$APP" git image build
	mv "$BATS_TEST_TMPDIR/config.json" "$DOCKER_CONFIG"
	must git image build --json
	[[ $output$errors != *"$E2E_REGISTRY_PASSWORD"* ]]
}
