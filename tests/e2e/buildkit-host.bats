#!/usr/bin/env bats
# engines: docker26c
# --engine buildkit://HOST: builds there, keeps the images here. Only containerd's
# store lets dockerd export an image to us, as buildkitd does.
load lib/helper

test_setup() {
	background buildkitd "$BATS_TEST_TMPDIR/buildkitd"
	until_true test -S "$BATS_TEST_TMPDIR/buildkitd"
	git config --global image.engine "buildkit://$BATS_TEST_TMPDIR/buildkitd"
}

# layout FILTER: of the index.
layout() {
	jq -r "$1" "$XDG_STATE_HOME"/git-image/layouts/*/index.json
}

layout_names() {
	layout '.manifests[] | .annotations["org.opencontainers.image.ref.name"] // "(none)"' |
		sort | xargs
}


# The one file of the layout that begins so.
blob() {
	cat "$XDG_STATE_HOME"/git-image/layouts/*/blobs/sha256/"${1#sha256:}"
}

blobs() {
	ls "$XDG_STATE_HOME"/git-image/layouts/*/blobs/sha256
}

# A folder with a certificate that nobody has signed a daemon's with.
tls_folder() {
	mkdir -p "$BATS_TEST_TMPDIR/tls"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ca -days 2 \
		-keyout "$BATS_TEST_TMPDIR/key" -out "$BATS_TEST_TMPDIR/tls/ca.pem" 2>/dev/null
	echo "$BATS_TEST_TMPDIR/tls"
}

# trials: images and containers of ours on the engine that tries.
trials() {
	local_tags git-image-trial
	ours
}

@test "an image is built, stamped and published without Docker" {
	service app
	commit first
	must git image build
	is "names" "$(layout_names)" "$(tags "$REPOSITORY:$(sha7)" "$REPOSITORY:latest")"
	is "on the engine" "$(local_tags "$REPOSITORY")" ""
	must_fail 3 "no passing trial" git image publish
	must git image publish --untested
	is "published" "$(remote_env "$APP" "$(sha7)" SHA)" "$(sha)"
	is ":latest" "$(remote_digest "$APP" latest)" "$(remote_digest "$APP" "$(sha7)")"
	is "the same bytes" "$(remote_digest "$APP" latest)" "$(layout '.manifests[0].digest')"
	[[ $(ledger) == *'"untested":true'* ]]
}

@test "the same commit gives the same image, and nothing else stays" {
	service app
	commit first
	must git image build
	names=$(layout .)
	files=$(blobs)
	must git image build --pull
	is "index" "$(layout .)" "$names"
	is "blobs" "$(blobs)" "$files"
	change second
	commit second
	must git image build
	is "names" "$(layout_names)" "$(tags "$REPOSITORY:$(sha7)" "$REPOSITORY:$(sha7 HEAD^)" \
		"$REPOSITORY:latest")"
}

@test "without an engine for trials, make says that there was none" {
	service app
	commit first
	must git image make
	matches "progress" "$errors" "trial.*no engine to try it on"
	[[ $(ledger) != *trial* ]]
	must_fail 3 "runs no containers" git image test
	must_fail 3 "no passing trial" git image release
	must git image doctor
	matches "doctor" "$output" "ok +trials +no engine"
}

@test "an engine for trials that is none is found by a dry run and by doctor" {
	service app
	commit first
	must git image build
	git config --global image.trialEngine "$(git config image.engine)"
	must_fail 3 "runs no containers either" git image test
	git config --global image.trialEngine "unix://$BATS_TEST_TMPDIR/none"
	must_fail 8 "image.trialEngine: .*does not answer" git image make --dry-run
	must_fail 1 "checks" git image doctor
	matches "doctor" "$output" "AMISS trials +image.trialEngine: .*does not answer"
	git config --global image.trialEngine "$E2E_ENGINE"
	must git image release --dry-run
	matches "the plan" "$errors" "would load app.*would trial app.*would publish app"
	is "left behind" "$(trials)" ""
}

@test "the image is tried on another engine, and published as it was tried" {
	service app
	git config --global image.trialEngine "$E2E_ENGINE"
	commit first
	must git image release
	[[ $(ledger) == *'"result":"passed"'* ]]
	is "published" "$(remote_env "$APP" latest SHA)" "$(sha)"
	is "left behind" "$(trials)" ""
	is "dangling" "$(dangling_images)" ""
	must git image make
	matches "progress" "$errors" "already tested"
	change second
	commit second
	must git image make
	is "names" "$(layout_names)" "$(tags "$REPOSITORY:$(sha7)" "$REPOSITORY:latest")"
	is "left behind" "$(trials)" ""
}

@test "a failing test fails there too" {
	service app
	git config --global image.trialEngine "$E2E_ENGINE"
	git config --global image.test 'exit 3'
	commit first
	must_fail 6 "failed with exit code 3" git image make
	is "left behind" "$(trials)" ""
}

@test "two platforms are published as one index" {
	service app
	sed -i '/^RUN/d' Dockerfile
	git config --global image.app.platform linux/amd64,linux/arm64
	git config --global image.app.untestedPlatforms linux/amd64
	git config --global --add image.app.untestedPlatforms linux/arm64
	commit first
	must git image release
	is "tags" "$(remote_tags "$APP")" \
		"$(tags "$(sha7)" "$(sha7)-linux-amd64" "$(sha7)-linux-arm64" latest)"
	is "platforms" "$(registry_api "$APP/manifests/latest" \
		-H 'Accept: application/vnd.oci.image.index.v1+json' |
		jq -r '.manifests[].platform.architecture' | sort | xargs)" "amd64 arm64"
	is "names" "$(layout_names)" \
		"$(tags "$REPOSITORY:$(sha7)" "$REPOSITORY:$(sha7)-linux-arm64" \
			"$REPOSITORY:latest")"
}

@test "an inline cache is there after the stamp" {
	service app
	git config --global image.app.cacheTo inline
	commit first
	must git image build
	manifest=$(blob "$(layout '.manifests[0].digest')")
	is "SHA" "$(blob "$(jq -r .config.digest <<<"$manifest")" |
		jq -r '.config.Env[] | select(startswith("SHA="))')" "SHA=$(sha)"
	blob "$(jq -r .config.digest <<<"$manifest")" | jq -e '."moby.buildkit.cache.v0"' >/dev/null
}

@test "killed amid a build, the next run ends as if nothing had been" {
	service app
	printf 'RUN ["/bin/busybox", "sleep", "4711"]\n' >>Dockerfile
	commit first
	git-image build 2>/dev/null &
	until_true pgrep -f 'sleep 4711'
	kill -9 $!
	wait $! || true
	until_true eval '! pgrep -f "sleep 4711"'
	git reset -q --hard
	service ../other
	commit first
	must git image build
	is "names" "$(layout_names)" "$(tags "$REPOSITORY:$(sha7)" "$REPOSITORY:latest")"
	is "incoming" "$(ls "$XDG_STATE_HOME"/git-image/layouts/*/incoming)" ""
	is "blobs" "$(blobs | wc -l)" "$(($(layout '.manifests[0].digest' | xargs -I{} bash -c \
		"$(declare -f blob); blob {}" | jq '.layers | length') + 2))"
}

