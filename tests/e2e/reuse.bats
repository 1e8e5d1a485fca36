#!/usr/bin/env bats
# engines: docker docker26c podman
# A commit that changes nothing costs nothing: what is there is stamped again.
load lib/helper

# Whether something was built.
built() {
	[ -z "$(events step-skip 'select(.step == "build") | .detail')" ]
}

# Why nothing was built.
why_not_built() {
	events step-skip 'select(.step == "build") | .detail'
}

# docs TEXT: a commit that changes nothing that a build reads.
docs() {
	echo "$1" >README.md
	commit "$1"
}

# app_with_docs: the service, without its README in the build.
app_with_docs() {
	service app
	echo README.md >.dockerignore
}

# forget_images: the engine has none of the repository any more.
forget_images() {
	local tag
	for tag in $(local_tags "$REPOSITORY"); do
		engine_api DELETE "/images/$REPOSITORY:$tag"
	done
}

# replace_ledger COMMIT FILTER: its facts become what jq makes of them.
replace_ledger() {
	ledger "$1" | jq -c "$2" >"$BATS_TEST_TMPDIR/lines"
	git notes --ref image add -f -F "$BATS_TEST_TMPDIR/lines" "$1" 2>/dev/null
}

# The config of an image, what names its commit apart.
config_of() {
	engine_api GET "/images/$1/json" | jq -S '{ c: .Config, l: .RootFS } |
		del(.c.Image, .c.Hostname, .c.Labels["org.opencontainers.image.revision",
			"org.opencontainers.image.created", "org.opencontainers.image.version",
			"org.opencontainers.image.ref.name", "git-image.stamp"]) |
			.c.Env |= map(select(startswith("SHA=") | not))'
}

@test "what .dockerignore drops builds nothing, and the SHA is the commit's all the same" {
	service app
	echo README.md >.dockerignore
	commit first
	must git image make
	for text in one two three; do
		echo $text >README.md
		commit $text
		must git image make --json
		! built
		is "SHA" "$(image_env "$REPOSITORY:latest" SHA)" "$(sha)"
	done
	# The containerd store tells no history before the image has run.
	[ "$E2E_ENGINE_NAME" != docker26c ] || return 0
	is "stamps" "$(engine_api GET "/images/$(image_id "$REPOSITORY:latest")/history" |
		jq '[.[] | select(.Comment == "git-image stamp")] | length')" 1
}

@test "anything that a build reads builds" {
	service app
	commit first
	must git image build
	chmod +x www/index.html
	commit mode
	must git image build --json
	built
	git mv www/index.html www/other.html
	commit name
	must git image build --json
	built
	echo '# more' >>Dockerfile
	commit Dockerfile
	must git image build --json
	built
	commit empty --allow-empty
	must git image build --json
	! built
	commit empty --allow-empty
	must git image build --json --build-arg X=1
	built
	commit empty --allow-empty
	must git image build --json --no-cache
	built
}

@test "an image that is stamped again equals one that is built" {
	service app
	echo README.md >.dockerignore
	commit first
	must git image make
	echo more >README.md
	commit docs
	must git image make --json
	! built
	config_of "$REPOSITORY:latest" >"$BATS_TEST_TMPDIR/stamped"
	git config --global image.app.repository "$REPOSITORY-fresh"
	must git image make --json
	built
	config_of "$REPOSITORY-fresh:latest" | sed 's/-fresh"/"/' >"$BATS_TEST_TMPDIR/built"
	diff "$BATS_TEST_TMPDIR/stamped" "$BATS_TEST_TMPDIR/built"
}

tag_base() {
	engine_api POST "/images/$REPOSITORY:latest/tag?repo=$APP-base&tag=1"
}

@test "a base that changed builds, though its name is the same" {
	service app
	commit first
	must git image build
	tag_base
	git init -q ../child && cd ../child
	printf 'FROM %s\nLABEL of=child\n' "$APP-base:1" >Dockerfile
	git add -A && git commit -qm first
	must git image build --json
	built
	commit empty --allow-empty
	must git image build --json
	! built
	cd ../app
	echo other >www/index.html
	commit other
	must git image build
	tag_base
	cd ../child
	commit empty --allow-empty
	must git image build --json
	built
}

@test "a build that names the commit itself is made for each" {
	service app
	sed -i 's/^FROM scratch/&\nARG SHA/' Dockerfile
	commit first
	must git image build
	commit empty --allow-empty
	must git image build --json
	built
}

