/* SPDX-License-Identifier: MIT */
#include "flow/config/settings.h"

#include <ctype.h>
#include <strings.h>

/* Tables are laid out by hand. */
/* clang-format off */
static const char *const prune_words[] = { "auto", "after", "before", "never", NULL };
static const char *const builder_words[] = { "auto", "buildkit", "classic", NULL };
static const char *const frontend_words[] = { "auto", "builtin", NULL };
static const char *const submodule_words[] = { "error", "empty", NULL };
static const char *const trust_words[] = { "own", "all", NULL };
static const char *const retest_words[] = { "always", "content", "never", NULL };
static const char *const lfs_words[] = { "error", "keep", NULL };
static const char *const publish_words[] = { "auto", "engine", "direct", NULL };
static const char *const ensure_words[] = { "all", "pull-only", "push-only", "none", NULL };
static const char *const compression_words[] = { "gzip", "zstd", NULL };

#define KEY(key, kind, member, value)                                                              \
	.name = (key), .type = (kind), .offset = offsetof(struct settings, member),                \
	.argument = (value)
#define CHOICE(key, words, member, first)                                                          \
	KEY(key, SETTING_CHOICE, member, NULL), .choices = (words), .preset = (first)
#define TREE .may_tree_set = true
#define COMMON .is_common = true
#define SINGLE .is_single = true
#define OWN .is_own = true

