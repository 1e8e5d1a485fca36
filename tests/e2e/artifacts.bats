#!/usr/bin/env bats
# An image as a file, and back; and the index of what was published.
# engines: docker docker26c podman
load lib/helper

# local_app: the example without any registry, called $APP.
local_app() {
	service "$1"
	git config --global image.app.repository "$APP"
}

# forget NAME TAG...: takes tags from the engine.
forget() {
	local name=$1 tag
	shift
	for tag in "$@"; do
		engine_api DELETE "/images/$name:$tag?force=1" >/dev/null || true
	done
}

# unpack ARCHIVE FOLDER, pack FOLDER ARCHIVE: what stands in it may be changed between.
unpack() {
	mkdir -p "$2" && tar -x -C "$2" -f "$1"
}

pack() {
	tar -c -C "$1" -f "$2" blobs manifest.json
}

# with_config FOLDER JQ-FILTER: another configuration in an archive that was unpacked.
with_config() {
	local old new
	old=$(jq -r '.[0].Config' "$1/manifest.json")
	jq -c "$2" "$1/$old" >"$1/config"
	new=blobs/sha256/$(sha256sum <"$1/config" | cut -d' ' -f1)
	mv "$1/config" "$1/$new"
	jq -c --arg new "$new" '.[0].Config = $new' "$1/manifest.json" >"$1/list"
	mv "$1/list" "$1/manifest.json"
}

@test "an image is saved to the same bytes each time, whatever it goes through" {
	local_app app
	commit first
	must_fail 3 "'$APP:$(sha7)' is not built" git image save -o ../app.tar
	must git image build
	must git image save -o ../app.tar
	is "output" "$output" "$APP:$(sha7)"
	is "tags" "$(tar -xOf ../app.tar manifest.json | jq -c '.[0].RepoTags')" \
		"[\"$APP:$(sha7)\"]"
	is "first file" "$(tar -tf ../app.tar | head -1)" \
		"$(tar -xOf ../app.tar manifest.json | jq -r '.[0].Config')"
	must git image save -o ../app.tar.gz app
	must git image save -o ../app.tar.zst
	git image save -o - >../piped.tar
	gzip -dc ../app.tar.gz | cmp - ../app.tar
	zstd -qdc ../app.tar.zst | cmp - ../app.tar
	cmp ../piped.tar ../app.tar
	must git image save -o oci:../layout
	is "SHA" "$(skopeo inspect --config "oci:../layout:$(sha7)" |
		jq -r '.config.Env[] | select(startswith("SHA="))')" "SHA=$(sha)"
	is "what else there is" "$(ls -A .. | grep -c -v -e app -e home -e std)" 2
	must git image save -n -o ../not.tar
	[ ! -e ../not.tar ]
}

@test "what cannot be saved is refused" {
	local_app app
	put .gitimage <<-'END'
		[image "app"]
			test = /test
		[image "web"]
			test = /test
	END
	commit first
	must_fail 2 "save: no file is named" git image save
	must_fail 3 "2 images do not go into one file" git image save -o ../app.tar
	must git image build app
	must_fail 3 "there is no folder '../none/'" git image save -o ../none/app.tar app
	must_fail 2 "" git image save --json -o - app
	matches "output" "$output" "both write to standard output"
	git config --global image.app.platform linux/amd64,linux/s390x
	must_fail 3 "is for 2 platforms" git image save -o ../app.tar app
	[ ! -e ../app.tar ]
}

