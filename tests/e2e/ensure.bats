#!/usr/bin/env bats
# engines: docker docker26c podman
# An image is to be here: found, pulled or built; and what is pushed is a cache.
load lib/helper
load lib/peer

# versioned VERSION: the service is built in a folder of its own that has a version.
versioned() {
	service app
	mkdir web
	mv Dockerfile busybox test www web
	git config --global image.app.context web
	git config --global image.ensure all
	echo "$1" >web/VERSION
}

# forget: the engine has no image of ours any more.
forget() {
	local tag
	for tag in $(local_tags "$REPOSITORY"); do
		engine_api DELETE "/images/$REPOSITORY:$tag" >/dev/null || return
	done
}

# names: of all images that the engine has of ours, also by digest.
names() {
	engine_api GET /images/json | jq -r --arg name "$REPOSITORY" \
		'.[] | (.RepoTags, .RepoDigests) // [] | .[] | select(startswith($name))'
}

# built, pulled: whether that was done, by the events in $output.
built() {
	grep -q '"type":"step-done","step":"build"' <<<"$output"
}

pulled() {
	grep -q '"type":"step-done","step":"pull"' <<<"$output"
}

how() {
	events ensured .how
}

key16() {
	git image key | sed 's/^sha256://' | cut -c1-16
}

@test "what is here is named, and nothing else is printed" {
	service app
	commit first
	must git image ensure
	is "output" "$output" "$REPOSITORY:$(sha7)"
	must git image ensure app --json
	is "how" "$(how)" local
	must git image ensure "$REPOSITORY:$(sha7)"
	is "output" "$output" "$REPOSITORY:$(sha7)"
	is "SHA" "$(image_env "$REPOSITORY:$(sha7)" SHA)" "$(sha)"
	is "published" "$(remote_tags "$APP")" ""
}

@test "what another machine has published is pulled and not built" {
	local before
	before=$(dangling_images | sort)
	service app
	commit first
	must git image release
	forget
	must git image ensure --json
	pulled
	! built
	is "how" "$(how)" pulled
	is "tags" "$(local_tags "$REPOSITORY")" "$(sha7)"
	is "SHA" "$(image_env "$REPOSITORY:$(sha7)" SHA)" "$(sha)"
	is "dangling" "$(dangling_images | sort)" "$before"
	must git image publish
	forget
	is "left" "$(names)" ""
}

@test "what was built is pushed under its content tag, and no other tag moves" {
	local before
	before=$(dangling_images | sort)
	versioned 1.2
	commit first
	must git image ensure app --json
	built
	is "how" "$(how)" built
	is "pushed" "$(events ensured .pushed)" true
	is "remote" "$(remote_tags "$APP")" "1.2-$(key16)"
	is "local" "$(local_tags "$REPOSITORY")" "$(tags latest "$(sha7)")"
	must git image ensure app --by content
	is "output" "$output" "$REPOSITORY:1.2-$(key16)"
	is "remote" "$(remote_tags "$APP")" "1.2-$(key16)"
	must_fail 3 "no passing trial" git image publish
	is "dangling" "$(dangling_images | sort)" "$before"
}

@test "content that another machine pushed is pulled, and stamped for the commit" {
	local before
	before=$(dangling_images | sort)
	versioned 1.2
	commit first
	must git image ensure
	first=$(sha)
	forget
	must git image ensure "$REPOSITORY:1.2-$(key16)" --json
	! built
	is "how" "$(how)" pulled
	is "SHA" "$(image_env "$REPOSITORY:1.2-$(key16)" SHA)" "$first"
	forget
	echo more >README.md
	commit docs
	must git image ensure --json
	pulled
	! built
	is "how" "$(how)" stamped
	is "SHA" "$(image_env "$REPOSITORY:$(sha7)" SHA)" "$(sha)"
	is "dangling" "$(dangling_images | sort)" "$before"
}

@test "what only claims to be the commit's is not taken" {
	service app
	commit first
	build_image "$REPOSITORY:$(sha7)" <<-END
	FROM scratch
	COPY Dockerfile /
	ENV SHA=$(sha)
	LABEL git-image.stamp=sha256:$(printf '%064d' 1) git-image.repository=$REPOSITORY
	END
	engine_api POST "/images/$REPOSITORY/push?tag=$(sha7)&tlsVerify=false" \
		-H 'X-Registry-Auth: e30=' >/dev/null
	forget
	must git image ensure --json
	is "how" "$(how)" built
	matches "warning" "$output" "'.*:$(sha7)' in the registry does not count: git-image did not"
	is "layers" "$(image_layers "$REPOSITORY:$(sha7)" | wc -l)" 4
}

