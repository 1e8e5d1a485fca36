#!/usr/bin/env bats
# An image is to be here: found, pulled or built; and what is pushed is a cache.
load lib/helper
load lib/peer

# versioned VERSION: the service is built in a folder of its own that has a version.
versioned() {
	service app
	mkdir -p web
	git mv -k Dockerfile busybox www web/ 2>/dev/null
	mv Dockerfile busybox www web/ 2>/dev/null
	git config --global image.app.context web
	echo "$1" >web/VERSION
}

# forget: the engine has no image of ours any more.
forget() {
	local tag
	for tag in $(local_tags "$REPOSITORY"); do
		engine_api DELETE "/images/$REPOSITORY:$tag" >/dev/null || return
	done
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
	is "dangling" "$(dangling_images)" ""
	must git image publish
}
