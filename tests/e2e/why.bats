#!/usr/bin/env bats
# engines: none
# What changed? The key and its inputs, why something is built, and the log of it all.
load lib/helper

# why [WORD...]: what it says below the first line of an image.
why() {
	git image why "$@" 2>&1 | tail -n +2 | sed 's/^  //'
}

@test "words of the wrong kind are told where they belong" {
	service app
	commit first
	must_fail 3 "app" git image log app
	matches "hint" "$errors" "hint: if it is an image: '--image app'"
	must_fail 3 "'1'" git image log -n 1
	matches "hint" "$errors" "hint: '--max-count 1' shows so many; -n is --dry-run"
	must_fail 3 "no image 'HEAD'" git image why HEAD
	matches "hint" "$errors" "as A..B: 'git image why HEAD\^\.\.HEAD'"
}

@test "the first input that differs is named, and what make would do" {
	service app
	commit first
	first=$(sha7)
	is "none on record" "$(why)" "no build of it is on record
'make' would build it: no image of its content is known"
	must git image make
	is "built" "$(why)" "the same since $first, the first build on record
'make' has nothing to build: already built"
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
'make' has nothing to build: already built"
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

# base_digest: of the image's only base.
base_digest() {
	git image key --explain | awk '$1 == "base" { print $3 }'
}

@test "a base is named with both digests, and no value of an argument is shown" {
	build_image "$APP-base" <<<$'FROM scratch\nLABEL a=1'
	service app
	sed -i "s|^FROM .*|FROM $APP-base|" Dockerfile
	put .dockerignore <<<.gitimage
	put .gitimage <<<$'[image "app"]\nbuildArg = TOKEN=hidden-one'
	commit first
	must git image build
	id=$(image_id "$APP-base")
	one=$(base_digest)
	build_image "$APP-base" <<<$'FROM scratch\nLABEL a=2'
	two=$(base_digest)
	[[ $one == sha256:* && $two == sha256:* && $one != "$two" ]]
	is "the base" "$(why | head -1)" \
		"not the same as in $(sha7): base $APP-base is now $two, and was $one"
	tag_image "$id" "$APP-base:latest"
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
	must git image build
	chmod +x base/one/file
	commit second
	because="parent middle: parent base: base/one/file has another mode"
	is "by the ledger" "$(why top)" "not the same as in $(sha7 HEAD^): $because
'make' would build it: no image of its content is known"
	is "A..B" "$(why HEAD^..HEAD top)" "not the same as in $(sha7 HEAD^): $because"
	git rm -q base/two
	commit third
	must git image why HEAD^.. top --json
	is "JSON" "$(jq -c 'select(.type == "why") |
		[.parents, .kind, .name, .change]' <<<"$output")" \
		'[["middle","base"],"files","base/two","removed"]'
}

# record REPOSITORY TEXT: a line of somebody on its HEAD.
record() {
	git -C "$1" notes --ref=image append --no-separator -m "$2" 2>/dev/null ||
		git -C "$1" notes --ref=image append -m "$2"
}

# lines REPOSITORY: what its HEAD has on record.
lines() {
	git -C "$1" notes --ref=image show | sed '/^$/d' | xargs
}

@test "two clones exchange their ledgers, and git push pushes what it did" {
	git init -q --bare hub.git
	git clone -q hub.git one 2>/dev/null
	cd one
	put Dockerfile <<<'FROM scratch'
	commit first
	must git push -q origin main
	cd ..
	git clone -q hub.git two
	must git -C one image init --ledger
	must git -C two image init --ledger
	must git -C two image init --ledger
	matches "again" "$output" "brings what 'origin' has on record, as before"
	is "once" "$(git -C two config --get-all remote.origin.fetch | grep -c notes)" 1
	# The remote has no ledger yet.
	must git -C one fetch
	must git -C one image ledger pull
	must_fail 3 "nothing is on record yet" git -C one image ledger push
	record one a
	must git -C one image ledger push
	record two b
	must git -C two fetch
	is "not overwritten" "$(lines two)" b
	must git -C two image ledger push
	is "joined" "$(lines two)" "a b"
	# Somebody is faster than each of the two, and nothing is lost.
	record one c
	record two d
	must git -C two image ledger push
	must git -C one fetch --prune
	must git -C one image log
	is "log joins" "$(lines one)" "a b c d"
	must git -C one image ledger push
	must git -C two image ledger pull
	is "both" "$(lines two)" "a b c d"
	is "the hub" "$(git -C hub.git rev-parse refs/notes/image)" \
		"$(git -C two rev-parse refs/notes/image)"
	# A plain push and fetch are as they were.
	cd one
	put other <<<1
	commit second
	is "pushed" "$(git push --porcelain | grep -c refs/)" 1
	cd ..
	rm two/.gitimage
	must git -C two pull -q
	is "pulled" "$(git -C two rev-parse HEAD)" "$(git -C one rev-parse HEAD)"
	must_fail 3 "no remote 'nowhere' in the repository" git -C one image ledger push nowhere
	git -C one remote add gone "$PWD/gone.git"
	must_fail 8 "cannot fetch the ledger: 'git fetch gone' failed" \
		git -C one image ledger pull gone
}

@test "clones that push their ledgers at the same time lose nothing" {
	git init -q --bare hub.git
	git clone -q hub.git first 2>/dev/null
	cd first
	put Dockerfile <<<'FROM scratch'
	commit first
	must git push -q origin main
	cd ..
	for i in 1 2 3 4; do
		git clone -q hub.git "clone$i"
		record "clone$i" "line-$i"
	done
	for i in 1 2 3 4; do
		(cd "clone$i" && git image ledger push >../"out$i" 2>&1; echo $? >"../code$i") &
	done
	wait
	is "codes" "$(cat code? | xargs)" "0 0 0 0" || { cat out?; return 1; }
	must git -C first image ledger pull
	is "lines" "$(lines first)" "line-1 line-2 line-3 line-4"
}

@test "init says what it finds and writes what can be read, never over another one" {
	git init -q new && cd new
	put services/web/Dockerfile <<<'FROM scratch'
	put tools/web/Dockerfile <<<'FROM scratch'
	put Dockerfile <<<'FROM scratch'
	put services/web/test.sh <<<true
	chmod +x services/web/test.sh
	git remote add origin https://secret:token@github.com/owner/app.git
	must git image init --dry-run
	[ ! -e .gitimage ]
	must git image init
	matches "registry" "$output" $'\nregistry    ghcr.io/owner\n'
	[[ $output != *token* ]]
	cp .gitimage ../written
	commit first
	must git image ref
	is "images" "$(git image ref 2>/dev/null | sed 's/:.*//' | sort | xargs)" \
		"new tools-web web"
	echo '# mine' >.gitimage
	must git image init
	is "kept" "$(<.gitimage)" "# mine"
	must_fail 2 "'origin': a remote is for --ledger" git image init origin
	git init -q --bare bare.git
	must_fail 3 "bare.git' has no work tree to look at" git -C bare.git image init
}

@test "the key is printed with what goes into it, and what is not known says why" {
	service app
	put .dockerignore <<<.gitimage
	put .gitimage <<-'END'
	[image "app"]
	buildArg = PORT=8000
	unhashedBuildArg = JOB=4711
	label = team=x
	secret = token
	END
	commit first
	export MY_TOKEN=hidden
	git config --global imageSecret.token.from env:MY_TOKEN
	must git image key
	matches "one line" "$output" '^sha256:[0-9a-f]{64}$'
	key=$output
	must git image key --explain
	is "inputs" "$(sed -E 's/[0-9a-f]{40,}/HEX/; s/  +/ /g; s/ $//' <<<"$output")" "sha256:HEX
 Dockerfile sha256:HEX
 files HEX
 platform $(engine_api GET /version | jq -r '"\(.Os)/\(.Arch)"')
 build arg PORT 8000
 label team x"
	must git image key --json --explain
	is "JSON" "$(jq -r 'select(.type == "key") | .key, (.inputs | length)' \
		<<<"$output" | xargs)" \
		"$key 5"
	# Neither the commit nor the machine counts, and no engine is needed.
	commit second --allow-empty
	DOCKER_HOST=unix:///nowhere must git image key
	is "the same" "$output" "$key"
	put .gitimage <<<$'[image "app"]\nbuildArg = PORT=8001'
	commit third
	must git image key
	[ "$output" != "$key" ]
	sed -i '1s|.*|FROM 127.0.0.1:9/none:1|' Dockerfile
	commit fourth
	must_fail 1 "the key of 'app' is not known before the build: neither the engine nor its \
registry says which digest the base image '127.0.0.1:9/none:1' has" git image key
	sed -i '1s|.*|FROM x:$TARGETARCH|' Dockerfile
	commit fifth
	must_fail 1 "a base image has a variable in its name that only the builder knows" \
		git image key
	is "A..B all the same" "$(why HEAD^..)" \
		"not the same as in $(sha7 HEAD^): Dockerfile changed"
	must_fail 3 "no commit 'nothing' in the repository" git image why nothing..
	must_fail 2 "'a...b': two commits are compared as A..B" git image why a...b
}

@test "log has a line a commit and image, and marks what others put on record" {
	service app
	commit first
	must git image make
	change two
	commit 'second: with a longer subject'
	must git image log
	is "rows" "$(sed -E 's/  +/|/g' <<<"$output")" "COMMIT|IMAGE|KEY|ID|TRIAL|PUBLISHED|SUBJECT
$(sha7)|-|-|-|-|-|second: with a longer subject
$(sha7 HEAD^)|app|$(git image key --commit HEAD^ | cut -c8-19)|$(image_id "$REPOSITORY:latest" |
		cut -c1-12)|passed|-|first"
	must git image release
	must git image log --max-count 1 --quiet
	matches "published" "$output" "^$(sha7) .* $(sha7),latest .*subject$"
	must git image log --since HEAD^ --quiet
	is "since" "$(wc -l <<<"$output")" 1
	must_fail 3 "error: no image 'other' in commit $(sha7), nor on record before it" \
		git image log --image other
	must git image log HEAD^ --json
	is "JSON" "$(jq -r 'select(.type == "log") | .commit, .image, .trial, .trialIsOwn' \
		<<<"$output" | xargs)" "$(sha HEAD^) app passed true"
	must env XDG_STATE_HOME="$HOME/other" git image log HEAD^ --quiet
	matches "a star" "$output" ' [0-9a-f]{12}\* .* passed\* '
	must_fail 2 "--max-count wants a whole number, not 'x'" git image log --max-count x
}

@test "a note that is too large to be read is as none, of this commit and of others" {
	service app
	commit first
	head -c 9000000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/large"
	git notes --ref=image add -F "$BATS_TEST_TMPDIR/large"
	change two
	commit second
	must git image log
	must git image why
	must git image build --dry-run
	must_fail 3 "hint: git notes --ref=image remove $(sha HEAD^) drops that note" \
		git image build --commit HEAD^
}
