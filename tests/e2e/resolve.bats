#!/usr/bin/env bats
# engines: none
# What is in a registry: whether it is there, and of which commit it is, whoever
# made it and whatever pushed it.
load lib/helper
load lib/peer

sha_a=aaaaaaa5b6a79880f1e2d3c4b5a69788f1e2d3c0
sha_b=bbbbbbb5b6a79880f1e2d3c4b5a69788f1e2d3c0

# tiny_service DIR: a service that needs no trial.
tiny_service() {
	service "$1"
	put Dockerfile <<-'END'
		FROM scratch
		COPY www /www
	END
	put .gitimage <<<'[image "app"]'
}

# push_by_docker NAME TAG: the image of the Dockerfile on stdin, by the engine.
push_by_docker() {
	build_image "$E2E_REGISTRY/$1:$2" &&
		engine_api POST "/images/$E2E_REGISTRY/$1/push?tag=$2" \
			-H "X-Registry-Auth: $(base64 <<<'{}')" >"$BATS_TEST_TMPDIR/push" &&
		[ -n "$(remote_digest "$1" "$2")" ]
}

# push_by_podman NAME TAG: the same, from a store of its own.
push_by_podman() {
	local folder=$BATS_TEST_TMPDIR/podman
	mkdir -p "$folder"
	cat >"$folder/Dockerfile"
	local podman=(env -u DOCKER_CONFIG podman --storage-driver vfs --root "$folder/root"
		--runroot "$SANDBOX_DIR/run")
	"${podman[@]}" build -q --isolation chroot -t "$E2E_REGISTRY/$1:$2" "$folder" >/dev/null &&
		"${podman[@]}" push -q --tls-verify=false "$E2E_REGISTRY/$1:$2"
}

# copy_by_skopeo FROM TO [OPTION...]: in the registry.
copy_by_skopeo() {
	local from=$1 to=$2
	shift 2
	skopeo copy -q --src-tls-verify=false --dest-tls-verify=false "$@" \
		"docker://$E2E_REGISTRY/$from" "docker://$E2E_REGISTRY/$to"
}

# push_config NAME CONFIG TAG...: one image without layers under all of them.
push_config() {
	local name=$1 config=$2 digest location tag
	shift 2
	digest=sha256:$(printf '%s' "$config" | sha256sum | cut -d' ' -f1)
	location=$(registry_api "$name/blobs/uploads/" -X POST -o /dev/null -D - | tr -d '\r' |
		sed -n 's/^[Ll]ocation: //p')
	curl -sS --fail -X PUT --data-binary "$config" "$location&digest=$digest" \
		-H 'Content-Type: application/octet-stream' || return
	for tag; do
		jq -cn --arg digest "$digest" --argjson size "${#config}" '{schemaVersion: 2,
			mediaType: "application/vnd.oci.image.manifest.v1+json", layers: [],
			config: {digest: $digest, size: $size,
			mediaType: "application/vnd.oci.image.config.v1+json"}}' |
			registry_api "$name/manifests/$tag" -X PUT --data-binary @- \
				-H 'Content-Type: application/vnd.oci.image.manifest.v1+json' ||
			return
	done
}

# config SHA [SOURCE]: an image's, of that commit.
config() {
	jq -cn --arg sha "SHA=$1" --arg source "${2-}" '{os: "linux", architecture: "amd64",
		config: {Env: [$sha], Labels: (if $source == "" then {} else
		{"org.opencontainers.image.source": $source} end)},
		rootfs: {type: "layers", diff_ids: []}}'
}

@test "exists says yes, no and unknown, by word and by exit code" {
	push_config "$APP" "$(config $sha_a)" latest aaaaaaa
	digest=$(remote_digest "$APP" latest)
	must git image exists "$REPOSITORY" "$REPOSITORY:aaaaaaa" "$REPOSITORY@$digest"
	is "the answers" "$output" "$REPOSITORY yes
$REPOSITORY:aaaaaaa yes
$REPOSITORY@$digest yes"
	is "what else is said" "$errors" ""
	must_fail 1 '^$' \
		git image exists "$REPOSITORY:aaaaaaa" "$REPOSITORY:none" "$REPOSITORY/none"
	is "the answers" "$output" "$REPOSITORY:aaaaaaa yes
$REPOSITORY:none no
$REPOSITORY/none no"
	must_fail 7 "no credentials for '$E2E_REGISTRY_AUTH' were found" \
		git image exists "$REPOSITORY:none" "$E2E_REGISTRY_AUTH/$APP"
	is "the answers" "$output" "$REPOSITORY:none no
$E2E_REGISTRY_AUTH/$APP unknown"
}

