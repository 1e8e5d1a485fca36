#!/usr/bin/env bats
# The table of several images.
# engines: docker docker26c podman
load lib/helper

# three_images: "base", "web" on it, and "tool"; enters their repository.
three_images() {
	local name
	git init -q app && cd app || return
	for name in base web tool; do
		put $name/Dockerfile <<<$'FROM scratch\nCOPY file /\nCMD ["x"]'
		put $name/file <<<"$name"
		printf '[image "%s"]\n\tcontext = %s\n' $name $name >>.gitimage
		git config --global image.$name.repository "$REPOSITORY/$name"
	done
	put web/Dockerfile <<<"FROM $REPOSITORY/base"$'\nCOPY file /web\nCMD ["x"]'
	commit one
}

# rows: of the table, the key left out, blanks as one.
rows() {
	sed 1d <<<"$output" | awk '{ $2 = ""; print }' | tr -s ' '
}

# states: "IMAGE STATE" of the objects, on one line.
states() {
	jq -r 'select(.type == "status") | "\(.image) \(.state)"' <<<"$output" | xargs
}

# begin_of IMAGE: of its object, what one image has like many.
begin_of() {
	jq -c "select(.image == \"$1\") | [.image, .commit, .reference, .key]" <<<"$output"
}

@test "status shows several images as a table: key, state and why" {
	three_images
	must git image status
	matches "header" "$(head -1 <<<"$output")" '^image  key +state +reason$'
	is "rows" "$(rows)" "base build no image of its content is known
tool build no image of its content is known
web build no image of its content is known"
	must git image key
	is "keys" "$(cut -c8-19 <<<"$output" | sort)" \
		"$(git image status | awk 'NR > 1 { print $2 }' | sort)"
	must git image build tool
	must git image status
	is "rows" "$(rows)" "base build no image of its content is known
tool have no trial of it is on record
web build no image of its content is known"
	must git image build
	commit two --allow-empty
	must git image status --json
	is "states" "$(states)" "base stamp tool stamp web stamp"
	matches "reason" "$(jq -r 'select(.image == "web").reason' <<<"$output")" \
		"^nothing that goes in has changed since '$REPOSITORY/web:"
	many=$(begin_of web)
	must git image status --json web
	is "one" "$(begin_of web)" "$many"
	matches "one" "$many" "^\[\"web\",\"$(sha)\",\"$REPOSITORY/web:$(sha7)\",\"sha256:"
	must git image build
	echo changed >base/file
	commit three
	must git image status --json
	is "states" "$(states)" "base build tool stamp web build"
	must git image status tool
	matches "one image" "$output" "^$REPOSITORY/tool:$(sha7)  three"
	matches "what is next" "$output" \
		"'make' would stamp, tag and try it, without a build: nothing that goes in has"
	git config --global image.tool.target absent
	must git image status --commit HEAD~ tool
	matches "what is next" "$output" \
		"'make' would build, stamp, tag and try it again: the image .* of another target"
	git config --global --unset image.tool.target
	printf '[\n' >tool/.dockerignore
	commit four
	must git image status tool
	matches "what is next" "$output" "'make' would fail: .*tool/.dockerignore:1"
}

@test "what changed in any image's folder is said once, below the table" {
	three_images
	echo changed >tool/file
	echo new >web/new
	echo new >elsewhere
	unset CI
	must git image status
	matches "notice" "$errors" \
		"note: 2 files changed since $(sha7) are not in the images"
}

@test "the table says what is published from the ledger, and that it does" {
	three_images
	must git image build
	must git image publish --untested
	must git image status --json
	is "states" "$(states)" "base published tool published web published"
	is "published" "$(jq -r 'select(.image == "web") | .published, .tested' <<<"$output" |
		xargs)" "unknown no"
	is "digest" "$(jq -r 'select(.image == "web").digestOnRecord' <<<"$output")" \
		"$(remote_digest "$APP/web" "$(sha7)")"
}

@test "an engine that cannot be asked makes all unknown and nothing a no" {
	three_images
	must git image build base
	must env DOCKER_HOST=unix:///nowhere git image status --json
	is "states" "$(states)" "base unknown tool unknown web unknown"
	is "answers" "$(jq -r 'select(.image == "web") | .built, .tested' <<<"$output" | xargs)" \
		"unknown unknown"
	is "warnings" "$(jq -c 'select(.type == "warning")' <<<"$output" | wc -l)" 1
	is "reason" "$(jq -r 'select(.image == "web").reason' <<<"$output")" \
		"the engine cannot be asked"
}

@test "a tag of another commit is said in its row alone" {
	three_images
	build_image "$REPOSITORY/tool:$(sha7)" <<<$'FROM scratch\nENV SHA=0123\nCMD ["x"]'
	must git image status
	matches "rows" "$(rows)" "tool unknown '$REPOSITORY/tool:$(sha7)' holds commit 0123, not"
	matches "rows" "$(rows)" "web build no image of its content is known"
}