@test "an image is loaded under this repository's name, and has no trial" {
	local_app app
	commit first
	must git image build
	id=$(image_id "$APP:latest")
	must git image save -o ../app.tar.zst
	forget "$APP" latest "$(sha7)"
	git config --global image.app.repository "$APP-other"
	must git image load ../app.tar.zst
	is "output" "$output" "$APP-other:$(sha7)"
	is "tags" "$(local_tags "$APP-other")" "$(tags "$(sha7)" latest)"
	is "other tags" "$(local_tags "$APP")" ""
	is "SHA" "$(image_env "$APP-other:latest" SHA)" "$(sha)"
	[ "$E2E_ENGINE_NAME" = docker26c ] || is "ID" "$(image_id "$APP-other:latest")" "$id"
	is "dangling" "$(dangling_images)" ""
	must git image load ../app.tar.zst
	git config --global image.app.repository "$REPOSITORY"
	must git image load - <../app.tar.zst
	must_fail 3 "has no passing trial on record" git image publish
	must git image make --json
	grep -q '"already built"' <<<"$output"
	grep -q '"type":"step-done".*"step":"trial"' <<<"$output"
	must git image publish
	is "SHA in the registry" "$(remote_env "$APP" latest SHA)" "$(sha)"
}

@test "an image layout is loaded, from a folder and from an archive" {
	local_app app
	commit first
	must git image build
	layers=$(image_layers "$APP:latest")
	must git image save -o oci:../layout
	must git image save -o ../app.tar
	skopeo copy -q --insecure-policy "oci:../layout:$(sha7)" oci-archive:../copy.tar
	skopeo copy -q --insecure-policy docker-archive:../app.tar oci:../other:any
	tar -c -C ../layout . | zstd -q >../packed.tar.zst
	for file in oci:../layout ../other "oci:../layout:$(sha7)" ../copy.tar \
		oci-archive:../copy.tar ../packed.tar.zst; do
		forget "$APP" latest "$(sha7)"
		must git image load "$file"
		is "output of $file" "$output" "$APP:$(sha7)"
		is "tags" "$(local_tags "$APP")" "$(tags "$(sha7)" latest)"
		is "SHA" "$(image_env "$APP:latest" SHA)" "$(sha)"
		is "layers" "$(image_layers "$APP:latest")" "$layers"
	done
	is "dangling" "$(dangling_images)" ""
	is "temporary files" "$(find "$XDG_STATE_HOME" -size +100k)" ""
}

@test "of a layout of several commits one is named" {
	local_app app
	commit first
	first=$(sha)
	must git image build
	must git image save -o oci:../layout
	change second
	commit second
	must git image build
	must git image save -o oci:../layout
	forget "$APP" latest "$(sha7)" "${first:0:7}"
	must_fail 3 "'oci:../layout': it holds several images: '${first:0:7}', '$(sha7)'" \
		git image load oci:../layout
	matches "hint" "$errors" "oci:FOLDER:TAG takes one of them"
	must_fail 3 "'oci:../layout:none': it has no image 'none', but '${first:0:7}', '$(sha7)'" \
		git image load oci:../layout:none
	must git image load "oci:../layout:${first:0:7}"
	is "output" "$output" "$APP:${first:0:7}"
	is "SHA" "$(image_env "$APP:latest" SHA)" "$first"
}

