#!/usr/bin/env bats
# Variants of one Dockerfile, the files that count, and children that stand on the very
# image that their parent has.
load lib/helper

# pair: a repository with an image "base" and an image "child" on it, below $PAIR.
pair() {
	PAIR=$E2E_REGISTRY/t$BATS_SUITE_TEST_NUMBER
	git init -q pair && cd pair || return
	git config --global image.registry "$PAIR"
	mkdir base child
	cp "$(command -v busybox)" base
	put base/Dockerfile <<-'END'
	FROM scratch
	COPY busybox /bin/busybox
	COPY one /one
	CMD ["/bin/busybox", "sleep", "100"]
	END
	put child/Dockerfile <<-'END'
	ARG FROM=base
	FROM ${FROM} AS first
	RUN ["/bin/busybox", "sh", "-c", "/bin/busybox cp /one /two; echo $SHA >/sha"]
	FROM \
	  $FROM
	COPY file /file
	RUN ["/bin/busybox", "touch", "/three"]
	COPY --from=first /two /two
	COPY --from=base /one /four
	END
	put .gitimage <<-'END'
	[image "base"]
	context = base
	[image "child"]
	context = child
	END
	echo one >base/one
	echo file >child/file
	commit first
}

# cached IMAGE: what its build says of its cache, such as "4 of 4 steps cached".
cached() {
	events step-done "select(.step == \"build\" and .image == \"$1\") | .detail"
}

# The names that a build takes are gone, and nothing dangles; but the stages of a classic
# builder do, which are its cache.
nothing_left() {
	is "names of bases" "$(local_tags git-image-base)" ""
	[ "$E2E_ENGINE_NAME" = podman ] || [ "${E2E_BUILDER-}" = classic ] ||
		is "dangling" "$(dangling_images)" ""
}

@test "a child stands on the very image of its parent" {
	pair
	must git image make
	base=$(image_layers "$PAIR/base:$(sha7)")
	is "its layers" "$(image_layers "$PAIR/child:$(sha7)" | head -n "$(wc -l <<<"$base")")" \
		"$base"
	for file in two four; do
		is "$file" "$(file_of "$PAIR/child:$(sha7)" $file)" one
	done
	is "SHA" "$(image_env "$PAIR/child:$(sha7)" SHA)" "$(sha)"
	is "no label of the parent" "$(image_label "$PAIR/child:$(sha7)" \
		org.opencontainers.image.title)" child
	nothing_left
	echo two >base/one
	commit parent
	must git image make --json
	is "two" "$(file_of "$PAIR/child:$(sha7)" two)" two
	nothing_left
}

@test "a child that is built again is all cached, though its parent has another stamp" {
	pair
	must git image make
	git commit -q --allow-empty -m empty
	git config --global image.child.buildArg UNUSED=1
	must git image build --json
	matches "cached" "$(cached child)" '^([0-9]+) of \1 steps cached$'
	nothing_left
	git commit -q --allow-empty -m empty
	git config --global image.child.buildArg UNUSED=2
	must git image build --json
	matches "cached" "$(cached child)" '^([0-9]+) of \1 steps cached$'
	nothing_left
}

@test "a child stands on a parent that was pulled, too" {
	pair
	must git image release base
	must git image build child
	layers=$(image_layers "$PAIR/base:$(sha7)")
	for name in child base; do
		for tag in "$(sha7)" latest; do
			engine_api DELETE "/images/$PAIR/$name:$tag" >/dev/null
		done
	done
	git commit -q --allow-empty -m empty
	must git image build
	matches "pulled" "$errors" "pull base: "
	is "its layers" "$(image_layers "$PAIR/base:$(sha7)")" "$layers"
	is "its layers" "$(image_layers "$PAIR/child:$(sha7)" | head -n "$(wc -l <<<"$layers")")" \
		"$layers"
	nothing_left
	git config --global image.child.buildArg UNUSED=1
	must git image build child --json
	matches "cached" "$(cached child)" '^([0-9]+) of \1 steps cached$'
	nothing_left
}

@test "a platform of a child stands on that platform of its parent" {
	pair
	own=$(engine_api GET /version | jq -r '"\(.Os)/\(.Arch)"')
	put child/Dockerfile <<<$'FROM base\nCOPY file /file\nCOPY --from=base one /two'
	git config --global image.platform "linux/s390x,$own"
	git config --global image.untestedPlatforms linux/s390x
	commit platforms
	# Podman would take the other platform's image from its cache.
	must git image build --no-cache
	for tag in "$(sha7)" "$(sha7)-linux-s390x"; do
		is "layers" "$(image_layers "$PAIR/child:$tag" | head -n 2)" \
			"$(image_layers "$PAIR/base:$tag")"
		is "two" "$(file_of "$PAIR/child:$tag" two)" one
	done
	is "architecture" "$(engine_api GET "/images/$PAIR/child:$(sha7)-linux-s390x/json" |
		jq -r .Architecture)" s390x
	nothing_left
}

@test "what the parent's name says elsewhere does not matter" {
	pair
	# Another image has the names that the Dockerfile could mean.
	build_image "base:latest" <<<$'FROM scratch\nLABEL other=1'
	must git image make
	is "four" "$(file_of "$PAIR/child:$(sha7)" four)" one
	engine_api DELETE /images/base:latest >/dev/null
}

