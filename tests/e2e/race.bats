#!/usr/bin/env bats
# engines: none
# Two publishers at once: the later commit ends as :latest.
load lib/helper
load lib/peer

@test "of two publications at once the later commit ends as :latest, in 20 rounds" {
	service app
	log=$BATS_TEST_TMPDIR/older
	put .gitimage <<<'[image "app"]'
	commit 0
	must git image build
	for ((i = 1; i <= 20; i++)); do
		commit "$i" --allow-empty
		must git image build
		# In every second round the older one has a start.
		background git-image publish --untested --commit HEAD^ >"$log" 2>&1
		older=$!
		[ $((i % 2)) = 0 ] || sleep "0.0$i"
		must git image publish --untested
		wait "$older" || { cat "$log"; false; }
		is ":latest in round $i" "$(remote_env "$APP" latest SHA)" "$(sha)"
		is ":<sha7> in round $i" "$(remote_digest "$APP" latest)" \
			"$(remote_digest "$APP" "$(sha7)")"
		commit "$i again" --allow-empty
		must git image build
	done
	is "containers" "$(ours)" ""
}

@test "an older commit whose write hung is said by status, and the next publication repairs it" {
	service app
	peer_start
	git config --global image.app.repository "$PEER/app"
	hung=$BATS_TEST_TMPDIR/hung
	commit 1
	must git image build
	commit 2 --allow-empty
	must git image build
	peer_script <<<"PUT */manifests/latest hold $hung"
	background git-image publish --untested --commit HEAD^ >"$BATS_TEST_TMPDIR/older" 2>&1
	older=$!
	until_true test -e "$hung.held"
	must git image publish --untested
	must git image status
	matches "status" "$output" ":latest +$(sha7) +this commit"
	: >"$hung"
	wait "$older"
	must git image status
	matches "status" "$output" \
		":latest +$(sha7 HEAD^) +an earlier commit than $(sha7), which was published: 'pub"
	must git image publish --untested
	must git image status
	matches "status" "$output" ":latest +$(sha7) +this commit"
}