@test "content that was there before is found again, by the index or by the ledger" {
	app_with_docs
	git config --global image.prune never
	commit first
	first=$(sha7)
	must git image build
	for text in second third; do
		change $text
		commit $text
		must git image build
	done
	git checkout -q "$first" -- www && commit back
	must git image build --json
	matches "why" "$(why_not_built)" "since '.*:$first'"
	change fourth
	commit fourth
	must git image build
	git checkout -q "$first" -- www && commit again
	rm -r "$XDG_STATE_HOME/git-image/keys"
	must git image build --json
	matches "why" "$(why_not_built)" "since '.*'"
	is "SHA" "$(image_env "$REPOSITORY:latest" SHA)" "$(sha)"
}

@test "what somebody built on our image is not taken for it" {
	app_with_docs
	commit first
	must git image build
	build_image "$REPOSITORY:latest" <<<"FROM $REPOSITORY:$(sha7)
ENV DEBUG=1"
	is "its variable" "$(image_env "$REPOSITORY:latest" DEBUG)" 1
	docs second
	must git image build --json
	! built
	is "the variable" "$(image_env "$REPOSITORY:latest" DEBUG)" ""
}

@test "what was published is pulled and not built, and what it leaves is nothing" {
	app_with_docs
	commit first
	must git image release
	forget_images
	docs second
	dangling=$(dangling_images | sort)
	must git image make --json
	matches "why" "$(why_not_built)" "in the registry has the same content"
	is "SHA" "$(image_env "$REPOSITORY:latest" SHA)" "$(sha)"
	is "dangling images" "$(dangling_images | sort)" "$dangling"
	must git image release
	is ":latest" "$(remote_env "$APP" latest SHA)" "$(sha)"
}

@test "another clone and state folder find it by the tag of the content key" {
	app_with_docs
	git config --global image.app.tag '{key}'
	commit first
	must git image release
	forget_images
	git update-ref -d refs/notes/image
	export XDG_STATE_HOME=$HOME/.other
	docs second
	must git image make --json
	matches "why" "$(why_not_built)" "in the registry has the same content"
}

@test "a ledger that lies, or is stale, is found out, and the image is built" {
	app_with_docs
	commit first
	must git image release
	other=$(remote_digest "$APP" latest)
	key=$(image_label "$REPOSITORY:latest" git-image.key)
	id=sha256:$(image_id "$REPOSITORY:latest")
	change second
	commit second
	must git image release
	forget_images
	rm -r "$XDG_STATE_HOME/git-image/keys"
	# The first commit's line names the image of the second, which holds something else.
	digest=$(remote_digest "$APP" latest)
	replace_ledger HEAD^ "if .digest then .digest = \"$digest\" else . end"
	git checkout -q HEAD^ -- www && commit back
	must git image build --json
	built
	matches "notice" "$(events notice .text)" "its stamp does not match"
	forget_images
	rm -r "$XDG_STATE_HOME/git-image/keys"
	gone=sha256:$(printf '%064d' 1)
	replace_ledger HEAD^^ "if .digest then .digest = \"$gone\" else . end"
	git notes --ref image remove HEAD 2>/dev/null
	docs third
	must git image build --json
	built
	matches "notice" "$(events notice .text)" "the registry has no .* on record"
}

@test "a line that names another repository is never followed" {
	app_with_docs
	commit first
	must git image release
	forget_images
	replace_ledger HEAD 'if .reference then .reference = "other.invalid/x:1" else . end'
	docs second
	must git image build --json
	built
	is "notices" "$(events notice .text | grep -c other.invalid)" 0
}

@test "a registry that does not answer stops no build" {
	app_with_docs
	commit first
	must git image release
	forget_images
	docs second
	# Nobody listens there any more.
	moved='.reference |= sub("^[^/]*"; "127.0.0.1:1")'
	replace_ledger HEAD^ "if .reference then $moved else . end"
	git config --global image.app.repository "127.0.0.1:1/$APP"
	must git image build --json
	built
	matches "notice" "$(events notice .text)" "whether the registry has .* is not known"
}

@test "a branch reuses what the trusted one has built" {
	app_with_docs
	git config --global image.prune never
	git config --global image.trustedBranch main
	commit first
	git checkout -qb side
	git checkout -q main
	change second
	commit second
	second=$(sha7)
	must git image build
	change third
	commit third
	must git image build
	rm -r "$XDG_STATE_HOME/git-image/keys"
	git checkout -q side
	change second
	commit "second again"
	must git image build --json
	matches "why" "$(why_not_built)" "since '.*:$second'"
}

