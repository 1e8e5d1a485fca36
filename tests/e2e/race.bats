#!/usr/bin/env bats
# engines: none
# Two publishers at once: the later commit ends as :latest.
load lib/helper

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