@test "a thousand references are a thousand answers, and the worst decides" {
	local references=() i
	push_config "$APP" "$(config $sha_a)" latest
	for ((i = 0; i < 990; i++)); do
		references+=("$REPOSITORY:t$i")
	done
	for ((i = 0; i < 10; i++)); do
		references+=("$REPOSITORY")
	done
	must_fail 1 '^$' git image exists "${references[@]}"
	is "the order" "$(cut -d' ' -f1 <<<"$output")" "$(printf '%s\n' "${references[@]}")"
	is "there are" "$(grep -c ' yes$' <<<"$output")" 10
	is "there are not" "$(grep -c ' no$' <<<"$output")" 990
	must_fail 7 "'$E2E_REGISTRY_AUTH/$APP:latest': " \
		git image exists "$E2E_REGISTRY_AUTH/$APP" "${references[@]}"
	must_fail 8 "'127.0.0.1:1/app:latest': " git image exists "${references[0]}" \
		"$E2E_REGISTRY_AUTH/$APP" 127.0.0.1:1/app "$REPOSITORY" 127.0.0.1:1/app
	is "of the same one twice" "$(grep -c 127.0.0.1:1/app: <<<"$errors")" 1
	must_fail 2 "'exists' needs more" git image exists
	must_fail 3 "'App' is no image" git image exists "$REPOSITORY" App
	is "the answers" "$output" ""
}

@test "an unreachable registry is no absence, and the others are answered" {
	push_config "$APP" "$(config $sha_a)" latest
	must_fail 8 "'127.0.0.1:1/app:latest': " \
		git image exists 127.0.0.1:1/app "$REPOSITORY" "$E2E_REGISTRY_AUTH/$APP"
	is "the answers" "$output" "127.0.0.1:1/app unknown
$REPOSITORY yes
$E2E_REGISTRY_AUTH/$APP unknown"
	matches "the other unknown" "$errors" "warning: '$E2E_REGISTRY_AUTH/$APP:latest': "
}

@test "exists --quiet has an exit code and nothing else" {
	push_config "$APP" "$(config $sha_a)" latest
	must git image exists --quiet "$REPOSITORY"
	is "what is said" "$output$errors" ""
	must_fail 1 '^$' git image exists -q "$REPOSITORY:none"
	is "what is said" "$output" ""
	must_fail 7 '^$' git image exists -q --json "$E2E_REGISTRY_AUTH/$APP"
	is "what is said" "$output" ""
}

@test "exists --json has digest and error" {
	push_config "$APP" "$(config $sha_a)" latest
	capture git image exists --json "$REPOSITORY" "$REPOSITORY:none" "$E2E_REGISTRY_AUTH/$APP"
	is "exit code" "$status" 7
	is "the answers" "$(events exists '.answer' | xargs)" "yes no unknown"
	is "the digest" "$(events exists '.digest // empty')" "$(remote_digest "$APP" latest)"
	is "the error" "$(events exists '.error // empty')" denied
}

@test "exists and resolve ask with the credentials that docker has" {
	local account=$E2E_REGISTRY_USER:$E2E_REGISTRY_PASSWORD
	mkdir -p "$DOCKER_CONFIG"
	jq -n --arg host "$E2E_REGISTRY_AUTH" --arg auth "$(printf %s "$account" | base64)" \
		'{auths: {($host): {auth: $auth}}}' >"$DOCKER_CONFIG/config.json"
	must_fail 1 '^$' git image exists "$E2E_REGISTRY_AUTH/$APP" "$E2E_REGISTRY_AUTH/$APP:a"
	must_fail 1 "the registry has no 'latest'" git image resolve "$E2E_REGISTRY_AUTH/$APP"
}