@test "a layout that is damaged is refused" {
	local_app app
	commit first
	must git image build
	must git image save -o oci:../layout
	forget "$APP" latest "$(sha7)"
	manifest=$(jq -r '.manifests[0].digest' ../layout/index.json)
	layer=$(jq -r '.layers[-1].digest' "../layout/blobs/sha256/${manifest#sha256:}")
	blob=../layout/blobs/sha256/${layer#sha256:}
	mv "$blob" ../blob
	must_fail 3 "'../layout': it lacks the file '$layer'" git image load ../layout
	echo other >"$blob"
	must_fail 3 "'../layout': its blob ${layer:0:19} has the bytes of sha256:" \
		git image load ../layout
	tar -c -C ../layout -f ../layout.tar .
	must_fail 3 "'../layout.tar': its blob ${layer:0:19} has the bytes of sha256:" \
		git image load -n ../layout.tar
	ln -sf "$PWD/../blob" "$blob"
	must_fail 3 "its 'blobs/sha256/${layer#sha256:}' is no plain file" \
		git image load ../layout
	must_fail 3 "'oci:../none': cannot open it: No such file" git image load oci:../none
	mkdir ../empty
	must_fail 3 "'../empty': it has no index.json" git image load ../empty
	is "tags" "$(local_tags "$APP")" ""
}

# architectures FILE: of what skopeo finds there under the tag of the commit.
architectures() {
	skopeo inspect --raw "$1:$(sha7)" | jq -r '.manifests[].platform.architecture' | xargs
}

@test "an image of several platforms is saved as one, and all that are asked for are loaded" {
	local_app app
	for_two_platforms
	commit first
	# Podman would take the other platform's image from its cache.
	must git image build --no-cache
	must_fail 3 "'$APP' is for 2 platforms: a Docker archive has room for one" \
		git image save -o ../app.tar
	matches "hint" "$errors" "-o oci-archive:FILE and -o oci:FOLDER take them all"
	must_fail 3 "is for 2 platforms" git image save -o docker-archive:../app.tar
	must git image save -o oci-archive:../app.tar.gz
	is "output" "$output" "$APP:$(sha7)"
	git image save -o oci-archive:- >../app.tar
	gzip -dc ../app.tar.gz | cmp - ../app.tar
	must git image save -o oci:../layout
	both=$(printf '%s\n' s390x "${own#*/}" | sort | xargs)
	is "in the archive" "$(architectures oci-archive:../app.tar)" "$both"
	is "in the layout" "$(architectures oci:../layout)" "$both"
	is "tags" "$(jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' \
		../layout/index.json)" "$(sha7)"
	for file in ../app.tar.gz oci:../layout; do
		forget "$APP" latest "$(sha7)" "$(sha7)-linux-s390x"
		must git image load "$file"
		is "output of $file" "$output" \
			"$(printf '%s\n' "$APP:$(sha7)" "$APP:$(sha7)-linux-s390x")"
		is "tags" "$(local_tags "$APP")" \
			"$(tags latest "$(sha7)" "$(sha7)-linux-s390x")"
		is "SHA" "$(image_env "$APP:$(sha7)-linux-s390x" SHA)" "$(sha)"
		is "architecture" "$(engine_api GET "/images/$APP:$(sha7)-linux-s390x/json" |
			jq -r .Architecture)" s390x
	done
	is "dangling" "$(dangling_images)" ""
	forget "$APP" latest "$(sha7)" "$(sha7)-linux-s390x"
	must git image load --platform "$own" ../app.tar.gz
	is "output" "$output" "$APP:$(sha7)"
	is "tags" "$(local_tags "$APP")" "$(tags latest "$(sha7)")"
	must git image save --platform "$own" -o ../own.tar
	must_fail 3 "is for linux/${both% *},linux/${both#* }, which is not asked for here" \
		git image load --platform linux/riscv64 ../app.tar.gz
}

@test "a trial that is on record counts for the same image" {
	local_app app
	commit first
	must git image make
	must git image save -o ../app.tar
	forget "$APP" latest "$(sha7)"
	must git image load ../app.tar
	must git image make --json
	if [ "$E2E_ENGINE_NAME" != docker26c ]; then
		grep -q '"already tested"' <<<"$output"
	fi
}

@test "an older image does not take :latest, a tag of another commit is a conflict" {
	local_app app
	commit first
	first=$(sha)
	must git image build
	must git image save -o ../first.tar
	change second
	commit second
	must git image build
	must git image save -o ../second.tar
	forget "$APP" "${first:0:7}"
	must git image load ../first.tar
	matches "notice" "$errors" "'$APP:latest' stays: it holds $(sha7), which is no ancestor"
	is "SHA" "$(image_env "$APP:latest" SHA)" "$(sha)"
	must git image load --move-latest ../first.tar
	is "SHA" "$(image_env "$APP:latest" SHA)" "$first"
	must git image load ../first.tar ../second.tar
	is "output" "$output" "$APP:${first:0:7}"$'\n'"$APP:$(sha7)"
	is "SHA" "$(image_env "$APP:latest" SHA)" "$(sha)"
	must_fail 9 "it is of commit $first, not of $(sha) \(--commit\)" \
		git image load --commit HEAD ../first.tar
	forget "$APP" "${first:0:7}"
	tag_image "$APP:$(sha7)" "$APP:${first:0:7}"
	must_fail 9 "'$APP:${first:0:7}' holds commit $(sha), not commit $first" \
		git image load ../first.tar
	is "SHA" "$(image_env "$APP:${first:0:7}" SHA)" "$(sha)"
}