@test "of two at once one builds, and the other has it" {
	service app
	commit first
	background git image ensure --json >../one
	must git image ensure --json
	wait "$!"
	is "how" "$( (how; jq -r 'select(.type == "ensured") | .how' ../one) | sort | xargs)" \
		"built local"
}

@test "each platform is had by itself" {
	service app
	for_two_platforms
	commit first
	# Podman would take the other platform's image from its cache.
	must git image release --no-cache
	forget
	must git image ensure
	is "output" "$output" "$(printf '%s\n' "$REPOSITORY:$(sha7)" \
		"$REPOSITORY:$(sha7)-linux-s390x")"
	matches "pulled" "$errors" 'pull.*pull'
	is "architecture" "$(engine_api GET "/images/$REPOSITORY:$(sha7)-linux-s390x/json" |
		jq -r .Architecture)" s390x
}

@test "nothing is pushed without a word of the user's" {
	versioned 1
	commit first
	git config --global --unset image.ensure
	must git image ensure
	is "remote" "$(remote_tags "$APP")" ""
	printf '\tensure = all\n' >>.gitimage
	commit second
	must_fail 3 "'image.app.ensure': a repository may not set this, only its user may" \
		git image ensure
}

@test "without a version nothing is pushed, and it is said" {
	service app
	git config --global image.ensure all
	commit first
	must git image ensure
	matches "notice" "$errors" "'app' is not pushed: it has no version"
	must git image ensure --by content
	is "output" "$output" "$REPOSITORY:latest-$(key16)"
	is "remote" "$(remote_tags "$APP")" ""
}

@test "the policy says whether a registry is asked and whether it is given anything" {
	versioned 1
	commit first
	must git image ensure --policy none
	is "remote" "$(remote_tags "$APP")" ""
	forget
	must git image ensure --policy pull-only
	is "remote" "$(remote_tags "$APP")" ""
	forget
	must git image ensure --policy push-only
	is "remote" "$(remote_tags "$APP")" "1-$(key16)"
	for policy in none push-only; do
		forget
		must git image ensure --json --policy $policy
		is "how, $policy" "$(how)" built
	done
	for policy in pull-only all; do
		forget
		must git image ensure --json --by content --policy $policy
		is "how, $policy" "$(how)" pulled
	done
	git config image.ensure none
	forget
	must git image ensure --json
	is "how, by configuration" "$(how)" built
	must_fail 2 "'--policy': expected all, pull-only, push-only or none, not 'some'" \
		git image ensure --policy some
}

@test "--force builds what is here, and pushes it again" {
	versioned 1
	commit first
	must git image ensure
	is "how" "$(git image ensure --json | jq -r 'select(.type == "ensured") | .how')" local
	must git image ensure --force --json
	built
	is "pushed" "$(events ensured .pushed)" true
	is "remote" "$(remote_tags "$APP")" "1-$(key16)"
}

@test "what does not hold what its tag says is neither taken nor overwritten" {
	versioned 1
	commit first
	must git image ensure
	first=1-$(key16)
	echo more >web/www/more
	commit second
	push_manifest "$APP" "$first" "1-$(key16)"
	must_fail 9 "'.*:1-$(key16)' in the registry holds sha256:.*, an image of other content" \
		git image ensure
	matches "warning" "$errors" "'.*:1-$(key16)' in the registry does not count"
	is "built all the same" "$(local_tags "$REPOSITORY" | grep -o "$(sha7)")" "$(sha7)"
	must git image ensure --force
	is "replaced" "$(remote_env "$APP" "1-$(key16)" SHA)" "$(sha)"
	push_manifest "$APP" "$first" "$(sha7)"
	forget
	must_fail 9 "'.*:$(sha7)' in the registry holds commit $(sha HEAD~), not $(sha)" \
		git image ensure
}

@test "a registry that does not answer is no registry without the image" {
	service app
	commit first
	git config --global image.app.repository 127.0.0.1:1/team/app
	must_fail 8 "not known whether the registry has it: '127.0.0.1:1/team/app:$(sha7)': " \
		git image ensure
	is "local" "$(local_tags 127.0.0.1:1/team/app)" ""
	must git image ensure --policy none
	is "output" "$output" "127.0.0.1:1/team/app:$(sha7)"
}

