#!/usr/bin/env bats
# What changed? The key and its inputs, why something is built, and the log of it all.
load lib/helper

# why [WORD...]: what it says below the first line of an image.
why() {
	git image why "$@" 2>&1 | tail -n +2 | sed 's/^  //'
}

@test "the first input that differs is named, and what make would do" {
	service app
	commit first
	first=$(sha7)
	is "none on record" "$(why)" "no build of it is on record
'make' would build it: no image of its content is known"
	must git image make
	is "built" "$(why)" "the same since $first, the first build on record
'make' has nothing to build: its image is here"
	change two
	echo new >www/new.html
	commit second
	second=$(sha7)
	is "a file" "$(why)" "not the same as in $first: www/index.html changed, \
and 1 more file differs
'make' would build it: no image of its content is known"
	must git image make
	is "was built" "$(why)" "the same since $second, which was built since $first because \
www/index.html changed, and 1 more file differs
'make' has nothing to build: its image is here"
	commit empty --allow-empty
	is "the same" "$(why | head -1)" "the same since $second, which was built since $first \
because www/index.html changed, and 1 more file differs"
	[[ $(why | tail -1) == "'make' would stamp it: "* ]]
	is "an argument" "$(why --build-arg SECRET=1 | head -1)" \
		"not the same as in $second: build arg SECRET was added"
	echo '# more' >>Dockerfile
	commit Dockerfile
	is "the Dockerfile" "$(why | head -1)" "not the same as in $second: Dockerfile changed"
}

@test "a base is named with both digests, and no value of an argument is shown" {
	build_image "$APP-base" <<<$'FROM scratch\nLABEL a=1'
	service app
	sed -i "s|^FROM .*|FROM $APP-base|" Dockerfile
	put .dockerignore <<<.gitimage
	put .gitimage <<<$'[image "app"]\nbuildArg = TOKEN=hidden-one'
	commit first
	must git image build
	one=$(image_id "$APP-base")
	build_image "$APP-base" <<<$'FROM scratch\nLABEL a=2'
	is "the base" "$(why | head -1)" "not the same as in $(sha7): base $APP-base is now \
sha256:$(image_id "$APP-base"), and was sha256:$one"
	tag_image "$one" "$APP-base:latest"
	put .gitimage <<<$'[image "app"]\nbuildArg = TOKEN=hidden-two'
	commit second
	is "the argument" "$(why | head -1)" \
		"not the same as in $(sha7 HEAD^): build arg TOKEN changed"
	must git image why --json
	[[ $output != *hidden* ]]
	is "A..B" "$(why HEAD^..)" "not the same as in $(sha7 HEAD^): build arg TOKEN changed"
}

@test "a parent is named by what made it another one" {
	git init -q family && cd family
	put base/Dockerfile <<<$'FROM scratch\nCOPY . /'
	put base/one/file <<<1
	put base/two <<<2
	put middle/Dockerfile <<<$'FROM base\nCOPY . /middle/'
	put top/Dockerfile <<<$'FROM middle\nCOPY . /top/'
	put .gitimage <<-'END'
	[image "base"]
	context = base
	[image "middle"]
	context = middle
	[image "top"]
	context = top
	END
	git config --global image.registry "$E2E_REGISTRY/$APP"
	commit first
	chmod +x base/one/file
	commit second
	because="parent middle: parent base: base/one/file has another mode"
	is "A..B" "$(why HEAD^..HEAD top)" "not the same as in $(sha7 HEAD^): $because"
	git rm -q base/two
	commit third
	must git image why HEAD^.. top --json
	is "JSON" "$(jq -c 'select(.type == "why") |
		[.parents, .kind, .name, .change]' <<<"$output")" \
		'[["middle","base"],"files","base/two","removed"]'
}