@test "another build of the commit is replaced, and nothing dangles" {
	local_app app
	commit first
	must git image build
	must git image save -o ../app.tar
	must git image build --no-cache --label more=text
	must git image load ../app.tar
	is "label" "$(image_label "$APP:$(sha7)" more)" ""
	is "dangling" "$(dangling_images)" ""
}

@test "only what git-image stamped for a commit of this repository is loaded" {
	local_app app
	commit first
	must git image build
	must git image save -o ../app.tar
	forget "$APP" latest "$(sha7)"
	unpack ../app.tar ../plain
	with_config ../plain 'del(.config.Labels)'
	pack ../plain ../plain.tar
	must_fail 3 "'../plain.tar': the image has no stamp of git-image" \
		git image load ../plain.tar
	unpack ../app.tar ../lying
	with_config ../lying '.config.Env |= map(if startswith("SHA=") then
		"SHA=1111111111111111111111111111111111111111" else . end)'
	pack ../lying ../lying.tar
	must_fail 3 "the image's stamp does not match its layers and SHA" \
		git image load ../lying.tar
	unpack ../app.tar ../dirty
	with_config ../dirty '.config.Labels["org.opencontainers.image.revision"] += "-dirty"'
	pack ../dirty ../dirty.tar
	must_fail 3 "is of '$(sha)-dirty', which is no commit" git image load ../dirty.tar
	unpack ../app.tar ../foreign
	with_config ../foreign '.architecture = "s390x"'
	pack ../foreign ../foreign.tar
	must_fail 3 "the image is for linux/s390x, which is not asked for here" \
		git image load ../foreign.tar
	git init -q ../other
	cd ../other
	git commit -q --allow-empty -m other
	must_fail 3 "it is of commit [0-9a-f]{40}, which is not in this repository" \
		git image load ../app.tar
	is "tags" "$(local_tags "$APP")" ""
}

@test "of several images the one is loaded that was saved" {
	local_app app
	put .gitimage <<-'END'
		[image "app"]
			test = /test
		[image "web"]
			test = /test
	END
	git config --global image.web.repository "$APP-web"
	commit first
	must git image build web
	must git image save -o ../web.tar web
	forget "$APP-web" latest "$(sha7)"
	must git image load -n ../web.tar
	is "output" "$output" ""
	must git image load ../web.tar
	is "output" "$output" "$APP-web:$(sha7)"
	is "tags" "$(local_tags "$APP")" ""
	unpack ../web.tar ../other
	with_config ../other '.config.Labels["org.opencontainers.image.title"] = "db"'
	pack ../other ../other.tar
	must_fail 3 "it is the image 'db', of which commit $(sha7) knows nothing" \
		git image load ../other.tar
}

@test "an archive that is damaged or none is refused" {
	local_app app
	commit first
	must git image build
	must git image save -o ../app.tar
	forget "$APP" latest "$(sha7)"
	must_fail 3 "'../none.tar': cannot open it: No such file" git image load ../none.tar
	echo "some text" >../text
	must_fail 3 "'../text': " git image load ../text
	: >../empty
	must_fail 3 "'../empty': it has no manifest.json" git image load ../empty
	head -c 3000 ../app.tar >../cut.tar
	must_fail 3 "'../cut.tar': " git image load ../cut.tar
	gzip -c ../app.tar | head -c 3000 >../cut.tar.gz
	must_fail 3 "'../cut.tar.gz': it ends amid gzip's data" git image load ../cut.tar.gz
	head -c 100000000 /dev/zero | zstd -qc >../bomb.zst
	must_fail 3 "it expands to more than 200 times its size" git image load ../bomb.zst
	unpack ../app.tar ../layer
	for layer in $(jq -r '.[0].Layers[-1]' ../layer/manifest.json); do
		echo more >>"../layer/$layer"
	done
	pack ../layer ../layer.tar
	must_fail 3 "its layer sha256:[0-9a-f]{12} has the bytes of sha256:" \
		git image load ../layer.tar
	unpack ../app.tar ../two
	jq -c '. + .' ../two/manifest.json >../two/list
	mv ../two/list ../two/manifest.json
	pack ../two ../two.tar
	must_fail 3 "it holds 2 images, not one" git image load ../two.tar
	unpack ../app.tar ../outside
	jq -c '.[0].Layers[0] = "../../../../etc/passwd"' ../outside/manifest.json >../outside/list
	mv ../outside/list ../outside/manifest.json
	pack ../outside ../outside.tar
	must_fail 3 "it lacks the file '../../../../etc/passwd'" git image load ../outside.tar
	is "tags" "$(local_tags "$APP")" ""
	is "temporary files" "$(find "$XDG_STATE_HOME" -size +100k)" ""
}