static const struct setting_spec specs[] = {
	{ KEY("registry", SETTING_REGISTRY, registry, "HOST[:PORT][/PATH]"), TREE,
	  .help = "Where images are published; an image's repository is this, a slash and its "
		  "name. Without it everything but publishing works." },
	{ KEY("repository", SETTING_REPOSITORY, repository, "NAME"), TREE, OWN,
	  .help = "The whole name of the image's repository, instead of registry and name." },
	{ KEY("deploy", SETTING_TEXT, deploy, "BRANCH"), TREE,
	  .help = "The branch whose commits are meant to be published." },
	{ KEY("folder", SETTING_FOLDERS, folders, "PATTERN"), TREE, COMMON,
	  .help = "Folders of the commit, such as docker/*; may be repeated. Each that has a "
		  "Dockerfile is an image, named by the last part of its path, with the folder as "
		  "its context. A section [image \"NAME\"] says more of it." },
	{ KEY("like", SETTING_REPOSITORY, like, "NAME"), TREE, SINGLE, OWN,
	  .help = "Another image of this commit, all of whose settings but the repository hold "
		  "for this one too, unless it has its own." },
	{ KEY("parent", SETTING_NAMES, parents, "NAME"), TREE, SINGLE,
	  .help = "Another image of this commit that has to be there first, and whose content "
		  "counts as a part of this one's; may be repeated. Those that the Dockerfile "
		  "names are known without it." },
	{ KEY("context", SETTING_TREE_PATH, context, "PATH"), .preset = ".", TREE,
	  .help = "The folder that the build may read, from the root of the commit." },
	{ KEY("dockerfile", SETTING_TREE_PATH, dockerfile, "PATH"), TREE,
	  .help = "The Dockerfile, from the root of the commit; it may lie outside the context. "
		  "Unset: Dockerfile in the context." },
	{ KEY("target", SETTING_TEXT, target, "STAGE"), TREE,
	  .help = "The stage of the Dockerfile to build. Unset: the last." },
	{ KEY("base", SETTING_BASE, base, "IMAGE"), TREE,
	  .help = "The image that a stage of the Dockerfile begins with, instead of the one that "
		  "stands there; all else of it stays. So several images are variants of one "
		  "Dockerfile." },
	{ KEY("variantStage", SETTING_TEXT, variant_stage, "STAGE"), TREE,
	  .help = "The name or number of the stage that image.base is for. Unset: the first." },
	{ KEY("files", SETTING_FILES, files, "all|nothing|only:PATH...|allbut:PATH..."),
	  .preset = "all", TREE,
	  .help = "Which files of the context the build may read, besides what .dockerignore "
		  "drops: all, nothing, only some files and folders, or all but some. Paths are "
		  "plain, below the context's folder, with spaces between; a backslash protects a "
		  "space. May be repeated; paths of another kind replace those before." },
	{ KEY("platform", SETTING_PLATFORMS, platforms, "OS/ARCH[/VARIANT][,...]"), TREE,
	  .help = "The platform to build for, or several: with commas between, or one each time. "
		  "A list replaces that of an earlier place. Unset: the engine's own." },
	{ KEY("untestedPlatforms", SETTING_PLATFORMS, untested_platforms,
	      "OS/ARCH[/VARIANT][,...]"), TREE,
	  .help = "Of several platforms those that may be published without a passing trial, "
		  "since the engine cannot run them; recorded as such." },
	{ KEY("buildArg", SETTING_PAIRS, build_args, "NAME=VALUE"), TREE,
	  .help = "An argument of the build; may be repeated. The value always stands here, "
		  "nothing is taken from the environment." },
	{ KEY("unhashedBuildArg", SETTING_PAIRS, unhashed_build_args, "NAME=VALUE"), TREE,
	  .help = "The same, but not part of the content key nor of records, for what changes "
		  "nothing in the image, such as a mirror's address; may be repeated. An image "
		  "that is reused was built with another value." },
	{ KEY("metadata", SETTING_PAIRS, metadata, "NAME=VALUE"), TREE,
	  .help = "Counts as part of the content, though the build does not see it: another "
		  "value builds anew; may be repeated." },
	{ KEY("interval", SETTING_DURATION, interval_ms, "TIME"), TREE,
	  .help = "Builds anew each so often though nothing has changed, such as 1d for a RUN "
		  "that upgrades packages. Periods are counted from 1970 in UTC, so that days "
		  "begin at midnight." },
	{ KEY("baseTtl", SETTING_DURATION, base_ttl_ms, "TIME"), .preset = "1h", TREE,
	  .help = "How long it is remembered which digest a base image has in its registry. For "
		  "so long an image is reused though the base has moved; a build always asks." },
	{ KEY("trustedBranch", SETTING_TEXT, trusted_branch, "BRANCH"),
	  .help = "A branch whose images are reused for the same content, here or of origin, "
		  "besides those of the commits before this one." },
	{ KEY("label", SETTING_PAIRS, labels, "NAME=VALUE"), TREE,
	  .help = "A label of the image; may be repeated." },
	/* Whose engine it is chooses the door and what stands behind it: auto takes
	 * BuildKit where it is, so a tree has nothing to gain, and a tree that does not
	 * want a frontend leaves "# syntax=" out. */
	{ CHOICE("builder", builder_words, builder, "auto"),
	  .help = "How the engine builds: with BuildKit, by its older classic builder, or auto, "
		  "with BuildKit where the engine has it." },
	{ CHOICE("frontend", frontend_words, frontend, "auto"),
	  .help = "What reads the Dockerfile: auto obeys its line \"# syntax=\", which the engine "
		  "pulls from a registry; builtin leaves that line out, for builds offline." },
	{ KEY("secret", SETTING_SECRET, secrets, "ID"), TREE,
	  .help = "A secret that the build mounts by RUN --mount=type=secret,id=ID; may be "
		  "repeated. Its value comes from imageSecret.ID.from. The user, but not the "
		  "repository, may also say where from: id=ID,env=NAME or id=ID,src=FILE." },
	{ KEY("ssh", SETTING_SSH, ssh, "ID[=SOCKET]"),
	  .help = "An SSH agent that the build may use by RUN --mount=type=ssh,id=ID, to list "
		  "keys and to sign, and for nothing else; may be repeated. Without a socket it is "
		  "that of SSH_AUTH_SOCK. The ID that a mount has by itself is default." },
	/* What is imported lands in the engine's own cache, where any later build of any
	 * repository finds it. A tree that could name it could plant layers there. */
	{ KEY("cacheFrom", SETTING_CACHE_FROM, cache_from, "REF|type=TYPE[,NAME=VALUE...]"),
	  .help = "A cache to take steps from: an image (type=registry,ref=REF) or type=gha; may "
		  "be repeated. Whoever can write there decides what is in the image." },
	{ KEY("cacheTo", SETTING_CACHE_TO, cache_to, "inline|type=TYPE[,NAME=VALUE...]"),
	  .help = "Where to export the cache of the build: inline (in the image), "
		  "type=registry,ref=REF[,mode=max] or type=gha; may be repeated." },
	{ CHOICE("submodules", submodule_words, submodules, "error"), TREE,
	  .help = "What a submodule in the context is: an error, or an empty folder." },
	{ CHOICE("lfs", lfs_words, lfs, "error"), TREE,
	  .help = "What a Git LFS pointer in the context is: an error, or kept as the small file "
		  "it is." },
	{ KEY("shaLength", SETTING_INT, sha_length, "N"), .preset = "7", .min = 7, .max = 40, TREE,
	  .help = "How many characters of the SHA the tag has." },
	{ KEY("shaEnv", SETTING_VARIABLE, sha_env, "NAME"), .preset = "SHA", TREE,
	  .help = "The environment variable of the image that holds the full SHA." },
	{ KEY("to", SETTING_TARGET, to, "oci:FOLDER|oci-archive:FILE|docker-archive:FILE"),
	  .help = "Where to publish instead of a registry: an OCI image layout, or an archive for "
		  "docker load." },
	{ KEY("tagPrefix", SETTING_TAG_PREFIX, tag_prefix, "TEXT"), TREE,
	  .help = "What stands before the short SHA in the tag, such as sha-: then no YAML file "
		  "takes a tag like 1234567 or 123e456 for a number." },
	{ KEY("tag", SETTING_TAG, tags, "TEMPLATE"), TREE,
	  .help = "One more tag that a publication gives; may be repeated. The word semver, or a "
		  "text with {branch}, {tag}, {version}, {major}, {minor}, {patch}, {date}, "
		  "{date:%Y-%m-%d}, {sha7} or {sha}. An empty one forgets those before it." },
	{ KEY("version", SETTING_VERSION, version, "VERSION"), TREE,
	  .help = "The image's version: one more tag of a publication, which moves forward as "
		  ":latest does, and the begin of the image's content tag, VERSION-KEY16. The file "
		  "VERSION of the image's folder says the same. Without one the content tag is "
		  "latest-KEY16, which is never pushed." },
	{ KEY("digest", SETTING_DIGEST, digest, "sha256:DIGEST"), TREE,
	  .help = "The image is the one of this digest in its repository: it is pulled, never "
		  "built. The file HASH of the image's folder says the same." },
	{ KEY("buildTimeout", SETTING_DURATION, build_timeout_ms, "TIME"), TREE,
	  .help = "How long the build may take before it is broken off. Unset: no limit." },
	{ KEY("ready", SETTING_READY, ready, "exec:COMMAND|exit[:COMMAND]"), TREE,
	  .help = "A command inside the container that exits with 0 once it is ready. Unset: the "
		  "image's HEALTHCHECK; without one it is ready when it has run for a second. For "
		  "what runs no service, such as a tool or a base image: exit, its own command has "
		  "to end with 0; or exit:COMMAND, which the container runs instead." },
	{ KEY("readyTimeout", SETTING_DURATION, ready_timeout_ms, "TIME"), .preset = "60s", TREE,
	  .help = "How long the container may take to be ready." },
	{ KEY("test", SETTING_COMMAND, test, "COMMAND"), TREE,
	  .help = "The tests, run inside the container once it is ready; they pass when it exits "
		  "with 0." },
	{ KEY("testTimeout", SETTING_DURATION, test_timeout_ms, "TIME"), .preset = "10m", TREE,
	  .help = "How long the tests may take." },
	{ CHOICE("retest", retest_words, retest, "always"),
	  .help = "When an image of known content is tried again: always, as each commit's image "
		  "is one of its own; content, if it was built now or the same tests have not "
		  "passed for the same content; never, if it was built now or no tests have." },
	{ KEY("report", SETTING_CONTAINER_PATH, report, "PATH"), TREE,
	  .help = "A folder of the container that the tests write reports to; it is copied out "
		  "also when they fail." },
	{ KEY("reportFolder", SETTING_TEXT, report_folder, "FOLDER"),
	  .help = "Where reports go. Unset: build/image-reports/NAME in the work tree." },
	{ CHOICE("prune", prune_words, prune, "auto"), TREE,
	  .help = "When older images of the repository are removed: after the trial has passed, "
		  "before the tests, or never. auto is after, but never on CI." },
	{ KEY("keep", SETTING_INT, keep, "N"), .preset = "0", .min = 0, .max = 10000, TREE,
	  .help = "Of how many more commits the images are kept." },
	{ KEY("engine", SETTING_TEXT, engine, "URL"), COMMON,
	  .help = "The container engine, such as unix:///run/docker.sock. Unset: DOCKER_HOST, the "
		  "current docker context, the usual sockets, then Podman." },
	{ KEY("trialEngine", SETTING_TEXT, trial_engine, "URL"), COMMON,
	  .help = "The container engine that tries images which image.engine cannot run, as a "
		  "BuildKit daemon runs none. Unset: such images are not tried." },
	{ KEY("jobs", SETTING_INT, jobs, "N"), .preset = "0", .min = 0, .max = 64, COMMON,
	  .help = "How many images are worked on at once, each after those that it stands on. 0: "
		  "as many as there are processors, at most 8." },
	{ KEY("plainHttp", SETTING_HOSTS, plain_http, "HOST[:PORT]"), COMMON,
	  .help = "A registry that is spoken to without TLS, written as in names of images; may "
		  "be repeated. Whoever is on the way reads the credentials and decides what is "
		  "read and published. Loopback needs no mention." },
	{ KEY("tokenServer", SETTING_HOSTS, token_servers, "HOST[:PORT]"), COMMON,
	  .help = "A token server that gets credentials though it is not in the domain of the "
		  "registry that names it; may be repeated." },
	{ CHOICE("trust", trust_words, trust, "own"),
	  .help = "Which passing trials of the ledger refs/notes/image count: the own ones, "
		  "written with this state folder, or all, also those that were fetched." },
	/* A tree may name the registry, and whoever wants an image here asks for no push. */
	{ CHOICE("ensure", ensure_words, ensure, "pull-only"),
	  .help = "What 'ensure' may do with a registry: pull-only, push-only, both (all) or "
		  "none. It may build in any case." },
	{ CHOICE("publish", publish_words, publish, "auto"),
	  .help = "How layers that the registry lacks get there: engine, by the engine's own push; "
		  "direct, out of the engine and compressed by git-image, in release while the "
		  "trial runs; or auto, what is likely to be quicker." },
	/* An entry is believed if it names a commit that a branch has: whoever chooses the
	 * place chooses whose entries those are. */
	{ KEY("index", SETTING_INDEX, indexes, "/FOLDER|oci:REPOSITORY"),
	  .help = "Where publications are listed, and images of a content key are found: a folder "
		  "that is shared, or a repository; may be repeated." },
	{ CHOICE("compression", compression_words, compression, "gzip"),
	  .help = "How layers that go direct are compressed. What is compressed with zstd is "
		  "smaller and sooner there, but Docker before 23 cannot pull it." },
};
/* clang-format on */

const struct setting_spec *setting_specs(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(specs);
	return specs;
}

const struct setting_spec *setting_find(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++)
		if (!strcasecmp(specs[i].name, key))
			return &specs[i];
	return NULL;
}

const char *setting_environment(const struct setting_spec *spec, struct buf *buf)
{
	buf_reset(buf);
	buf_add_text(buf, "GIT_IMAGE_");
	for (const char *c = spec->name; *c; c++) {
		if (isupper((unsigned char)*c))
			buf_add_char(buf, '_');
		buf_add_char(buf, (char)toupper((unsigned char)*c));
	}
	return buf->data;
}
