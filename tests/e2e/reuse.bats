#!/usr/bin/env bats
# A commit that changes nothing costs nothing: what is there is stamped again.
load lib/helper

# Whether something was built.
built() {
	! grep -q '"build".*nothing that goes in has changed' <<<"$output"
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
