#!/usr/bin/env bats
# engines: docker docker26c podman
# Published without the engine's push, an image is the same to everybody.
load lib/helper

test_setup() {
	git config --global image.publish direct
}

remote_manifest() {
	registry_api "$1/manifests/$2" -H "Accept: $manifest_types"
}

remote_config() {
	remote_manifest "$1" "$2" | jq -r .config.digest
}

# pull REF: by the engine, as its own client would.
pull() {
	if [ "$E2E_ENGINE_NAME" = podman ]; then
		engine_libpod "/images/pull?reference=$1&tlsVerify=false"
	else
		engine_api POST "/images/create?fromImage=${1%:*}&tag=${1##*:}"
	fi >"$BATS_TEST_TMPDIR/pull" && ! grep -F '"error"' "$BATS_TEST_TMPDIR/pull"
}

engine_libpod() {
	curl -sS --fail-with-body --max-time 60 --unix-socket "${E2E_ENGINE#unix://}" -X POST \
		"http://engine/v4.0.0/libpod$1"
}

# forget: every image of this test leaves the engine, its layers too.
forget() {
	local tag
	for tag in $(local_tags "$REPOSITORY"); do
		engine_api DELETE "/images/$REPOSITORY:$tag"
	done
	is "tags" "$(local_tags "$REPOSITORY")" ""
}

# runs REF: it starts, and has what was built.
runs() {
	local id
	id=$(create_container "$1") && start_container "$id" || return
	is "what it serves" "$(engine_api GET "/containers/$id/archive?path=/www/index.html" |
		tar -xO)" "$2"
	remove_container "$id"
}

# state_files: of a publication, in the folder for state.
state_files() {
	find "$XDG_STATE_HOME" -name 'temporary-*'
}

# A layer that compresses badly.
noise() {
	mkdir -p noise && openssl enc -aes-128-ctr -K 0 -iv 0 </dev/zero 2>/dev/null |
		head -c "$1" >noise/data
	echo 'COPY noise /noise' >>Dockerfile
}

@test "what was published is inspected, pulled and run" {
	service app
	change hello
	# Two layers that are empty, and so the same.
	printf 'RUN ["/bin/busybox", "true"%s]\n' '' ', "again"' >>Dockerfile
	commit first
	must git image release
	tested=$(image_id "$REPOSITORY:$(sha7)")
	layers=$(image_layers "$REPOSITORY:latest" | wc -l)
	is "its commit" "$(remote_env "$APP" latest SHA)" "$(sha)"
	is "layers" "$(remote_manifest "$APP" latest | jq '.layers | length')" "$layers"
	is "both tags" "$(remote_digest "$APP" latest)" "$(remote_digest "$APP" "$(sha7)")"
	must skopeo inspect --tls-verify=false "docker://$REPOSITORY:latest"
	is "seen by skopeo" "$(jq -r '.Env[] | select(startswith("SHA="))' <<<"$output")" \
		"SHA=$(sha)"
	must skopeo copy --insecure-policy --src-tls-verify=false "docker://$REPOSITORY:latest" \
		"oci:$BATS_TEST_TMPDIR/copy"
	forget
	must pull "$REPOSITORY:latest"
	is "the ID" "$(image_id "$REPOSITORY:latest")" "$tested"
	runs "$REPOSITORY:latest" hello
	is "left in the folder for state" "$(state_files)" ""
}

@test "another engine pulls it" {
	service app
	change hello
	commit first
	must git image release
	id=$(remote_config "$APP" latest)
	folder=$(mktemp -d /tmp/podman-XXXXXX) # Podman takes no long path
	must env -u DOCKER_CONFIG podman --root "$folder/root" --runroot "$folder/run" \
		pull --tls-verify=false "$REPOSITORY:latest"
	rm -rf "$folder"
	is "the ID" "sha256:$(tail -n 1 <<<"$output")" "$id"
}

@test "whichever way the layers go, it is the same image" {
	service app
	commit first
	must git image release
	tag_image "$REPOSITORY:latest" "$REPOSITORY-too:latest"
	must engine_api POST "/images/$REPOSITORY-too/push?tag=latest&tlsVerify=false" \
		-H 'X-Registry-Auth: e30='
	is "the configuration" "$(remote_config "$APP" latest)" "$(remote_config "$APP-too" latest)"
	git config --global image.publish engine
	digest=$(remote_digest "$APP" latest)
	must git image publish --json
	matches "what is said" "$output" "already published"
	is "the manifest" "$(remote_digest "$APP" latest)" "$digest"
}

# layers_of NAME TAG: the digests.
layers_of() {
	remote_manifest "$1" "$2" | jq -r '.layers[].digest'
}