@test "--rebuild builds, and so does another argument for an image that is there" {
	app_with_docs
	commit first
	must git image build --json
	must git image build --json
	is "why" "$(why_not_built)" "already built"
	must git image build --json --rebuild
	built
	is "why" "$(why_not_built)" ""
	must git image build --json --build-arg PORT=1
	built
	matches "notice" "$(events notice .text)" "was made with another build arg 'PORT'"
	must git image build --json --build-arg PORT=1
	is "why" "$(why_not_built)" "already built"
	must git image build --json
	is "SHA" "$(image_env "$REPOSITORY:latest" SHA)" "$(sha)"
	git config --global --add image.app.metadata tools=2
	must git image build --json
	built
}

@test "an argument that does not count is given to the build and stands nowhere" {
	service app
	sed -i 's/^FROM scratch/&\nARG MIRROR\nLABEL mirror=$MIRROR/' Dockerfile
	commit first
	must git image build --json
	git config --global image.app.unhashedBuildArg MIRROR=hidden-value
	commit second --allow-empty
	must git image build --json
	! built
	commit third --allow-empty
	must git image build --json --rebuild
	is "the label" "$(image_label "$REPOSITORY:latest" mirror)" hidden-value
	! ledger | grep -q hidden-value
}

# tried: whether a trial ran.
tried() {
	[ -n "$(events step-start 'select(.step == "trial")')" ]
}

@test "the same content is tried again unless image.retest says otherwise" {
	app_with_docs
	commit first
	first=$(sha)
	must git image make
	docs second
	must git image make --json
	tried
	git config --global image.app.retest content
	docs third
	must git image build
	must git image status
	matches "foreseen" "$output" "'make' would not try it: the same content has passed"
	must git image make --json
	! tried
	must git image status
	matches "then" "$output" "'make' has nothing to do"
	is "the trial counts" "$(ledger | jq -r 'select(.kind == "trial") | .result + " " + .of')" \
		"passed $(sha HEAD^)"
	must git image publish
	# What comes out of a build is not known by what went in.
	must git image make --json --rebuild
	tried
	# The configuration is what makes it count.
	docs fourth
	must git image make
	git config --global image.app.retest always
	must_fail 3 "has no passing trial on record" git image publish
	must git image make --json
	tried
	# Other tests were never passed.
	git config --global image.app.retest content
	docs fifth
	git config --global image.app.test '["/bin/busybox", "true"]'
	must git image make --json
	tried
}

@test "what others published is reused once it is fetched, and their trials count for nothing" {
	app_with_docs
	git config --global image.app.retest content
	commit first
	must git image release
	# As git fetch leaves it on another machine.
	forget_images
	export XDG_STATE_HOME=$HOME/.other
	git update-ref refs/notes/remotes/origin/image refs/notes/image
	git update-ref -d refs/notes/image
	must git image build --dry-run
	is "ours" "$(git for-each-ref refs/notes/image)" ""
	must git image build --json
	matches "why" "$(why_not_built)" "in the registry has the same content"
	is "a trial" "$(ledger | jq -r 'select(.kind == "trial") | .result')" passed
	must_fail 3 "has no passing trial on record" git image publish
	docs second
	must git image make --json
	! built
	tried
	# Who has nothing to do pays nothing for what was fetched.
	tip=$(git rev-parse refs/notes/image)
	git update-ref refs/notes/remotes/origin/image \
		"$(git commit-tree -m more -p "$tip" "$tip^{tree}")"
	must git image make
	is "joined" "$(git rev-parse refs/notes/image)" "$tip"
}

@test "with image.retest = never only what was built now is tried, or never passed" {
	app_with_docs
	git config --global image.app.retest never
	commit first
	must git image build
	must_fail 3 "has no passing trial on record" git image publish
	must git image make --json
	tried
	docs second
	git config --global image.app.test '["/bin/busybox", "true"]'
	must git image make --json
	! tried
	is "the line" "$(ledger | jq -r 'select(.kind == "trial") | .result + " " + .of')" \
		"spared $(sha HEAD^)"
	must git image publish
	change third
	git config --global image.app.test '["/bin/busybox", "false"]'
	commit third
	must_fail 6 . git image make
	must_fail 6 . git image make
	docs fourth
	must_fail 6 . git image make
}