@test "bases that are no parents are pulled by --pull, and parents are not looked for" {
	pair
	put .gitimage <<-'END'
	[image "base"]
	context = base
	[image "other"]
	context = base
	[image "child"]
	context = child
	END
	commit other
	must git image release other
	printf 'COPY --from=%s /one /five\n' "$PAIR/other:$(sha7)" >>child/Dockerfile
	engine_api DELETE "/images/$PAIR/other:$(sha7)" >/dev/null
	commit pulls
	must git image build child --pull
	matches "pull" "$errors" "pull child: $PAIR/other:$(sha7 HEAD~1)"
	is "five" "$(file_of "$PAIR/child:$(sha7)" five)" one
	nothing_left
}

@test "a build that fails leaves no name behind" {
	pair
	echo 'RUN ["/bin/busybox", "false"]' >>child/Dockerfile
	commit broken
	must_fail 4 "child" git image make
	is "names of bases" "$(local_tags git-image-base)" ""
}

@test "a build that was killed leaves a name that the next run removes" {
	pair
	sed -i 's/"touch", "\/three"/"sleep", "20"/' child/Dockerfile
	commit slow
	must git image build base
	background git image build child
	sleep 4
	# The classic builder takes IDs.
	[ "$E2E_ENGINE_NAME" = podman ] || [ "${E2E_BUILDER-}" = classic ] ||
		[ -n "$(local_tags git-image-base)" ]
	kill -9 "${children[-1]}"
	sed -i 's/"sleep", "20"/"touch", "\/three"/' child/Dockerfile
	commit quick
	must git image make
	nothing_left
}

@test "a base is replaced, and nothing else of the Dockerfile" {
	pair
	build_image "$PAIR/other:1" <<-'END'
	FROM scratch
	LABEL other=1
	END
	put .gitimage <<-'END'
	[image "app"]
	context = app
	[image "app-other"]
	context = app
	END
	printf '\tbase = %s\n' "$PAIR/other:1" >>.gitimage
	mkdir app
	put app/Dockerfile <<-'END'
	# FROM scratch
	ARG B=scratch
	FROM scratch AS none
	COPY Dockerfile /none
	FROM busybox \
	  AS here
	COPY . /files/
	END
	sed -i 's/FROM busybox/FROM '"${PAIR//\//\\/}"'\/app-base:1/' app/Dockerfile
	build_image "$PAIR/app-base:1" <<<$'FROM scratch\nLABEL mine=1'
	commit variants
	no_image="the stage begins with 'scratch', not with an image \(image\.base\)"
	must_fail 3 "^error: .*app/Dockerfile:3: $no_image" git image build app-other
	matches "the mend" "$errors" 'image.variantStage = here names a stage that does'
	printf '\tvariantStage = here\n' >>.gitimage
	commit stage
	must git image build
	is "base" "$(image_label "$PAIR/app:$(sha7)" mine)" 1
	is "base" "$(image_label "$PAIR/app:$(sha7)" other)" ""
	is "variant" "$(image_label "$PAIR/app-other:$(sha7)" other)" 1
	is "variant" "$(image_label "$PAIR/app-other:$(sha7)" mine)" ""
	is "the user's file" "$(file_of "$PAIR/app-other:$(sha7)" files/Dockerfile)" \
		"$(cat app/Dockerfile)"
	is "all is kept" "$(git status --porcelain)" ""
	is "keys" "$(git image key app app-other | sort -u | wc -l)" 2
}

@test "only the files that count are there" {
	pair
	put Dockerfile <<<$'FROM scratch\nCOPY . /files/'
	mkdir -p src/deep docs
	echo 1 >src/deep/a
	echo 2 >src/b
	echo 3 >docs/c
	echo src/b >.dockerignore
	put .gitimage <<-'END'
	[image "only"]
	files = only:src
	files = only:Dockerfile
	[image "allbut"]
	files = allbut:base child docs nowhere
	[image "nothing"]
	files = nothing
	dockerfile = Dockerfile.nothing
	END
	put Dockerfile.nothing <<<$'FROM scratch\nLABEL a=1\nWORKDIR /files'
	commit files
	must git image build
	matches "notice" "$errors" "image.files leaves out 'nowhere', which the context has not"
	is "only" "$(files_of only)" "Dockerfile src src/deep src/deep/a"
	is "allbut" "$(files_of allbut)" \
		".dockerignore .gitimage Dockerfile Dockerfile.nothing src src/deep src/deep/a"
	is "nothing" "$(files_of nothing)" ""
	before=$(git image key only)
	echo 4 >docs/c
	commit docs
	is "key" "$(git image key only)" "$before"
	echo 4 >src/deep/a
	commit src
	[ "$(git image key only)" != "$before" ]
}

# files_of IMAGE: what is below /files/ in it.
files_of() {
	local id
	id=$(create_container "$PAIR/$1:$(sha7)" '{"Cmd": ["x"]}') &&
		engine_api GET "/containers/$id/archive?path=/files" | tar -t |
		sed 's,^files/*,,; s,/$,,' | sort | xargs && remove_container "$id"
}

@test "a file that counts and is not there is an error" {
	pair
	git config --global image.files "only:base chidl"
	must_fail 3 "no 'base/base' in commit $(sha7) \(image\.files\)" git image build base
	git config --global image.files "only:base/*"
	must_fail 3 "no 'base/base/\*' in commit" git image build base
	git config --global image.files "only:.."
	must_fail 3 "'image.files': expected paths below the context's folder, not '..'" \
		git image build base
}

@test "the work tree is built the same" {
	pair
	must git image build --worktree
	tag=$(local_tags "$PAIR/child")
	is "four" "$(file_of "$PAIR/child:$tag" four)" one
	git config --global image.files allbut:nothing
	echo "new" >child/new
	must git image build --worktree
	nothing_left
}
