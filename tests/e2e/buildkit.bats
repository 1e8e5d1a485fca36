#!/usr/bin/env bats
# engines: docker docker26 docker26c
# What only BuildKit can do, and what is left of it.
load lib/helper

# The example with another last part: what is on stdin.
service_with() {
	service app
	sed -i '/^COPY test/,$d' Dockerfile
	cat >>Dockerfile
}

# configuration REF: as it is stored, which inspection does not always tell.
configuration() {
	engine_api GET "/images/$1/get" >"$BATS_TEST_TMPDIR/save.tar"
	tar -xOf "$BATS_TEST_TMPDIR/save.tar" \
		"$(tar -xOf "$BATS_TEST_TMPDIR/save.tar" manifest.json | jq -r '.[0].Config')"
}

stamps() {
	configuration "$1" | jq '[.history[] | select(.comment == "git-image stamp")] | length'
}

@test "one content and one commit have one ID, however often they are built" {
	before=$(dangling_images | sort)
	service app
	commit first
	must git image build
	id=$(image_id "$REPOSITORY:$(sha7)")
	created=$(engine_api GET "/images/$REPOSITORY:$(sha7)/json" | jq -r .Created)
	is "time" "$(date -d "$created" +%s)" "$commit_time"
	must engine_api DELETE "/images/$REPOSITORY:$(sha7)"
	must engine_api DELETE "/images/$REPOSITORY:latest"
	must git image build
	is "ID" "$(image_id "$REPOSITORY:$(sha7)")" "$id"
	is "dangling images" "$(dangling_images | sort)" "$before"
}

@test "a stamp keeps all of the configuration and replaces an earlier stamp" {
	service_with <<-'END'
	SHELL ["/bin/busybox", "sh", "-c"]
	ENV A="b c"
	EXPOSE 80/tcp
	VOLUME /data
	STOPSIGNAL SIGUSR1
	HEALTHCHECK --interval=5s CMD /bin/busybox true
	ONBUILD LABEL on=build
	WORKDIR /w
	LABEL a=b
	USER 12
	ENTRYPOINT ["/bin/busybox"]
	CMD ["sleep", "600"]
	END
	commit first
	must git image build
	is "stamps" "$(stamps "$REPOSITORY:$(sha7)")" 1
	config=$(configuration "$REPOSITORY:$(sha7)" | jq -Sc '.config |
		[.Shell, .ExposedPorts, .Volumes, .StopSignal, .Healthcheck, .OnBuild, .WorkingDir,
		 .User, .Entrypoint, .Cmd, .Labels.a, .Labels["git-image.content"]]')
	is "configuration" "$config" "$(jq -Sc . <<-'END'
	[["/bin/busybox", "sh", "-c"], {"80/tcp": {}}, {"/data": {}}, "SIGUSR1",
	 {"Test": ["CMD-SHELL", "/bin/busybox true"], "Interval": 5000000000}, ["LABEL on=build"],
	 "/w", "12", ["/bin/busybox"], ["sleep", "600"], "b", null]
	END
	)"
	is "A" "$(image_env "$REPOSITORY:$(sha7)" A)" "b c"
	# As the base of another image it comes stamped.
	printf 'FROM %s\nUSER 0\n' "$REPOSITORY:$(sha7)" >Dockerfile
	commit second
	must git image build
	is "SHA" "$(image_env "$REPOSITORY:$(sha7)" SHA)" "$(sha)"
	is "variables SHA" "$(configuration "$REPOSITORY:$(sha7)" | jq '[.config.Env[] |
		select(startswith("SHA="))] | length')" 1
}

@test "a run that was killed before the stamp leaves nothing to the next" {
	before=$(dangling_images | sort)
	service app
	commit first
	background relay "$BATS_TEST_TMPDIR/relay.sock" "" "/images/load" "$BATS_TEST_TMPDIR/held"
	until_true test -S "$BATS_TEST_TMPDIR/relay.sock"
	background git-image build --engine "unix://$BATS_TEST_TMPDIR/relay.sock"
	killed=$!
	until_true test -e "$BATS_TEST_TMPDIR/held"
	kill -KILL "$killed"
	[ "$(dangling_images | sort)" != "$before" ]
	change second
	commit second
	must git image build
	is "dangling images" "$(dangling_images | sort)" "$before"
}

