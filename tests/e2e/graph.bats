#!/usr/bin/env bats
# engines: none
# Which images a repository has, which stand on which, and what that means to commands.
load lib/helper

# file_image NAME LINE...: an image in the folder docker/NAME that holds a file.
file_image() {
	local folder=docker/$1
	shift
	put "$folder/file" <<<content
	printf '%s\n' "FROM scratch" "COPY file /file" "$@" | put "$folder/Dockerfile"
}

# family DIR: base <- app, and other; parents by configuration alone.
family() {
	git init -q "$1"
	cd "$1" || return
	file_image base
	file_image app
	file_image other
	put .gitimage <<-'END'
	[image]
	    folder = docker/*
	[image "app"]
	    parent = base
	END
	git config --global image.registry "$REPOSITORY"
	commit first
}

# built: names of images of this commit.
built() {
	local name
	for name in base app other; do
		if [[ " $(local_tags "$REPOSITORY/$name") " == *" $(sha7) "* ]]; then
			echo "$name"
		fi
	done | xargs
}

@test "a graph is printed as a tree and as JSON, without an engine" {
	family work
	export GIT_IMAGE_ENGINE=unix:///nowhere
	must git image graph
	is "tree" "$output" $'base\n└── app\nother'
	must git image graph app
	is "of one" "$output" $'base\n└── app'
	must git image graph --json
	is "images" "$(events graph '.images | map(.image) | join(" ")')" "base other app"
	is "parents" "$(events graph '.images[2].parents[0]')" "base"
	must git image graph --format github
	is "matrices" "$output" '{"levels":[{"image":["base","other"]},{"image":["app"]}]}'
	must git image graph --format gitlab other
	matches "pipeline" "$output" $'"image other":\n  extends: .git-image'
}

@test "make builds what the graph prints for it" {
	family work
	git image graph --format makefile >"$BATS_TEST_TMPDIR/images.mk"
	must make -f "$BATS_TEST_TMPDIR/images.mk" -j2 images COMMAND="build -q"
	is "built" "$(built)" "base app other"
}

@test "an image takes along what it stands on, and only its own name is the result" {
	family work
	must git image build app
	is "result" "$output" "$REPOSITORY/app:$(sha7)"
	is "built" "$(built)" "base app"
	must git image ref app
	is "reference" "$output" "$REPOSITORY/app:$(sha7)"
}

@test "a Dockerfile names its parents by name, by argument and by repository" {
	family work
	put .gitimage <<<$'[image]\n\tfolder = docker/*'
	printf '%s\n' "ARG ON=base" 'FROM $ON' "COPY --from=$REPOSITORY/other /file /other" |
		put docker/app/Dockerfile
	commit from
	must git image graph
	is "tree" "$output" $'base\n└── app (below other)\nother\n└── app'
	must git image build app
	is "built" "$(built)" "base app other"
	is "of one" "$(file_of "$REPOSITORY/app:$(sha7)" file)" content
	is "of the other" "$(file_of "$REPOSITORY/app:$(sha7)" other)" content
	is "nothing else" "$(image_layers "$REPOSITORY/app:$(sha7)" | wc -l)" 2
}

@test "only what changed since a commit is built, and what stands on it" {
	family work
	must git image build
	put docker/base/file <<<changed
	commit second
	must git image build --since HEAD~
	is "built" "$(built)" "base app"
	matches "said" "$errors" \
		"build other: not needed: .*: it has not changed since $(sha7 HEAD~)"
	must git image graph --since HEAD~ --format github
	is "matrices" "$output" '{"levels":[{"image":["base"]},{"image":["app"]}]}'
	put docker/app/file <<<changed
	commit third
	must git image build --since HEAD~
	is "with its parent" "$(built)" "base app"
}

@test "where nothing changed since a commit nothing is done" {
	family work
	put README <<<text
	commit second
	for command in build make release; do
		must git image "$command" --since HEAD~
		is "result" "$output" ""
	done
	is "built" "$(built)" ""
	must_fail 3 "error: --since v9: no commit 'v9' in the repository" \
		git image build --since v9
	must_fail 2 "error: '--since' compares commits, '--worktree' has none" \
		git image build --since HEAD --worktree
}

@test "images that stand on each other, and parents that are none, are refused" {
	family work
	put .gitimage <<-'END'
	[image]
	    folder = docker/*
	[image "app"]
	    parent = base
	[image "base"]
	    parent = other
	[image "other"]
	    parent = app
	END
	commit round
	must_fail 3 "error: images stand on each other: app -> base -> other -> app"$'\n'\
"hint: remove image.other.parent = app" git image make other app
	must_fail 3 "images stand on each other: app -> base" git image graph
	sed -i 's/parent = other/parent = bsae/' .gitimage
	commit unknown
	must_fail 3 "error: 'image.base.parent': no image 'bsae' in commit $(sha7)"$'\n'\
"hint: did you mean 'base'\?" git image status
	is "built" "$(built)" ""
}

@test "an image like another one differs in what it says itself" {
	family work
	file_image other "ARG WHO=none" 'LABEL who=$WHO'
	put .gitimage <<-'END'
	[image]
	    folder = docker/*
	[image "other"]
	    buildArg = WHO=other
	    label = kind=common
	[image "app"]
	    like = other
	    buildArg = WHO=app
	    context = docker/other
	END
	commit like
	must git image build app other
	is "own" "$(image_label "$REPOSITORY/app:latest" who)" app
	is "taken over" "$(image_label "$REPOSITORY/app:latest" kind)" common
	is "of the other" "$(image_label "$REPOSITORY/other:latest" who)" other
}

@test "of two folders of one name, or none, it is said which" {
	family work
	put more/app/Dockerfile <<<'FROM scratch'
	sed -i 's|folder = docker/\*|folder = */*|' .gitimage
	commit twice
	must_fail 3 \
		"error: image.folder: 'docker/app' and 'more/app' would both be the image 'app'" \
		git image graph
	sed -i 's|folder = .*|folder = nowhere/*|' .gitimage
	commit nowhere
	must_fail 3 \
		"error: image.folder: no folder 'nowhere/\*' of commit $(sha7) has a Dockerfile" \
		git image graph
}