@test "exists costs Docker Hub no pull, and one token a repository" {
	local references=() name tag
	peer_start --personality hub --auth bearer --user "tester:secret word" --pulls 0
	mkdir -p "$DOCKER_CONFIG"
	jq -n --arg host "$PEER" --arg auth "$(printf 'tester:secret word' | base64)" \
		'{auths: {($host): {auth: $auth}}}' >"$DOCKER_CONFIG/config.json"
	for name in a b c; do
		peer_image "team/$name" latest $sha_a >/dev/null
		for tag in latest none v1 v2 v3 v4; do
			references+=("$PEER/team/$name:$tag")
		done
	done
	must_fail 1 '^$' git image exists "${references[@]}"
	is "there are" "$(grep -c ' yes$' <<<"$output")" 3
	is "there are not" "$(grep -c ' no$' <<<"$output")" 15
	is "the pulls" "$(peer_log | grep -c 'GET /v2/.*/manifests/' || true)" 0
	is "the tokens" "$(peer_log | grep -c 'GET /token')" 3
}

@test "what was released is resolved to its commit, with nothing pulled" {
	tiny_service app
	commit first
	must git image build
	must git image publish --untested
	digest=$(remote_digest "$APP" latest)
	engine_api DELETE "/images/$REPOSITORY:latest" >/dev/null
	engine_api DELETE "/images/$REPOSITORY:$(sha7)" >/dev/null
	must git image resolve "$REPOSITORY:latest"
	is "the reference" "$output" "$REPOSITORY:$(sha7)@$digest"
	must git image resolve "$REPOSITORY@$digest"
	is "by digest" "$output" "$REPOSITORY:$(sha7)@$digest"
	must git image resolve --env "$REPOSITORY"
	is "the variables" "$output" "APP_SHA=$(sha)
APP_TAG=$(sha7)
APP_DIGEST=$digest"
	is "what else is said" "$errors" ""
	is "the engine's tags" "$(local_tags "$REPOSITORY")" ""
}

@test "images that docker built say their commit by COMMIT_SHA" {
	printf 'FROM scratch\nENV COMMIT_SHA=%s\nCMD ["x"]\n' $sha_a | push_by_docker "$APP" latest
	must git image resolve "$REPOSITORY"
	digest=$(remote_digest "$APP" latest)
	is "the reference" "$output" "$REPOSITORY:aaaaaaa@$digest"
	matches "the warning" "$errors" "warning: '$REPOSITORY:aaaaaaa' does not exist"
	must copy_by_skopeo "$APP:latest" "$APP:aaaaaaa"
	must git image resolve "$REPOSITORY"
	is "the reference" "$output" "$REPOSITORY:aaaaaaa@$digest"
	is "what else is said" "$errors" ""
}

@test "images that podman built and skopeo copied say it by the label" {
	command -v podman >/dev/null || skip "podman is not installed"
	printf 'FROM scratch\nLABEL org.opencontainers.image.revision=%s\nCMD ["x"]\n' $sha_b |
		push_by_podman "$APP" bbbbbbb
	must copy_by_skopeo "$APP:bbbbbbb" "$APP:latest"
	must copy_by_skopeo "$APP:bbbbbbb" "$APP/copy:latest" --format v2s2
	must git image resolve --json "$REPOSITORY" "$REPOSITORY/copy"
	is "the commits" "$(events resolved .sha | sort -u)" "$sha_b"
	is "who says it" "$(events resolved .saidBy | sort -u)" org.opencontainers.image.revision
	is "the tags that are there" "$(events resolved .tagExists | xargs)" "true false"
}

@test "of an index the image for this machine is read" {
	push_config "$APP" "$(config $sha_a)" part
	registry_api "$APP/manifests/part" -H "Accept: $manifest_types" >manifest
	jq -cn --arg digest "$(remote_digest "$APP" part)" --argjson size "$(wc -c <manifest)" \
		'{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
		manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json",
		digest: $digest, size: $size,
		platform: {os: "linux", architecture: "amd64"}}]}' >index
	for tag in latest aaaaaaa; do
		registry_api "$APP/manifests/$tag" -X PUT --data-binary @index \
			-H 'Content-Type: application/vnd.oci.image.index.v1+json'
	done
	must git image resolve "$REPOSITORY"
	digest=sha256:$(sha256sum <index | cut -d' ' -f1)
	is "the reference" "$output" "$REPOSITORY:aaaaaaa@$digest"
	must git image exists "$REPOSITORY@$digest"
	must_fail 9 "'$REPOSITORY:aaaaaaa' holds another image of that commit" \
		git image resolve "$REPOSITORY:part"
	sed 's/"os":"linux"/"os":"unknown"/' index | registry_api "$APP/manifests/none" -X PUT \
		--data-binary @- -H 'Content-Type: application/vnd.oci.image.index.v1+json'
	must_fail 3 "'$REPOSITORY:none': it has no image that names its platform" \
		git image resolve "$REPOSITORY:none"
}