@test "killed amid a trial, the next run removes what it took there" {
	service app
	git config --global image.trialEngine "$E2E_ENGINE"
	git config --global image.test 'sleep 4712'
	commit first
	git-image make 2>/dev/null &
	until_true pgrep -f 'sleep 4712'
	kill -9 $!
	wait $! || true
	[ -n "$(local_tags git-image-trial)" ]
	git config --global image.test true
	must git image make
	is "left behind" "$(trials)" ""
}

@test "Ctrl-C ends the build in the daemon" {
	service app
	printf 'RUN ["/bin/busybox", "sleep", "4713"]\n' >>Dockerfile
	commit first
	git-image build 2>errors &
	until_true pgrep -f 'sleep 4713'
	kill -TERM $!
	status=0
	wait $! || status=$?
	is "exit code" "$status" 130
	until_true eval '! pgrep -f "sleep 4713"'
	is "names" "$(layout_names)" ""
}

@test "over TCP it is the same, without TLS only on loopback" {
	service app
	commit first
	port=$((20000 + RANDOM % 10000))
	background buildkitd "$port"
	until_true bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
	must git image build --engine "buildkit://127.0.0.1:$port"
	is "names" "$(layout_names)" "$(tags "$REPOSITORY:$(sha7)" "$REPOSITORY:latest")"
	must_fail 8 "BuildKit at buildkit://127.0.0.1:$port" \
		timeout 60 git image build --engine "buildkit://127.0.0.1:$port?tls=$(tls_folder)"
}

@test "a full disk here ends the build and says so" {
	mkdir -p "$SANDBOX_DIR/small"
	mount -t tmpfs -o size=300k tmpfs "$SANDBOX_DIR/small"
	service app
	commit first
	XDG_STATE_HOME=$SANDBOX_DIR/small must_fail 10 \
		"cannot write .*to '$SANDBOX_DIR/small/.*No space left" git image build
	matches "hint" "$errors" "XDG_STATE_HOME may name another folder"
	is "incoming" "$(ls "$SANDBOX_DIR"/small/git-image/layouts/*/incoming)" ""
}

@test "a daemon that is not there is named" {
	service app
	commit first
	must_fail 8 "BuildKit at buildkit:///nowhere" git image build --engine buildkit:///nowhere
	must_fail 3 "only 'tls=" git image build --engine 'buildkit://127.0.0.1?x=y'
}

@test "a build that takes too long is broken off in the daemon" {
	service app
	printf 'RUN ["/bin/busybox", "sleep", "4714"]\n' >>Dockerfile
	commit first
	must_fail 4 "did not end within" git image build --build-timeout 2s
	until_true eval '! pgrep -f "sleep 4714"'
}

@test "a child is built on what is published of its parent" {
	service app
	git config --global image.registry "$E2E_REGISTRY/t$BATS_SUITE_TEST_NUMBER"
	git config --global --unset image.app.repository
	rm .gitimage
	put .gitimage <<<$'[image "app"]\n[image "child"]\ncontext = child'
	put child/Dockerfile <<<$'FROM app\nRUN ["/bin/sh", "-c", "echo three >/three"]'
	commit first
	unpublished="'$E2E_REGISTRY/t[0-9]+/app:$(sha7)' is not published, and a BuildKit daemon"
	must_fail 3 "parent 'app': $unpublished takes images from registries alone" git image build
	matches "the mend" "$errors" "publish it first: git image release app"
	must git image publish --untested app
	must git image build child --json
	matches "the digest" "$output" "FROM $E2E_REGISTRY/t[0-9]+/app@sha256:"
}