@test "an image of others is found or pulled, with and without a repository" {
	service app
	commit first
	must git image release
	forget
	mkdir ../outside && cd ../outside
	name=$REPOSITORY:$(git -C ../app rev-parse HEAD | cut -c1-7)
	must_fail 1 "'$name' is not here, and nothing may be pulled" \
		git image ensure --policy none "$name"
	must git image ensure "$name"
	is "output" "$output" "$name"
	must git image ensure --policy none "$name" --json
	is "how" "$(how)" local
	digest=$REPOSITORY@$(remote_digest "$APP" latest)
	must git image ensure "$digest"
	is "output" "$output" "$digest"
	must git image ensure "$REPOSITORY"
	is "output" "$output" "$REPOSITORY:latest"
	must_fail 1 "linux/s390x" git image ensure --platform linux/s390x "$REPOSITORY"
	must_fail 1 "cannot pull '$REPOSITORY:other': the engine: .*(manifest|not found)" \
		git image ensure "$REPOSITORY:other"
	must_fail 8 "cannot pull '127.0.0.1:1/a:1'" git image ensure 127.0.0.1:1/a:1
	must_fail 3 "'app' is no image of a repository: " git image ensure app
	matches "hint" "$errors" "'app:latest' would be that of a registry"
	must_fail 3 "upper case" git image ensure 127.0.0.1:1/A:1
	git init -q empty && cd empty
	must git image ensure "$name"
	git commit -q --allow-empty -m c
	must git image ensure "$name"
	is "output" "$output" "$name"
}

@test "a name that is none of ours is not taken for one of Docker Hub" {
	service app
	commit first
	must_fail 3 "no image 'ap' in commit $(sha7)" git image ensure ap
	is "local" "$(local_tags ap)" ""
}

@test "HASH pins an image, which is pulled and never built" {
	service app
	commit first
	must git image release
	digest=$(remote_digest "$APP" latest)
	forget
	mkdir pinned
	echo FROM none.example/none >pinned/Dockerfile
	echo "$digest" >pinned/HASH
	git config --global image.app.context pinned
	commit second
	must_fail 1 "'$REPOSITORY@$digest' is not here, and nothing may be pulled" \
		git image ensure --policy none
	must git image ensure --json
	is "how" "$(how)" pulled
	is "reference" "$(events ensured .reference)" "$REPOSITORY@$digest"
	must git image ensure --policy none
	is "output" "$output" "$REPOSITORY@$digest"
	: >pinned/HASH
	commit third
	must_fail 3 "'pinned/HASH' in commit $(sha7): it is empty" git image ensure
}

@test "a dry run does nothing and names nothing" {
	versioned 1
	commit first
	must git image ensure -n
	is "output" "$output" ""
	matches "plan" "$errors" "build"
	is "local" "$(local_tags "$REPOSITORY")" ""
	must git image ensure
	forget
	must git image ensure -n --by content
	matches "plan" "$errors" "pull '$REPOSITORY:1-$(key16)'"
	is "local" "$(local_tags "$REPOSITORY")" ""
}

@test "what is pinned is left alone by all else" {
	service app
	commit first
	must git image release
	digest=$(remote_digest "$APP" latest)
	forget
	mkdir -p docker/other
	mv Dockerfile busybox test www docker/other
	mkdir docker/base
	echo FROM none.example/none >docker/base/Dockerfile
	echo "$digest" >docker/base/HASH
	put .gitimage <<<$'[image]\nfolder = docker/*'
	git config --global --remove-section image.app
	git config --global image.base.repository "$REPOSITORY"
	git config --global image.other.repository "$REPOSITORY/other"
	commit second
	must git image ref base
	is "reference" "$output" "$REPOSITORY@$digest"
	must git image release
	is "output" "$output" "$(printf '%s\n' "$REPOSITORY@$digest" "$REPOSITORY/other:$(sha7)")"
	is "published" "$(remote_tags "$APP")" "$(tags latest "$(sha7 HEAD~)")"
	is "published" "$(remote_tags "$APP/other")" "$(tags latest "$(sha7)")"
	is "local" "$(local_tags "$REPOSITORY")" ""
	must git image make base
	is "output" "$output" "$REPOSITORY@$digest"
	must git image key base
	is "key" "$output" "$digest"
	must git image tags base
	is "tags" "$output" ""
	must git image status base
	matches "status" "$output" "'make' has nothing to do: it is pinned to its digest"
}

