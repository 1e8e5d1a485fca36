#!/usr/bin/env bats
# engines: none
# Several images of one release go out as a set: phase by phase, and whole again
# after a kill.
load lib/helper
load lib/peer

# two_services DIR: "web" and "worker", each in a repository of its own.
two_services() {
	service "$1"
	put .gitimage <<-'END'
	[image "web"]
	[image "worker"]
	END
	git config --global --remove-section image.app
	git config --global image.web.repository "$REPOSITORY/web"
	git config --global image.worker.repository "$REPOSITORY/worker"
}

# gate: passes every connection on to the registry. Requests are written to
# $gate.log; that for which $gate.at waits, "REGEX of one before, REGEX", kills the
# process of $gate.pid and goes nowhere.
gate() {
	exec perl -MIO::Socket -MIO::Select -e '
		$SIG{PIPE} = "IGNORE";
		my ($path, $target) = @ARGV;
		my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 9) or die;
		my $select = IO::Select->new($server);
		my (%peer, %is_near, $is_near_it, $data);
		sub file { open my $in, "<", "$path.$_[0]" or return ""; <$in> // "" }
		sub add { open my $out, ">>", "$path.$_[0]"; print $out $_[1] }
		sub judge {
			my ($line) = $_[0] =~ m{^([A-Z]+ /v2/[^\r]*) HTTP} or return 1;
			add("log", "$line\n");
			my ($before, $regex) = split /, /, file("at") or return 1;
			chomp $regex;
			$is_near_it = 1 if $line =~ /^$before/;
			return 1 unless $is_near_it && $line =~ /^$regex/;
			$is_near_it = 0;
			unlink "$path.at";
			add("killed", "$line\n");
			kill "KILL", file("pid");
			return 0;
		}
		add("port", $server->sockport . "\n");
		while (my @ready = $select->can_read) {
			for my $from (@ready) {
				if ($from == $server) {
					my $near = $server->accept;
					my $far = IO::Socket::INET->new(PeerAddr => $target) or die;
					@peer{$near, $far} = ($far, $near);
					$is_near{$near} = 1;
					$select->add($near, $far);
				} elsif (sysread($from, $data, 65536)
					&& (!$is_near{$from} || judge($data))) {
					syswrite $peer{$from}, $data;
				} else {
					$peer{$from}->shutdown(1);
					$select->remove($from);
				}
			}
		}' "$gate" "$E2E_REGISTRY"
}

# behind_gate: the two repositories are reached through a gate from here on.
behind_gate() {
	gate=$BATS_TEST_TMPDIR/gate
	background gate
	until_true test -s "$gate.port"
	git config --global image.web.repository "127.0.0.1:$(<"$gate.port")/$APP/web"
	git config --global image.worker.repository "127.0.0.1:$(<"$gate.port")/$APP/worker"
}

# killed_at POINT COMMAND...: kills it when it, or the engine for it, makes that
# request; fails if it ends before.
killed_at() {
	echo "$1" >"$gate.at"
	rm -f "$gate.killed"
	shift
	(echo "$BASHPID" >"$gate.pid" && exec "$@") >/dev/null 2>&1 3>&- &
	wait "$!" || true
	[ -e "$gate.killed" ]
}

journals() {
	find "$XDG_STATE_HOME/git-image/journals" -type f 2>/dev/null
}

# manifests: those that were put, in their order.
manifests() {
	grep -oE '^PUT [^ ]*/manifests/.*' "$gate.log" |
		sed -E "s#PUT /v2/$APP/##; s#manifests/##; s#sha256:.*#digest#" | xargs
}

@test "no tag is set before all blobs are there, no :latest before each :<sha7>" {
	two_services app
	commit first
	behind_gate
	must git -c image.publish=engine image release
	is "web" "$(remote_env "$APP/web" latest SHA)" "$(sha)"
	is "worker" "$(remote_env "$APP/worker" latest SHA)" "$(sha)"
	is "order" "$(manifests)" "web/$(sha7) worker/$(sha7) web/latest worker/latest"
	host=127.0.0.1:$(<"$gate.port")
	is "results" "$(xargs <<<"$output")" "$host/$APP/web:$(sha7) $host/$APP/worker:$(sha7)"
	is "journals" "$(journals)" ""
	: >"$gate.log"
	must git image publish --json
	is "results" "$(events published .detail | sort -u)" "already published"
	is "writes" "$(grep -cE '^(PUT|POST|PATCH)' "$gate.log" || true)" 0
	change second
	commit second
	must git -c image.publish=direct image release
	is "order" "$(manifests)" \
		"web/digest worker/digest web/$(sha7) worker/$(sha7) web/latest worker/latest"
}

@test "a blob that is refused leaves the tags of all as they were" {
	two_services app
	peer_start
	git config --global image.publish direct
	git config --global image.web.repository "$PEER/web"
	git config --global image.worker.repository "$PEER/worker"
	commit first
	must git image make
	peer_script <<<'POST */worker/blobs/uploads/ 403 x*'
	must_fail 7 "cannot publish '$PEER/worker:$(sha7)': .* 403" git image publish
	is "tags" "$(peer_log | grep -E ' PUT .*/manifests/' | grep -vc sha256 || true)" 0
	is "journals" "$(journals)" ""
}