@test "the name of an image of this repository is never one of Docker Hub" {
	family work
	git config --global --unset image.registry
	must_fail 3 "^error: no registry is set for 'base', an image of this repository" \
		git image exists base
	matches "hint" "$errors" "image.registry HOST/PATH; 'base:latest' would be that of"
	must_fail 3 "no registry is set for 'base', an image" git image resolve base
	git config --global image.registry "$REPOSITORY"
	must_fail 1 "" git image exists base
	is "asked" "$output" "$REPOSITORY/base no"
	must_fail 1 "cannot resolve '$REPOSITORY/base'" git image resolve base
	must git image build base
	must git image publish --untested base
	must git image exists base
	must git image resolve base
	is "resolved" "${output%@*}" "$REPOSITORY/base:$(sha7)"
	must_fail 1 "" git image exists "$REPOSITORY/app" base
	must_fail 3 "no image 'docker/app'" git image status docker/app
	matches "hint" "$errors" "did you mean 'app'"
}

@test "the log of an image that nobody knows is no empty one" {
	family work
	must git image log --image app
	must_fail 3 "^error: no image 'bsae' in commit $(sha7), nor on record before it" \
		git image log --image bsae
	matches "hint" "$errors" "did you mean 'base'"
	must git image ref base
}

@test "a base that cannot be had may be a slip for an image" {
	family work
	sed -i 's/FROM scratch/FROM bsae/' docker/other/Dockerfile
	commit slip
	must_fail 8 "bsae" git image build other
	matches "hint" "$errors" "hint: did you mean 'base', an image of this repository\?"
}