@test "what somebody tagged in the meantime stays" {
	before=$(dangling_images | sort)
	service app
	commit first
	background relay "$BATS_TEST_TMPDIR/relay.sock" "" "/images/load" "$BATS_TEST_TMPDIR/held"
	until_true test -S "$BATS_TEST_TMPDIR/relay.sock"
	background git-image build --engine "unix://$BATS_TEST_TMPDIR/relay.sock"
	until_true test -e "$BATS_TEST_TMPDIR/held"
	kill -KILL "$!"
	for id in $(dangling_images); do
		[ "$(image_label "$id" git-image.content)" != "$REPOSITORY" ] ||
			tag_image "$id" "$APP:mine"
	done
	must git image build
	is "mine" "$(local_tags "$APP")" mine
	is "dangling images" "$(dangling_images | sort)" "$before"
}

# sent: the most bytes that one exchange of the context took, of $output.
sent() {
	events progress 'select(.subject == "context") | .bytes' | sort -n | tail -n 1
}

@test "a context that has not changed is not sent again" {
	service app
	head -c 1M /dev/urandom >blob
	sed -i 's|^COPY www.*|&\nCOPY blob /blob|' Dockerfile
	commit first
	must git image build --json
	[ "$(sent)" -gt 1000000 ]
	commit second --allow-empty
	must git image build --json --label again=yes
	[ "$(sent)" -lt 10000 ]
	change third
	commit third
	must git image build --json
	[ "$(sent)" -lt 10000 ]
}

@test "a cache mount keeps what the build before wrote" {
	service_with <<-'END'
	COPY www /www
	RUN --mount=type=cache,target=/c echo line >>/c/lines; cp /c/lines /lines
	CMD ["/bin/busybox", "sleep", "600"]
	END
	sed -i "s|/c/lines|/c/$BATS_SUITE_TEST_NUMBER|g" Dockerfile
	commit first
	must git image build
	change second
	commit second
	must git image build
	is "lines" "$(file_of "$REPOSITORY:latest" lines | wc -l)" 2
}

@test "a heredoc is run, or refused where the frontend is older" {
	service_with <<-'END'
	RUN <<EOF
	echo one >/both
	echo two >>/both
	EOF
	END
	commit first
	if [ "$E2E_ENGINE_NAME" = docker ]; then
		must_fail 3 "heredoc needs Docker 23" git image build
		return
	fi
	must git image build
	is "lines" "$(file_of "$REPOSITORY:latest" both)" "one
two"
}

@test "Ctrl-C amid a step ends its process" {
	service_with <<-'END'
	RUN ["/bin/busybox", "sleep", "987654"]
	END
	commit first
	# A shell's background jobs ignore SIGINT; the terminal's job does not.
	background perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' git-image build
	build=$!
	until_true pgrep -f 'busybox sleep 987654'
	kill -INT "$build"
	status=0
	wait "$build" || status=$?
	is "exit code" "$status" 130
	until_true bash -c '! pgrep -f "[b]usybox sleep 987654"'
}

@test "two platforms of what is only copied" {
	service app
	sed -i '/^RUN/d' Dockerfile
	git config --global --add image.app.platform linux/amd64
	git config --global --add image.app.platform linux/arm64
	commit first
	must git image build
	is "tags" "$(local_tags "$REPOSITORY")" "$(tags latest "$(sha7)" "$(sha7)-linux-arm64")"
	is "architecture" "$(configuration "$REPOSITORY:$(sha7)-linux-arm64" |
		jq -r .architecture)" arm64
	is "SHA" "$(image_env "$REPOSITORY:$(sha7)-linux-arm64" SHA)" "$(sha)"
}

@test "an inline cache that another engine left in a registry" {
	service app
	git config --global image.app.cacheTo inline
	commit first
	must git image build
	layers=$(image_layers "$REPOSITORY:latest" | head -n 2)
	must git image publish --untested
	[[ $(configuration "$REPOSITORY:latest") == *moby.buildkit.cache.v0* ]]
	must engine_api DELETE "/images/$REPOSITORY:latest"
	must engine_api DELETE "/images/$REPOSITORY:$(sha7)"
	must engine_api POST "/build/prune?all=1"
	git config --global image.app.cacheFrom "$REPOSITORY:latest"
	change second
	commit second
	must git image build
	# A RUN of its own would give the layer another digest.
	is "layers" "$(image_layers "$REPOSITORY:latest" | head -n 2)" "$layers"
	# Nothing has changed, and the cache is in the next image all the same.
	commit third --allow-empty
	must git image build
	must git image publish --untested
	[[ $(configuration "$REPOSITORY:latest") == *moby.buildkit.cache.v0* ]]
}
