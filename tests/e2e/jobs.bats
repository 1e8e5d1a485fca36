#!/usr/bin/env bats
# engines: docker podman
# Several images at once: each after those that it stands on, a failure stops no more
# than it must, and what breaks a run off leaves nothing behind.
load lib/helper

# image NAME PARENT [INSTRUCTION...]: in docker/NAME; without a parent, "", it has busybox.
image() {
	local folder=docker/$1 parent=$2
	shift 2
	mkdir -p "$folder"
	{
		if [ -n "$parent" ]; then
			echo "FROM $parent"
		else
			cp "$(command -v busybox)" "$folder"
			printf '%s\n' "FROM scratch" "COPY busybox /bin/busybox" \
				'RUN ["/bin/busybox", "ln", "-s", "busybox", "/bin/sh"]' \
				'CMD ["/bin/busybox", "sleep", "600"]'
		fi
		printf '%s\n' "$@"
	} >"$folder/Dockerfile"
}

# six DIR: base <- left <- top, tools <- right <- side.
six() {
	git init -q "$1"
	cd "$1" || return
	put .gitimage <<-'END'
	[image]
	folder = docker/*
	END
	image base ""
	image tools "" 'RUN echo tools >/tools'
	image left base 'RUN echo left >/left'
	image right tools 'RUN echo right >/right'
	image top left 'RUN echo top >/top'
	image side right 'RUN echo side >/side'
	git config --global image.registry "$REPOSITORY"
}

all_six="base left right side tools top"

# assert_made NAME...: they and no others have an image of the commit.
assert_made() {
	local name
	for name in $all_six; do
		if [[ " $* " == *" $name "* ]]; then
			is "tags of $name" "$(local_tags "$REPOSITORY/$name")" \
				"$(tags latest "$(sha7)")"
			is "SHA of $name" "$(image_env "$REPOSITORY/$name:$(sha7)" SHA)" "$(sha)"
		else
			is "tags of $name" "$(local_tags "$REPOSITORY/$name")" ""
		fi
	done
}

# assert_stands_on NAME PARENT: its layers begin with the parent's.
assert_stands_on() {
	local own parents
	own=$(image_layers "$REPOSITORY/$1:latest")
	parents=$(image_layers "$REPOSITORY/$2:latest")
	is "layers of $2 in $1" "${own:0:${#parents}}" "$parents"
}

assert_clean() {
	is "containers" "$(ours)" ""
	is "dangling images" "$(dangling_images | sort)" "$before"
}

@test "six images in three levels are made, each after its parent" {
	six app
	commit first
	before=$(dangling_images | sort)
	must git image make --jobs 3 --json
	assert_made $all_six
	assert_stands_on left base
	assert_stands_on top left
	assert_stands_on side right
	for pair in "base left" "left top" "tools right" "right side"; do
		read -r parent child <<<"$pair"
		is "order" "$(jq -r "select((.type == \"step-done\" and .step == \"record\" and
			.image == \"$parent\") or (.type == \"step-start\" and
			.step == \"build\" and .image == \"$child\")) | .image" \
			<<<"$output" | xargs)" "$parent $child"
	done
	is "crew" "$(events crew '"\(.total) \(.detail)"')" "6 up to 3 at once"
	assert_clean
	is "facts" "$(ledger | jq -r 'select(.kind == "trial") | .image' | sort | xargs)" \
		"$all_six"
	must git image make
	is "results" "$output" "$(printf "$REPOSITORY/%s:$(sha7)\n" base tools left right side top)"
	matches "end" "$errors" "note: 6 images: 6 done"
}

@test "a failure stops only what stands on it, and the rest is said" {
	six app
	image left base 'RUN echo no luck; false'
	commit first
	before=$(dangling_images | sort)
	must_fail 4 "error: image 'left': " git image make --jobs 4
	matches "left out" "$errors" "left out top: 'left' failed"
	matches "end" "$errors" \
		"note: 6 images: 4 done, 1 failed \(left\), 1 left out because of it"
	matches "log" "$errors" "  left \| no luck"
	is "results" "$output" "$(printf "$REPOSITORY/%s:$(sha7)\n" base tools right side)"
	assert_made base tools right side
	is "containers" "$(ours)" ""
	image left base 'RUN echo luck'
	commit second
	must git image make --jobs 4 --json
	assert_made $all_six
	is "built" "$(jq -r 'select(.type == "step-done" and .step == "build") | .image' \
		<<<"$output" | sort | xargs)" "left top"
}

@test "each of two failures is said, and the first by order is the error" {
	six app
	git config --global image.left.test "exit 3"
	git config --global image.right.ready "exec:exit 1"
	git config --global image.right.readyTimeout 1s
	commit first
	must_fail 6 "error: image 'left': " git image make -j 8
	matches "the other one" "$errors" "warning: image 'right': "
	matches "end" "$errors" \
		"4 images|6 images: 2 done, 2 failed \(left, right\), 2 left out because of them"
	is "containers" "$(ours)" ""
}

@test "one at a time is the order of the graph" {
	six app
	commit first
	must git -c image.jobs=1 image build --json
	is "order" "$(jq -r 'select(.type == "step-start" and .step == "build") | .image' \
		<<<"$output" | xargs)" "base tools left right side top"
	is "crew" "$(events crew .total)" ""
	must_fail 2 "jobs" git image build --jobs 65
}

@test "after kill -9 at any instant the same command comes to the same end" {
	six app
	commit 0
	start=$(date +%s%N)
	must git image make --jobs 4
	whole=$((($(date +%s%N) - start) / 1000000))
	before=$(dangling_images | sort)
	for delay in $(instants "$whole" "${E2E_KILLS:-3}"); do
		image base "" "RUN echo $delay >/base"
		image tools "" "RUN echo $delay >/tools"
		commit "$delay"
		timeout -s KILL "$delay" git-image make --jobs 4 >/dev/null 2>&1 || true
		must git image make --jobs 4
		assert_made $all_six
		assert_stands_on top left
		is "base" "$(file_of "$REPOSITORY/top:latest" base)" "$delay"
		assert_clean
	done
}

# interrupted COMMAND...: is told to end once two images have come to the step in $at.
interrupted() {
	local pid
	"$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	pid=$!
	two_have_begun() {
		[ "$(grep -c "$at" "$BATS_TEST_TMPDIR/err")" -ge 2 ]
	}
	until_true two_have_begun
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	errors=$(<"$BATS_TEST_TMPDIR/err")
}

@test "a signal ends builds and trials, and leaves nothing behind" {
	six app
	image base "" 'RUN sleep 100'
	image tools "" 'RUN sleep 101'
	commit first
	before=$(dangling_images | sort)
	at="RUN sleep"
	interrupted git-image make --jobs 4 --builder auto
	is "exit code" "$status" 130
	matches "end" "$errors" "6 images: 0 done, 6 interrupted"
	matches "error" "$errors" "error: interrupted"
	assert_made
	is "containers" "$(ours)" ""
	image base ""
	image tools ""
	git config --global image.ready "exec:false"
	commit second
	at="trial"
	interrupted git-image make --jobs 4
	is "exit code" "$status" 130
	is "containers" "$(ours)" ""
	git config --global --unset image.ready
	must git image make --jobs 4
	assert_made $all_six
	assert_clean
}

@test "a release makes all at once and publishes them as one set" {
	six app
	git config --global image.top.test false
	commit first
	must_fail 6 "image 'top'" git image release --jobs 4
	is "base" "$(remote_tags "$APP/base")" ""
	git config --global --unset image.top.test
	must git image release --jobs 4
	for name in $all_six; do
		is "$name" "$(remote_env "$APP/$name" latest SHA)" "$(sha)"
		is "$name" "$(remote_tags "$APP/$name")" "$(tags latest "$(sha7)")"
	done
	is "results" "$output" "$(printf "$REPOSITORY/%s:$(sha7)\n" base tools left right side top)"
}

@test "what a run under way stands on is not pruned by another one" {
	local first older
	git init -q work && cd work
	put .gitimage <<<$'[image]\nfolder = docker/*'
	git config image.registry "$REPOSITORY"
	image base ""
	image between "" 'RUN ["/bin/busybox", "sleep", "10"]'
	image child base 'RUN echo child >/child'
	commit first
	older=$(sha7)
	background git-image make --jobs 1 >"$BATS_TEST_TMPDIR/older" 2>&1
	first=$!
	until_true grep -q between "$BATS_TEST_TMPDIR/older"
	image base "" 'RUN echo second >/second'
	commit second
	must git image make base --json
	is "kept" "$(events keep "select(.subject == \"$REPOSITORY/base:$older\").detail")" \
		"a run that is under way needs it"
	wait "$first" || { cat "$BATS_TEST_TMPDIR/older"; false; }
	is "the child" "$(image_env "$REPOSITORY/child:$older" SHA)" "$(sha HEAD^)"
	must git image prune base
	is "tags of base" "$(local_tags "$REPOSITORY/base")" "$(tags latest "$(sha7)")"
}
