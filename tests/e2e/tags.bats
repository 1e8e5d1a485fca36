#!/usr/bin/env bats
# Tags besides the SHA and :latest: what a release gives, and what it leaves alone.
# engines: none
load lib/helper

@test "a version gives its tags and those of its lines, and the branch moves" {
	service app
	git config --global image.app.tag semver
	git config --global --add image.app.tag '{branch}'
	commit first
	first=$(sha)
	git tag v1.2.3
	must git image release
	is "the tags" "$(remote_tags "$APP")" "$(tags "$(sha7)" 1 1.2 1.2.3 latest main)"
	change second
	commit second
	git tag v1.3.0-rc.1
	must git image release
	is "the tags" "$(remote_tags "$APP")" \
		"$(tags "${first:0:7}" "$(sha7)" 1 1.2 1.2.3 1.3.0-rc.1 latest main)"
	is "main" "$(remote_env "$APP" main SHA)" "$(sha)"
	is "1" "$(remote_env "$APP" 1 SHA)" "$first"
	git config --global image.app.version 1
	git config --global --add image.app.tag stable
	must git image tags --explain
	is "the rules" "$(awk '/^  / { print $1, $2 }' <<<"$output" | sort)" "$(sort <<-END
		$(sha7) image.shaLength
		1.3.0-rc.1 semver
		main {branch}
		stable image.tag
		1 image.version
		latest image.deploy
		{major}.{minor} semver
		{major} semver
	END
	)"
	matches "explanation" "$output" "git tag 'v1.3.0-rc.1' is a pre-release"
	git config --global --unset image.app.version
	git config --global --unset image.app.tag stable
	must git image release --commit "$first"
	is "main" "$(remote_env "$APP" main SHA)" "$(sha)"
}

@test "commits of one content share the tag of its key" {
	service app
	echo README.md >.dockerignore
	git config --global image.app.tag 'key-{key}'
	commit first
	first=$(sha7)
	must git image release
	key=$(image_label "$REPOSITORY:latest" git-image.key | cut -d: -f2 | cut -c1-16)
	is "the tags" "$(remote_tags "$APP")" "$(tags "$(sha7)" latest "key-$key")"
	echo more >README.md
	commit docs
	must git image release
	is "the tags" "$(remote_tags "$APP")" "$(tags "$first" "$(sha7)" latest "key-$key")"
	is "its commit" "$(remote_env "$APP" "key-$key" SHA)" "$(sha)"
}

@test "a release of a maintenance branch moves the tag of its line by version" {
	service app
	git config --global image.app.tag '{major}.{minor}'
	commit first
	git tag v1.2.0
	git checkout -q -b maintenance
	change fix
	commit fix
	git checkout -q main
	change second
	commit second
	git tag v1.2.1
	must git image release
	git checkout -q maintenance
	git tag v1.2.2
	must git image release
	is "1.2" "$(remote_env "$APP" 1.2 SHA)" "$(sha)"
}

@test "a fixed tag of another commit is a conflict, and nothing is published" {
	service app
	git config --global image.app.tag 'release-{date:%Y}'
	commit first
	must git image release
	first=$(sha)
	change second
	commit second
	must_fail 9 "release-2023' in the registry holds commit $first" git image release
	is "the tags" "$(remote_tags "$APP")" "$(tags "${first:0:7}" latest release-2023)"
}

@test "a prefix is part of the tag wherever it is made and read" {
	service app
	commit first
	must git image make
	git config --global image.app.tagPrefix sha-
	change second
	commit second
	must git image release
	is "ref" "$(git image ref)" "$REPOSITORY:sha-$(sha7)"
	is "the tags here" "$(local_tags "$REPOSITORY")" "$(tags latest "sha-$(sha7)")"
	is "the tags there" "$(remote_tags "$APP")" "$(tags latest "sha-$(sha7)")"
	must git image status
	matches "status" "$output" "published +yes"
	must git image make
	matches "nothing to do" "$errors" "already built"
}

# commit_number: HEAD again, at a time that gives it a short SHA that is a number to YAML.
commit_number() {
	until [[ $(sha7) =~ ^[0-9]+(e[0-9]+)?$ ]]; do
		commit_time=$((commit_time + 1))
		GIT_COMMITTER_DATE="@$commit_time +0000" git commit -q --amend --no-edit
	done
}

@test "of a short SHA that is a number to YAML is warned once, unless it has a prefix" {
	service app
	commit first
	commit_number
	must git image release
	is "warnings" "$(grep YAML <<<"$errors")" "warning: YAML reads the tag $(sha7) as a \
number: write it in quotes there, or set image.tagPrefix (sha- gives sha-$(sha7))"
	git config --global image.app.tagPrefix sha-
	must git image release
	is "the tags" "$(remote_tags "$APP")" "$(tags "$(sha7)" latest "sha-$(sha7)")"
	[[ "$errors" != *YAML* ]]
}

@test "on CI the head of a pull request has the tags, not the merge that was made of it" {
	service app
	git config --global image.app.tag '{branch}'
	commit first
	git checkout -q -b topic
	change topic
	commit topic
	git checkout -q -b merge main
	git merge -q --no-ff -m merge topic
	export CI_MERGE_REQUEST_IID=7 CI_COMMIT_SHA=$(sha)
	export CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=$(sha topic)
	export CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=topic
	must git image tags
	is "the tags" "$output" "$(printf "$REPOSITORY:%s\n" "$(sha7 topic)" topic latest)"
	matches "notice" "$errors" "head $(sha7 topic) of the pull request is meant, not $(sha7),"
	git clone -q --depth 1 "file://$PWD" ../shallow
	cd ../shallow
	must git image tags
	matches "the merge's tag" "$output" "$REPOSITORY:$(sha7)"
	head=$CI_MERGE_REQUEST_SOURCE_BRANCH_SHA
	matches "warning" "$errors" "its head ${head:0:7} is not here: git fetch origin $head"
}