@test "one that cannot be published leaves the tags of all as they were" {
	two_services app
	commit first
	must git image release
	first=$(sha)
	change second
	commit second
	must git image make
	push_manifest "$APP/worker" "${first:0:7}" "$(sha7)"
	must_fail 9 "worker:$(sha7)' in the registry holds commit $first" git image publish
	is "web" "$(remote_tags "$APP/web")" "$(tags latest "${first:0:7}")"
	is ":latest of web" "$(remote_env "$APP/web" latest SHA)" "$first"
	is ":latest of worker" "$(remote_env "$APP/worker" latest SHA)" "$first"
}

@test "in one set an image may be superseded and another move" {
	two_services app
	commit first
	must git image release
	commit second --allow-empty
	second=$(sha)
	commit third --allow-empty
	must git image release web
	must git image release --commit HEAD^ --json
	is "outcomes" "$(ledger HEAD^ | jq -r 'select(.kind == "publication") |
		"\(.image) \(.latest)"' | sort | xargs)" "web superseded worker moved"
	is "event" "$(events notice 'select(.detail == "superseded").subject')" \
		"$REPOSITORY/web:latest"
	is "web" "$(remote_env "$APP/web" latest SHA)" "$(sha)"
	is "web of the second" "$(remote_env "$APP/web" "${second:0:7}" SHA)" "$second"
	is "worker" "$(remote_env "$APP/worker" latest SHA)" "$second"
	is "journals" "$(journals)" ""
}

@test "one whose build or trial fails keeps all from being published" {
	two_services app
	commit first
	must_fail 6 "worker" git -c image.worker.test=false image release
	is "web" "$(remote_tags "$APP/web")" ""
	[ -n "$(local_tags "$REPOSITORY/web")" ]
	must_fail 4 "worker" git -c image.worker.target=nonsense image release --no-cache
	is "web" "$(remote_tags "$APP/web")" ""
	must git image release web
	is "web" "$(remote_env "$APP/web" latest SHA)" "$(sha)"
}

# Of one publication, in their order: a request, once the one before it was made.
points=(
	'GET, GET .*/web/manifests/[0-9a-f]{7}$'
	'GET, GET .*/worker/manifests/[0-9a-f]{7}$'
	'GET, POST .*/web/blobs/'
	'GET, PUT .*/web/manifests/[0-9a-f]{7}$'
	'GET, POST .*/worker/blobs/'
	'GET, PUT .*/worker/manifests/[0-9a-f]{7}$'
	'PUT .*/worker/manifests/[0-9a-f]{7}$, GET .*/web/manifests/latest'
	'GET, PUT .*/web/manifests/latest'
	'PUT .*/web/manifests/latest, GET .*/web/manifests/latest'
	'PUT .*/web/manifests/latest, HEAD .*/worker/manifests/latest'
	'GET, PUT .*/worker/manifests/latest'
	'PUT .*/worker/manifests/latest, GET .*/worker/manifests/latest'
	'PUT .*/worker/manifests/latest, GET .*/web/manifests/latest'
)

@test "after kill -9 in any phase the same command finishes the set" {
	two_services app
	behind_gate
	commit 0
	must git image release
	for ((i = 0; i < ${#points[@]}; i++)); do
		change "$i"
		commit "$i"
		must git image build
		killed_at "${points[i]}" git-image publish --untested
		for name in web worker; do
			[ "$(remote_env "$APP/$name" latest SHA)" = "$(sha)" ] || continue
			[ -n "$(remote_digest "$APP/web" "$(sha7)")" ]
			[ -n "$(remote_digest "$APP/worker" "$(sha7)")" ]
			[ "$i" -gt 7 ]
		done
		had_journal=$(journals)
		# The engine's own push comes after it, blobs of ours come before it.
		[[ ${points[i]} == *POST* ]] ||
			is "a journal at ${points[i]}" "${had_journal:+yes}" \
				"$([ "$i" -lt 2 ] || echo yes)"
		must git image publish --untested
		[ -z "$had_journal" ] ||
			matches "notice" "$errors" "$(sha7).*broken off.*this one finishes it"
		for name in web worker; do
			is "$name:latest" "$(remote_env "$APP/$name" latest SHA)" "$(sha)"
			is "$name:<sha7>" "$(remote_digest "$APP/$name" latest)" \
				"$(remote_digest "$APP/$name" "$(sha7)")"
		done
		is "journals" "$(journals)" ""
	done
}

@test "a set that was broken off is said by others and passed by later ones" {
	two_services app
	behind_gate
	commit first
	must git image release
	change second
	commit second
	must git image make
	second=$(sha)
	killed_at 'GET, PUT .*/web/manifests/latest' git-image publish
	killed_at 'PUT .*/web/manifests/latest, GET .*/worker/manifests/latest' git-image publish
	is "journals" "$(journals | wc -l)" 1
	must git image status
	matches "status" "$errors" "${second:0:7}.*'web', 'worker'.*broken off.*--commit"
	must git image release --commit HEAD^
	matches "the older one" "$errors" "broken off.*--commit ${second:0:7}' finishes"
	[ -n "$(journals)" ]
	must git image publish --to oci:../layout web
	must git image publish worker
	matches "a part" "$errors" "\('web', 'worker'\) was broken off.*finishes"
	[ -n "$(journals)" ]
	change third
	commit third
	must git image release
	matches "the later one" "$errors" "\('web'\) was .*this one goes beyond it"
	is "journals" "$(journals)" ""
	is "web" "$(remote_env "$APP/web" latest SHA)" "$(sha)"
	is "worker" "$(remote_env "$APP/worker" latest SHA)" "$(sha)"
}