@test "the files of a folder name the image, and are checked" {
	service app
	mkdir -p docker/web
	mv Dockerfile busybox test www docker/web
	put .gitimage <<<$'[image]\nfolder = docker/*\nregistry = none.example'
	git config --global --remove-section image.app
	echo "$E2E_REGISTRY/${APP%/*}" >docker/web/REGISTRY
	echo 2.0 >docker/web/VERSION
	commit first
	web=$E2E_REGISTRY/${APP%/*}/web
	must git image ensure web --policy all
	is "output" "$output" "$web:$(sha7)"
	is "remote" "$(remote_tags "${APP%/*}/web")" "2.0-$(key16)"
	must git image release
	is "remote" "$(remote_tags "${APP%/*}/web")" "$(tags 2.0 "2.0-$(key16)" latest "$(sha7)")"
	first=$(sha)
	echo more >README.md
	commit second
	must git image release
	is "VERSION" "$(remote_env "${APP%/*}/web" 2.0 SHA)" "$(sha)"
	must git image release --commit "$first"
	is "VERSION" "$(remote_env "${APP%/*}/web" 2.0 SHA)" "$(sha)"
	printf '1\n2\n' >docker/web/VERSION
	commit third
	must_fail 3 "'docker/web/VERSION' in commit $(sha7): it holds more than one line" \
		git image ref
	printf 'a b' >docker/web/VERSION
	commit fourth
	where="'docker/web/VERSION' in commit $(sha7)"
	must_fail 3 "$where: 'image.web.version': expected a version that can be a tag" \
		git image ref
}

@test "what is pinned may be what another image stands on" {
	service app
	commit first
	must git image release
	digest=$(remote_digest "$APP" latest)
	forget
	mkdir -p docker/base docker/web
	echo FROM none.example/none >docker/base/Dockerfile
	echo "$digest" >docker/base/HASH
	printf 'FROM base\nLABEL mine=1\n' >docker/web/Dockerfile
	put .gitimage <<<$'[image]\nfolder = docker/*'
	git config --global --remove-section image.app
	git config --global image.base.repository "$REPOSITORY"
	git config --global image.web.repository "$REPOSITORY/web"
	commit second
	must_fail 1 "nothing may be pulled" git image ensure --policy none web
	must git image ensure web
	is "output" "$output" "$REPOSITORY/web:$(sha7)"
	is "base" "$(local_tags "$REPOSITORY")" ""
	web=$REPOSITORY/web:$(sha7)
	is "layers" "$(image_layers "$web")" "$(image_layers "$REPOSITORY@$digest")"
	key=$(git image key web)
	forget
	must git image build web --rebuild
	is "key" "$(git image key web)" "$key"
}

@test "what stands on a parent that was pulled has the key of that one" {
	service app
	mkdir -p docker/base docker/web
	mv Dockerfile busybox test www docker/base
	put docker/web/Dockerfile <<-'END'
	FROM base
	RUN ["/bin/busybox", "sh", "-c", "[ -z \"${SHA+set}\" ]"]
	END
	echo 1 >docker/web/VERSION
	put .gitimage <<<$'[image]\nfolder = docker/*'
	git config --global --remove-section image.app
	git config --global image.base.repository "$REPOSITORY"
	git config --global image.web.repository "$REPOSITORY/web"
	commit first
	must git image release base
	key=$(git image key web)
	git config --global image.base.metadata tools=2
	[ "$(git image key web)" != "$key" ]
	forget
	must git image ensure web --policy all
	is "remote" "$(remote_tags "$APP/web")" "1-$(cut -c8-23 <<<"$key")"
	is "base" "$(local_tags "$REPOSITORY")" "$(sha7)"
}

# stacked NAME [INSTRUCTION...]: in docker/NAME, on the image "base"; it has a version.
stacked() {
	local folder=docker/$1
	shift
	mkdir -p "$folder"
	echo 1 >"$folder/VERSION"
	printf '%s\n' "FROM base" "$@" >"$folder/Dockerfile"
}

# family: the images one, two and three stand on base.
family() {
	service app
	mkdir -p docker/base
	mv Dockerfile busybox test www docker/base
	stacked one 'RUN ["/bin/busybox", "touch", "/one"]'
	stacked two 'RUN ["/bin/busybox", "touch", "/two"]'
	stacked three 'RUN ["/bin/busybox", "touch", "/three"]'
	put .gitimage <<<$'[image]\nfolder = docker/*'
	git config --global --remove-section image.app
	git config --global image.registry "$REPOSITORY"
	git config --global image.jobs 3
	REPOSITORY=$REPOSITORY/base
}

# of NAME...: the references of the commit.
of() {
	printf "${REPOSITORY%/base}/%s:$(sha7)\n" "$@"
}

@test "several are had side by side, and named in the order asked for" {
	family
	commit first
	must git image ensure three one two --policy push-only
	is "output" "$output" "$(of three one two)"
	matches "crew" "$errors" "3 images, up to 3 at once"
	matches "sum" "$errors" "4 images: 4 done"
	for name in one two three; do
		matches "pushed" "$(remote_tags "$APP/$name")" "^1-[0-9a-f]{16}$"
		is "on base" "$(image_layers "$(of $name)" | head -4)" \
			"$(image_layers "$(of base)")"
	done
	is "SHA" "$(image_env "$(of base)" SHA)" "$(sha)"
	must git image ensure one base --json --by content
	is "how" "$(how | xargs)" "local local"
	for name in base one two three; do
		engine_api DELETE "/images/$(of $name)?force=1" >/dev/null
	done
	git image ensure -n two one 2>../plan
	is "parents of a dry run" "$(grep -c "build.*base" ../plan)" 1
	two=$E2E_REGISTRY/$APP/two:$(remote_tags "$APP/two")
	must git image ensure "$(of one)" "$two" three
	is "output" "$output" "$(of one; echo "$two"; of three)"
}

@test "one that fails leaves the others, and the first of them says how it ends" {
	family
	stacked two 'RUN ["/bin/busybox", "false"]'
	commit first
	must_fail 4 "image 'two': .*" git image ensure three two 127.0.0.1:1/a:1 one
	is "output" "$output" "$(of three one)"
	matches "warning" "$errors" "cannot pull '127.0.0.1:1/a:1'"
	matches "sum" "$errors" "4 images: 3 done, 1 failed \(two\)"
	must_fail 8 "cannot pull '127.0.0.1:1/a:1'" git image ensure 127.0.0.1:1/a:1 two one
	is "output" "$output" "$(of one)"
	matches "warning" "$errors" "image 'two': "
	echo "FROM scratch" >docker/base/Dockerfile
	echo "COPY none /" >>docker/base/Dockerfile
	commit second
	must_fail 4 "image 'base': " git image ensure one three
	is "output" "$output" ""
	matches "left out" "$errors" "three.*'base' failed"
}

@test "images of others are had side by side" {
	service app
	commit first
	must git image release --tag one --tag two
	name=$REPOSITORY:$(sha7)
	forget
	mkdir ../outside && cd ../outside
	must git image ensure "$REPOSITORY:two" "$name" "$REPOSITORY:one"
	is "output" "$output" "$(printf '%s\n' "$REPOSITORY:two" "$name" "$REPOSITORY:one")"
	is "tags" "$(local_tags "$REPOSITORY")" "$(tags one two "${name##*:}")"
	must_fail 1 "cannot pull '$REPOSITORY:none'" \
		git image ensure "$name" "$REPOSITORY:none" 127.0.0.1:1/a:1 "$REPOSITORY:one"
	is "output" "$output" "$(printf '%s\n' "$name" "$REPOSITORY:one")"
	matches "warning" "$errors" "cannot pull '127.0.0.1:1/a:1'"
}

@test "a BuildKit daemon builds what it cannot pull" {
	# Only there can one export an image to us.
	[ "$E2E_ENGINE_NAME" = docker26c ] || return 0
	background buildkitd "$BATS_TEST_TMPDIR/buildkitd"
	until_true test -S "$BATS_TEST_TMPDIR/buildkitd"
	versioned 1
	commit first
	must git image ensure
	must git image ensure --engine "buildkit://$BATS_TEST_TMPDIR/buildkitd" --json
	is "how" "$(how)" built
	is "remote" "$(remote_tags "$APP")" "1-$(key16)"
	git config --global image.engine "buildkit://$BATS_TEST_TMPDIR/buildkitd"
	must_fail 3 "cannot pull '$REPOSITORY:other': a BuildKit daemon only builds" \
		git image ensure "$REPOSITORY:other"
}