@test "another image under the tag of the commit is a conflict" {
	push_config "$APP" "$(config $sha_a)" latest
	push_config "$APP" "$(config $sha_a x)" aaaaaaa
	must_fail 9 "'$REPOSITORY:aaaaaaa' holds another image of that commit" \
		git image resolve "$REPOSITORY"
	is "the result" "$output" ""
	push_config "$APP" "$(config $sha_b)" aaaaaaa
	must_fail 9 "'$REPOSITORY:aaaaaaa' holds another image of $sha_b" \
		git image resolve --env "$REPOSITORY"
}

@test "images of one repository that are of different commits are told" {
	local one=https://git.example/team/one other=https://git.example/team/other
	push_config "$APP/a" "$(config $sha_a $one/)" latest aaaaaaa
	push_config "$APP/b" "$(config $sha_b $one.git)" latest bbbbbbb
	push_config "$APP/c" "$(config $sha_b $other)" latest bbbbbbb
	must git image resolve --env "$REPOSITORY/a" "$REPOSITORY/b" "$REPOSITORY/c"
	is "the commits" "$(grep -c _SHA= <<<"$output")" 3
	local a="'$REPOSITORY/a' is of commit aaaaaaa" b="'$REPOSITORY/b' of bbbbbbb"
	is "the warnings" "$(grep warning <<<"$errors")" "warning: $a and $b of one repository"
	must git image resolve "$REPOSITORY/a" "$REPOSITORY/c"
	is "what is said of two repositories" "$errors" ""
	push_config "$APP/d" "$(config $sha_a)" latest aaaaaaa
	push_config "$APP/e" "$(config $sha_b)" latest bbbbbbb
	must git image resolve "$REPOSITORY/d" "$REPOSITORY/a" "$REPOSITORY/e"
	matches "of those that do not say" "$errors" \
		"^warning: '$REPOSITORY/d' is of .*'$REPOSITORY/e' of bbbbbbb; neither names its"
}

@test "a variable has a name that every shell takes" {
	push_config "$APP/1my.app-v2__x" "$(config $sha_a)" latest aaaaaaa
	must git image resolve --env "$REPOSITORY/1my.app-v2__x"
	is "the names" "$(cut -d= -f1 <<<"$output" | xargs)" \
		"_1MY_APP_V2__X_SHA _1MY_APP_V2__X_TAG _1MY_APP_V2__X_DIGEST"
	(
		set -e
		eval "$output"
		is "the commit" "$_1MY_APP_V2__X_SHA" "$sha_a"
	)
}

@test "two references that would be one variable are refused" {
	must_fail 3 "would both be APP_SHA" \
		git image resolve --env "$REPOSITORY" "$E2E_REGISTRY_AUTH/$APP"
	matches "hint" "$errors" "hint: the last part of the name counts; --json names each in full"
	must_fail 3 "'$REPOSITORY/a.b' and '$REPOSITORY/a-b' would both be A_B_SHA" \
		git image resolve --env "$REPOSITORY/a.b" "$REPOSITORY/a-b"
	push_config "$APP" "$(config $sha_a)" latest aaaaaaa
	must git image resolve --env "$REPOSITORY" "$REPOSITORY:latest"
}

@test "nothing is printed unless all can be resolved" {
	push_config "$APP" "$(config $sha_a)" latest aaaaaaa
	must_fail 1 "cannot resolve '$REPOSITORY/none': the registry has no 'latest'" \
		git image resolve "$REPOSITORY" "$REPOSITORY/none"
	is "the result" "$output" ""
}