@test "two work trees at once build a key once" {
	app_with_docs
	sed -i 's|^FROM scratch|&\nENV slow=1|' Dockerfile
	commit first
	git worktree add -q ../second -b second
	docs main
	(cd ../second && echo other >README.md && commit other)
	(cd ../second && git-image build --json >"$BATS_TEST_TMPDIR/other" 2>&1) 3>&- &
	other=$!
	must git image build --json
	wait "$other"
	output+=$'\n'$(<"$BATS_TEST_TMPDIR/other")
	is "builds" "$(events step-done 'select(.step == "build") | .step' | grep -c .)" 1
	matches "why" "$(why_not_built)" "nothing that goes in has changed"
}

@test "who waits for a run that is killed builds by itself" {
	[ "${E2E_BUILDER-}" != classic ] || return 0
	app_with_docs
	commit first
	git worktree add -q ../second -b second
	background relay "$BATS_TEST_TMPDIR/relay.sock" "" "/images/load" "$BATS_TEST_TMPDIR/held"
	until_true test -S "$BATS_TEST_TMPDIR/relay.sock"
	background git-image build --engine "unix://$BATS_TEST_TMPDIR/relay.sock"
	killed=$!
	until_true test -e "$BATS_TEST_TMPDIR/held"
	(cd ../second && exec git-image build --json >"$BATS_TEST_TMPDIR/other" 2>&1) 3>&- &
	other=$!
	until_true grep -q "another run works on" "$BATS_TEST_TMPDIR/other"
	kill -KILL "$killed"
	wait "$other"
	output=$(<"$BATS_TEST_TMPDIR/other")
	built
	is "SHA" "$(image_env "$REPOSITORY:latest" SHA)" "$(sha)"
}

# draw COUNT: sets number to one below it, the same ones in each run.
draw() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	number=$((seed / 65536 % $1))
}

# draw_page: sets page to one of the files that are there.
draw_page() {
	local pages
	mapfile -t pages < <(find www -type f | sort)
	draw ${#pages[@]}
	page=${pages[number]}
}

# edit N: something at random, of what matters to a build and what does not.
edit() {
	local what
	draw 14
	what=$number
	draw_page
	draw "$1"
	case $what in
	0 | 1 | 2 | 3) echo "text $1" >README.md ;;
	4) echo "page $1" >"$page" ;;
	5) echo "page $1" >"www/page-$1" ;;
	6) git mv "$page" "www/moved-$1" ;;
	7) chmod $((number % 2 ? 755 : 644)) "$page" ;;
	8) echo "# $1" >>Dockerfile ;;
	9) echo "www/page-$number" >>.dockerignore ;;
	10) echo "nothing-$1" >>.dockerignore ;;
	11) git checkout -q "HEAD~$number" -- . ;;
	12) ln -sfn "target-$((number % 3))" www/link ;;
	13) git config image.app.buildArg "NUMBER=$((number % 3))" ;;
	esac
}

# state_of_image: all of it that does not depend on when it was made; after BuildKit its ID, too.
state_of_image() {
	local id=.Id
	[ "${E2E_BUILDER-}" != classic ] || id=null
	engine_api GET "/images/$REPOSITORY:$(sha7)/json" |
		jq -S "{ id: $id, config: .Config, layers: .RootFS } |
			del(.config.Image, .config.Hostname)"
}

# E2E_EDITS=500 is for an evening; E2E_SEED gives others.
@test "after random edits a reused image equals one that is built" {
	seed=${E2E_SEED:-$(engine_number)}
	service app
	printf '%s\n' 'FROM scratch' 'ARG NUMBER' 'LABEL number=$NUMBER' 'COPY . /app/' >Dockerfile
	printf '%s\n' README.md busybox >.dockerignore
	commit first
	must git image build
	reused=0 built=0
	for ((i = 1; i <= ${E2E_EDITS:-12}; i++)); do
		edit "$i"
		commit "edit $i" --allow-empty
		must git image build --json
		if built; then built=$((built + 1)); else reused=$((reused + 1)); fi
		state_of_image >"$BATS_TEST_TMPDIR/reused"
		must git image build --json --rebuild
		state_of_image >"$BATS_TEST_TMPDIR/built"
		diff "$BATS_TEST_TMPDIR/reused" "$BATS_TEST_TMPDIR/built" ||
			{ git show --stat; false; }
	done
	echo "# $reused reused, $built built" >&3
	[ "$reused" -gt 0 ] && [ "$built" -gt 0 ]
}