# ---- the index ----

# entry FOLDER NAME: the line of an entry of project "app" and image "app".
entry() {
	cat "$1/app/app/$2"
}

@test "a folder lists what was published, :latest only forward" {
	service app
	mkdir ../index
	git config --global image.index "$PWD/../index"
	git config --global image.prune never
	commit first
	first=$(sha)
	must git image release
	line="$REPOSITORY:$(sha7)@$(remote_digest "$APP" latest)"
	key=$(image_label "$REPOSITORY:latest" git-image.key)
	is "latest" "$(entry ../index latest)" "$line"
	is "hash" "$(entry ../index "hash/${key#sha256:}")" "$line"
	date=$(ls ../index/app/app/pushdate)
	matches "date" "$date" '^[0-9]{4}\.[0-9]{2}\.[0-9]{2}\.[0-9]{6}$'
	is "pushdate" "$(entry ../index "pushdate/$date")" "$line"
	must git image publish
	must git image publish --to oci:../layout
	is "dates" "$(ls ../index/app/app/pushdate)" "$date"
	change second
	commit second
	must git image release
	is "latest" "$(entry ../index latest)" "$REPOSITORY:$(sha7)@$(remote_digest "$APP" latest)"
	must git image release --commit "$first"
	is "latest" "$(entry ../index latest)" "$REPOSITORY:$(sha7)@$(remote_digest "$APP" latest)"
	is "files" "$(find ../index -type f | wc -l)" 5
}

@test "an index that cannot be written is a warning, and the next publication mends it" {
	service app
	git config --global image.index "$PWD/../index"
	commit first
	must git image release
	matches "warning" "$errors" "is published, but the index '.*/index' does not say so: \
there is no folder '.*/index'; 'git image publish' writes it again"
	is "SHA in the registry" "$(remote_env "$APP" latest SHA)" "$(sha)"
	mkdir ../index
	must git image publish
	is "latest" "$(entry ../index latest)" "$REPOSITORY:$(sha7)@$(remote_digest "$APP" latest)"
	is "dates" "$(ls ../index/app/app/pushdate | wc -l)" 1
	put .gitimage <<-'END'
		[image "app"]
			index = /tmp
	END
	commit hostile
	must_fail 3 "index" git image build
	must_fail 3 "expected /FOLDER or oci:REPOSITORY, not 'index'" \
		git -c image.index=index image publish --commit HEAD~
}

@test "a repository lists what was published as tags" {
	service app
	git remote add origin https://git.example.com/Team/App.git
	git config --global image.index "oci:$E2E_REGISTRY/${APP%/*}/index"
	commit first
	must git image release
	line="$REPOSITORY:$(sha7)@$(remote_digest "$APP" latest)"
	key=$(image_label "$REPOSITORY:latest" git-image.key)
	app=team..app..app
	matches "tags" "$(remote_tags "${APP%/*}/index")" \
		"^$app..hash..${key#sha256:} $app..latest $app..pushdate..[0-9.]+$"
	is "latest" "$(registry_api "${APP%/*}/index/manifests/team..app..app..latest" \
		-H 'Accept: application/vnd.oci.image.manifest.v1+json' |
		jq -r '.annotations["git-image.reference"]')" "$line"
}

@test "an index that does not answer costs a build, and no more" {
	service app
	git config --global image.index oci:127.0.0.1:1/index
	commit first
	must git image build
	matches "notice" "$errors" "the index 'oci:127.0.0.1:1/index' is not known: "
	must git image release
	matches "warning" "$errors" "the index 'oci:127.0.0.1:1/index' does not say so: "
	is "SHA in the registry" "$(remote_env "$APP" latest SHA)" "$(sha)"
}

@test "of two publications at once the entries say what :latest holds" {
	service app
	mkdir ../index
	git config --global image.index "$PWD/../index"
	git config --global --add image.index "oci:$E2E_REGISTRY/${APP%/*}/index"
	git config --global image.prune never
	commit first
	must git image make
	for text in 1 2 3; do
		older=$(sha)
		change $text
		commit $text
		must git image make
		git image publish --commit "$older" 2>"$BATS_TEST_TMPDIR/older" &
		must git image publish
		wait $! || { cat "$BATS_TEST_TMPDIR/older"; return 1; }
		line="$REPOSITORY:$(sha7)@$(remote_digest "$APP" latest)"
		is "latest" "$(entry ../index latest)" "$line"
		is "latest tag" "$(registry_api "${APP%/*}/index/manifests/app..app..latest" \
			-H 'Accept: application/vnd.oci.image.manifest.v1+json' |
			jq -r '.annotations["git-image.reference"]')" "$line"
	done
	is "what else there is" "$(find ../index -name '.*' ! -path ../index)" ""
}

# ---- content that the index names ----

# elsewhere FOLDER: a clone that has neither the images nor the ledger, as on another machine.
elsewhere() {
	local tags
	read -ra tags <<<"$(local_tags "$REPOSITORY")"
	forget "$REPOSITORY" "${tags[@]}"
	git clone -q "$PWD" "$1"
	cd "$1" || return
	export XDG_STATE_HOME=$HOME/.state-of-another
}

@test "what main built is found by its key, on another machine and another branch" {
	service app
	mkdir ../index
	git config --global image.index "$PWD/../index"
	git config --global image.app.trustedBranch main
	commit first
	must git image release
	first=$(sha)
	git checkout -q -b topic
	commit empty --allow-empty
	elsewhere ../there/app
	must git image build --json
	grep -q "of commit ${first:0:7} in the registry has the same content" <<<"$output"
	is "SHA" "$(image_env "$REPOSITORY:$(sha7)" SHA)" "$(sha)"
}

@test "an entry of a branch that nobody trusts neither wins nor counts" {
	service app
	mkdir ../index
	git config --global image.index "$PWD/../index"
	git config --global image.app.trustedBranch main
	git config --global image.prune never
	commit first
	git checkout -q -b topic
	commit topic --allow-empty
	topic=$(sha)
	must git image release
	key=$(image_label "$REPOSITORY:latest" git-image.key)
	entry=$PWD/../index/app/app/hash/${key#sha256:}
	matches "entry" "$(<"$entry")" ":${topic:0:7}@"
	git checkout -q main
	commit main --allow-empty
	must git image release --move-latest
	matches "entry" "$(<"$entry")" ":$(sha7)@"
	must git image publish --commit topic
	matches "entry" "$(<"$entry")" ":$(sha7)@"
	good=$(<"$entry")
	# Somebody writes it all the same.
	echo "$REPOSITORY:${topic:0:7}@$(remote_digest "$APP" "${topic:0:7}")" >"$entry"
	commit next --allow-empty
	elsewhere ../there/app
	git fetch -q origin topic:topic
	must git image build --json
	is "found" "$(grep -c "has the same content" <<<"$output")" 0
	forget "$REPOSITORY" latest "$(sha7)"
	echo "${good%@*}@$(remote_digest "$APP" "${topic:0:7}")" >"$entry"
	must git image build --json
	is "found under another name" "$(grep -c "has the same content" <<<"$output")" 0
	forget "$REPOSITORY" latest "$(sha7)"
	echo "$good" >"$entry"
	must git image build --json
	is "found" "$(grep -c "has the same content" <<<"$output")" 1
}