@test "longer and prefixed tags are found as the user has them" {
	push_config "$APP" "$(config $sha_a)" latest ${sha_a:0:12}
	git config --global image.shaLength 12
	must git image resolve "$REPOSITORY"
	matches "the reference" "$output" "^$REPOSITORY:${sha_a:0:12}@"
	is "what is said" "$errors" ""
	git config --global image.tagPrefix g
	push_config "$APP" "$(config $sha_a)" g${sha_a:0:12}
	must git image resolve "$REPOSITORY"
	matches "the reference" "$output" "^$REPOSITORY:g${sha_a:0:12}@"
}

@test "an image of this repository has the tags that .gitimage gives it" {
	local own="'$REPOSITORY/web:g${sha_a:0:12}'"
	git init -q work && cd work || return
	put .gitimage <<-END
		[image]
			shaEnv = GIT_SHA
		[image "web"]
			repository = $REPOSITORY/web
			shaLength = 12
			tagPrefix = g
	END
	commit first
	push_config "$APP/web" "$(config $sha_a | sed s/SHA=/GIT_SHA=/)" latest g${sha_a:0:12}
	push_config "$APP/other" "$(config $sha_b)" latest bbbbbbb
	for name in web "$REPOSITORY/web"; do
		must git image resolve "$name" "$REPOSITORY/other"
		is "the references" "$(sed 's/@.*//' <<<"$output" | xargs)" \
			"$REPOSITORY/web:g${sha_a:0:12} $REPOSITORY/other:bbbbbbb"
		[[ $errors != *"does not exist"* ]]
	done
	push_config "$APP/web" "$(config $sha_b | sed s/SHA=/GIT_SHA=/)" g${sha_a:0:12}
	must_fail 9 "$own holds another image of $sha_b" git image resolve "$REPOSITORY/web"
}

@test "who asks for references is not stopped by a repository that builds nothing" {
	git init -q "No Name" && cd "No Name" || return
	push_config "$APP" "$(config $sha_a)" latest aaaaaaa
	must git image resolve "$REPOSITORY"
	put .gitimage <<<'[image'
	commit broken
	must git image resolve "$REPOSITORY"
	matches "the notice" "$errors" \
		"^note: the images of this repository are not known: '.gitimage' in commit"
	is "the reference" "${output%@*}" "$REPOSITORY:aaaaaaa"
	must_fail 3 ".gitimage" git image resolve app
	must git image exists "$REPOSITORY"
	is "what is said" "$errors" ""
	put .gitimage </dev/null
	commit unnamed
	must git image resolve "$REPOSITORY"
	is "what is said" "$errors" ""
}

@test "the only image of a repository is called like the project, or the last part of that" {
	local name
	git init -q work && cd work || return
	git remote add origin https://git.example/team/app.git
	git commit -q --allow-empty -m first
	for name in app team/app; do
		must_fail 3 "no registry is set for 'team/app', an image of this repository" \
			git image exists "$name"
		matches "hint" "$errors" "'team/app:latest' would be that of Docker Hub"
	done
	git config --global image.registry "$E2E_REGISTRY"
	for name in app team/app; do
		must_fail 1 '^$' git image exists "$name"
		is "the answer" "$output" "$E2E_REGISTRY/team/app no"
	done
}

@test "in a repository it is said which image of Docker Hub is asked for" {
	git init -q work && cd work || return
	put .gitimage <<<'[image "web"]'
	commit first
	peer_start
	export https_proxy=http://$PEER GIT_IMAGE_REGISTRY=$E2E_REGISTRY/team
	must_fail 8 "note: 'wbe' is no image of this repository: that of Docker Hub is asked " \
		git image exists wbe
	matches "which" "$errors" "asked for, docker.io/library/wbe:latest"
	must_fail 8 "note: 'web:1f2e3d4' is of Docker Hub: that of this repository is in " \
		git image exists web:1f2e3d4
	matches "which" "$errors" "is in $E2E_REGISTRY/team/web"
	must_fail 8 "'docker.io/library/debian:13': " git image exists debian:13
	[[ $errors != *"of this repository"* ]]
	is "who was asked" "$(peer_log | sort -u)" "main CONNECT registry-1.docker.io:443 404"
}