@test "layers of a base in the same registry are mounted" {
	service base
	git config --global image.app.repository "$REPOSITORY-base"
	git config --global image.publish engine
	commit first
	must git image release
	base=$(layers_of "$APP-base" latest)
	cd .. && service app
	git config --global image.publish direct
	put Dockerfile <<-END
		ARG TAG=latest
		FROM $REPOSITORY-base:\$TAG
		COPY www /other
	END
	commit first
	must git image release --json
	is "layers of the base" \
		"$(layers_of "$APP" latest | head -n "$(wc -l <<<"$base")")" "$base"
	# Of these no byte went up.
	for layer in $base; do
		is "sent of $layer" "$(events progress "select(.subject == \"$layer\")")" ""
	done
}

media_types() {
	remote_manifest "$APP" latest | jq -r '.layers[].mediaType' | sort -u
}

@test "layers in zstd are pulled by engines that know it, and Docker is warned of" {
	service app
	# Podman remembers: whatever else has one of these layers would be pushed with
	# zstd from then on, under another configuration.
	head -c 16 /dev/urandom >>busybox
	echo "# $RANDOM$RANDOM" >>test
	text=hello$RANDOM$RANDOM
	change "$text"
	git config --global image.compression zstd
	commit first
	must git image release
	if [ "$E2E_ENGINE_NAME" = docker26c ]; then
		# It has compressed layers already.
		matches "media types" "$(media_types)" '^[a-z0-9./+-]*gzip$'
		return
	fi
	matches "the warning" "$errors" "Docker before 23"
	is "media types" "$(media_types)" "application/vnd.oci.image.layer.v1.tar+zstd"
	[ "$E2E_ENGINE_NAME" != docker ] || return 0
	forget
	must pull "$REPOSITORY:latest"
	runs "$REPOSITORY:latest" "$text"
	[ "$E2E_ENGINE_NAME" = podman ] || return 0
	# It pushes what it pulled with zstd as such, and rewrites the configuration for that.
	git config --global --unset image.compression
	git config --global image.publish auto
	change "$text again"
	commit second
	must git image make
	must git image publish
	matches "notice" "$errors" "the engine has pushed another image than it holds"
	is "media types" "$(media_types)" "application/vnd.oci.image.layer.v1.tar+gzip"
	is "ID" "$(remote_config "$APP" latest)" "sha256:$(image_id "$REPOSITORY:$(sha7)")"
	git config --global image.publish engine
	change "$text and again"
	commit third
	must_fail 9 "after the push, expected image sha256:" git image release
	matches "hint" "$errors" "image.publish = direct"
}

# amid_layer PID: it writes a layer into a file without a name.
amid_layer() {
	ls -l "/proc/$1/fd" | grep -q "$XDG_STATE_HOME/.*(deleted)"
}

# end_amid_layer SIGNAL: publishes until then; its exit code in $status.
end_amid_layer() {
	git-image publish >/dev/null 2>&1 3>&- &
	until_true amid_layer $!
	kill "-$1" $!
	status=0
	wait $! || status=$?
	is "left in the folder for state" "$(state_files)" ""
	is "tags" "$(remote_tags "$APP")" ""
}

@test "killed or interrupted amid a layer, nothing is left and the next run publishes" {
	service app
	noise 60M
	commit first
	must git image make
	end_amid_layer KILL
	is "exit code" "$status" 137
	end_amid_layer TERM
	is "exit code" "$status" 130
	must git image publish
	is "its commit" "$(remote_env "$APP" latest SHA)" "$(sha)"
}

@test "without room for a layer nothing is published" {
	service app
	noise 20M
	commit first
	must git image make
	mkdir "$BATS_TEST_TMPDIR/small"
	mount -t tmpfs -o size=4M tmpfs "$BATS_TEST_TMPDIR/small"
	cp -r "$XDG_STATE_HOME/." "$BATS_TEST_TMPDIR/small"
	XDG_STATE_HOME=$BATS_TEST_TMPDIR/small must_fail 10 \
		"cannot write a layer to '.*/small/git-image': No space left.*free some space" \
		git image publish
	umount "$BATS_TEST_TMPDIR/small"
	is "tags" "$(remote_tags "$APP")" ""
	must git image publish
}

@test "an engine that goes amid the export is said to be gone" {
	local request='/get '
	[ "$E2E_ENGINE_NAME" != docker26c ] || request=/grpc
	service app
	commit first
	must git image make
	background relay "$BATS_TEST_TMPDIR/socket" '' "$request" "$BATS_TEST_TMPDIR/held"
	until_true test -S "$BATS_TEST_TMPDIR/socket"
	DOCKER_HOST=unix://$BATS_TEST_TMPDIR/socket git image publish \
		>"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	publisher=$!
	until_true test -e "$BATS_TEST_TMPDIR/held"
	kill -9 "${children[0]}"
	status=0
	wait "$publisher" || status=$?
	is "exit code" "$status" 8
	matches "what is said" "$(<"$BATS_TEST_TMPDIR/out")" "the engine"
	is "tags" "$(remote_tags "$APP")" ""
}
