#!/usr/bin/env bats
# Nothing of others is touched.
load lib/helper

# commits N: that many more, each made.
commits() {
	local i
	for ((i = 1; i <= $1; i++)); do
		change "$commit_time"
		commit "$i"
		must git image make || return
	done
}

# inventory: every tag and container but ours, with its image.
inventory() {
	engine_api GET /images/json |
		jq -r '.[] | .Id as $id | .RepoTags // [] | .[] | "\(.) \($id)"' |
		grep -vE "^${REPOSITORY//./\\.}:([0-9a-f]{7}|latest) " | sort
	engine_api GET '/containers/json?all=1' |
		jq -r '.[] | "\(.Id) \(.ImageID) \(.State)"' | sort
}

@test "what is the user's stays, whatever command runs" {
	service app
	commit first
	must git image make
	tag_image "$REPOSITORY:latest" "$REPOSITORY:v1.0"
	tag_image "$REPOSITORY:latest" "$REPOSITORY:experiment"
	tag_image "$REPOSITORY:latest" "$REPOSITORY-other:$(sha7)"
	tag_image "$REPOSITORY:latest" "$E2E_REGISTRY/x$APP:$(sha7)"
	build_image "$REPOSITORY:abcdef1" <<<"FROM $REPOSITORY:latest
LABEL mine=yes"
	build_image "$APP-child:latest" <<<"FROM $REPOSITORY:latest
CMD [\"/bin/sh\"]"
	created=$(create_container "$REPOSITORY:v1.0")
	running=$(create_container "$APP-child:latest" '{"Cmd": ["/bin/sleep", "600"]}')
	start_container "$running" || true
	before=$(inventory)
	child=$(image_id "$REPOSITORY:abcdef1")
	for round in second third; do
		change "$round"
		commit "$round"
		for command in status make build test prune publish release doctor; do
			must git image "$command"
		done
	done
	is "what is there" "$(inventory)" "$before"
	is "a child image under a tag of our form" "$(image_id "$REPOSITORY:abcdef1")" "$child"
	remove_container "$created"
	remove_container "$running"
}

@test "an image that a container uses stays, and the report says why" {
	service app
	commits 1
	first=$(sha7)
	stopped=$(create_container "$REPOSITORY:$first")
	commits 1
	matches "tags" "$(local_tags "$REPOSITORY")" "$first"
	remove_container "$stopped"
	must git image prune --json
	is "removed" "$(events prune .subject)" "$REPOSITORY:$first"
	matches "tags" "$(local_tags "$REPOSITORY")" "latest"
}

@test "keep keeps that many further commits" {
	service app
	git config --global image.keep 1
	commits 3
	is "tags" "$(local_tags "$REPOSITORY")" \
		"$(tags latest "$(sha7)" "$(sha7 HEAD^)")"
}

@test "prune = never and CI keep everything" {
	service app
	git config --global image.prune never
	commits 2
	is "tags" "$(local_tags "$REPOSITORY" | wc -w)" 3
	git config --global --unset image.prune
	export CI=true
	commits 1
	is "tags" "$(local_tags "$REPOSITORY" | wc -w)" 4
	unset CI
	commits 1
	is "tags" "$(local_tags "$REPOSITORY" | wc -w)" 2
}

@test "prune --dry-run says what would go and removes nothing" {
	service app
	git config --global image.prune never
	commits 2
	before=$(local_tags "$REPOSITORY")
	must git image prune --dry-run
	matches "report" "$output$errors" "$REPOSITORY:$(sha7 HEAD^)"
	is "tags" "$(local_tags "$REPOSITORY")" "$before"
}
