/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <stdint.h>

/* Tables are laid out by hand. */
/* clang-format off */
#define FIELD(member) .offset = offsetof(struct options, member)
/* A switch, a word that is kept, and a word that overrides a configuration key. */
#define FLAG(option, member, text)                                                                 \
	{ .name = (option), .type = OPTION_FLAG, FIELD(member), .help = (text) }
#define TEXT(option, member, value, text)                                                          \
	{ .name = (option), .type = OPTION_TEXT, .argument = (value), FIELD(member),               \
	  .help = (text) }
#define KEY(option, key, value, text)                                                              \
	{ .name = (option), .type = OPTION_KEY, .config_key = (key), .argument = (value),          \
	  .help = (text) }
#define SHORT(letter) .short_name = (letter)

static const char *const format_words[] = { "text", "dot", "json", "makefile", "github",
					     "gitlab", NULL };
static const char *const progress_words[] = { "auto", "tty", "plain", NULL };

static const struct option_spec common[] = {
	TEXT("commit", commit, "REV",
	     "The commit whose images are meant, in any form that git knows (HEAD)"),
	KEY("engine", "engine", "URL", "The container engine, such as unix:///run/docker.sock"),
	FLAG("json", is_json, "Events and result on standard output, one JSON object a line"),
	{ .name = "progress", .type = OPTION_CHOICE, .argument = "HOW", FIELD(progress),
	  .choices = progress_words, .environment = "GIT_IMAGE_PROGRESS",
	  .help = "How progress is shown: tty (lines that change), plain (a log) or auto" },
	{ .name = "dry-run", SHORT('n'), .type = OPTION_FLAG, FIELD(is_dry_run),
	  .help = "Say every step and do none" },
	{ .name = "quiet", SHORT('q'), .type = OPTION_FLAG, FIELD(is_quiet),
	  .help = "Only the result, warnings and the error" },
	{ .name = "verbose", SHORT('v'), .type = OPTION_COUNT, FIELD(verbosity),
	  .help = "Say more" },
	{ SHORT('C'), .type = OPTION_TEXTS, .argument = "FOLDER", FIELD(folders),
	  .help = "Start in this folder" },
	{ .name = "help", SHORT('h'), .type = OPTION_FLAG, FIELD(wants_help), .ends_parsing = true,
	  .help = "Describe the command and its options" },
	{ .name = "version", .type = OPTION_FLAG, FIELD(wants_version), .ends_parsing = true,
	  .help = "Print the version" },
	{ .name = "introspect", .type = OPTION_TEXT, .argument = "WHAT", FIELD(introspect),
	  .is_hidden = true, .ends_parsing = true, .help = "Print the tables of the program" },
};

static const struct option_spec naming[] = {
	KEY("registry", "registry", "HOST[/PATH]", "Registry and namespace of the images"),
	KEY("repository", "repository", "NAME", "Repository of the image, without a tag"),
};

static const struct option_spec source[] = {
	FLAG("worktree", uses_worktree,
	     "The files of the work tree instead of the commit's; never published"),
};

static const struct option_spec building[] = {
	{ .name = "dockerfile", SHORT('f'), .type = OPTION_KEY, .config_key = "dockerfile",
	  .argument = "PATH", .help = "The Dockerfile, a path in the commit" },
	KEY("context", "context", "PATH", "The folder of the commit that the build may read"),
	KEY("target", "target", "STAGE", "The stage of the Dockerfile to build"),
	KEY("platform", "platform", "OS/ARCH[,...]", "Build for this platform, or for several"),
	KEY("build-arg", "buildArg", "NAME=VALUE", "An argument of the build; may be repeated"),
	KEY("label", "label", "NAME=VALUE", "A label of the image; may be repeated"),
	KEY("secret", "secret", "id=ID,env=NAME|id=ID,src=FILE",
	    "A secret for RUN --mount=type=secret,id=ID; may be repeated. Its value never stands "
	    "here"),
	KEY("ssh", "ssh", "ID[=SOCKET]",
	    "An SSH agent for RUN --mount=type=ssh,id=ID; may be repeated"),
	KEY("cache-from", "cacheFrom", "REF|type=TYPE,...",
	    "Take steps from this cache; may be repeated"),
	KEY("cache-to", "cacheTo", "inline|type=TYPE,...",
	    "Export the cache of the build; may be repeated"),
	KEY("builder", "builder", "KIND", "How the engine builds: auto, buildkit or classic"),
	KEY("frontend", "frontend", "KIND",
	    "What reads the Dockerfile: auto (its line \"# syntax=\") or builtin"),
	KEY("build-timeout", "buildTimeout", "TIME", "How long the build may take"),
	FLAG("no-cache", ignores_cache, "Run every step of the build again"),
	FLAG("rebuild", rebuilds, "Build, though the image or its content is there"),
	FLAG("pull", pulls_bases, "Ask the registry for newer base images"),
};

static const struct option_spec graph_work[] = {
	{ .name = "jobs", SHORT('j'), .type = OPTION_KEY, .config_key = "jobs", .argument = "N",
	  .help = "How many images are worked on at once" },
	TEXT("since", since, "REV",
	     "Only images that are not what they were in REV, and what stands on them"),
};

static const struct option_spec pruning[] = {
	{ .name = "prune", .type = OPTION_KEY, .argument = "WHEN", .config_key = "prune",
	  .negated = "never",
	  .help = "Remove older images after or before the trial has passed, or never" },
	KEY("keep", "keep", "N", "Keep the images of this many more commits"),
};

static const struct option_spec testing[] = {
	KEY("ready-timeout", "readyTimeout", "TIME", "How long the container may take to be ready"),
	KEY("test-timeout", "testTimeout", "TIME", "How long the tests may take"),
	KEY("report-folder", "reportFolder", "FOLDER",
	    "Where the reports of the tests are copied to"),
};

static const struct option_spec publishing[] = {
	FLAG("move-latest", moves_latest,
	     "Move :latest though its commit is not proven to be an ancestor"),
	KEY("tag", "tag", "TEMPLATE",
	    "One more tag, such as {branch} or semver; may be repeated"),
	FLAG("untested", allows_untested,
	     "Publish an image without a passing trial; recorded as such"),
};

static const struct option_spec sending[] = {
	KEY("to", "to", "oci:FOLDER|oci-archive:FILE|docker-archive:FILE",
	    "Publish there instead of to a registry"),
	KEY("publish", "publish", "HOW",
	    "How missing layers get to the registry: auto, engine (its own push) or direct"),
	KEY("compression", "compression", "KIND", "Of layers that go direct: gzip or zstd"),
};

static const struct option_spec explaining[] = {
	FLAG("explain", explains, "With each tag its rule, and what is left out and why"),
};

static const struct option_spec listing_inputs[] = {
	FLAG("explain", explains, "With each key all that goes into it: kind, name and value"),
};

static const struct option_spec setting_up[] = {
	FLAG("ledger", sets_up_ledger,
	     "Let 'git fetch' bring what REMOTE (origin) has on record"),
};

static const struct option_spec logging[] = {
	TEXT("image", image, "IMAGE", "Only what is on record of this image"),
	TEXT("since", since, "REV", "Without the commits that REV comes from, and REV itself"),
	TEXT("max-count", max_count, "N", "No more than N commits"),
};

static const struct option_spec writing_context[] = {
	{ .name = "output", SHORT('o'), .type = OPTION_TEXT, .argument = "FILE", FIELD(output),
	  .help = "Where to; - is standard output" },
};

static const struct option_spec drawing[] = {
	{ .name = "format", .type = OPTION_CHOICE, .argument = "FORMAT", FIELD(format),
	  .choices = format_words,
	  .help = "A tree (text), Graphviz (dot), json, a makefile, the matrices of a GitHub "
		  "workflow (github) or a GitLab child pipeline (gitlab)" },
};

static const struct option_spec resolving[] = {
	FLAG("env", prints_environment,
	     "Print NAME_SHA=, NAME_TAG= and NAME_DIGEST= for a shell or an env file"),
};

static const struct option_spec saving[] = {
	{ .name = "output", SHORT('o'), .type = OPTION_TEXT, .argument = "FILE", FIELD(output),
	  .help = "Where to: an archive, compressed if the name ends in .gz or .zst; oci:FOLDER or "
		  "oci-archive:FILE, an image layout; or - for standard output" },
	KEY("platform", "platform", "OS/ARCH", "The platform whose image is meant"),
};

static const struct option_spec loading[] = {
	FLAG("move-latest", moves_latest,
	     "Move :latest though its commit is not proven to be an ancestor"),
	KEY("platform", "platform", "OS/ARCH", "The platform whose image is meant"),
};

static const char *const by_words[] = { "commit", "content", NULL };

static const struct option_spec ensuring[] = {
	KEY("policy", "ensure", "WHAT",
	    "What may be done with a registry: all, pull-only, push-only or none"),
	{ .name = "by", .type = OPTION_CHOICE, .argument = "WHAT", FIELD(ensures_by),
	  .choices = by_words,
	  .help = "Which tag is meant: commit (1f2e3d4) or content (VERSION-KEY16)" },
	FLAG("force", is_forced, "Build, and push, again what is there"),
};

static const struct option_spec logging_in[] = {
	{ .name = "username", SHORT('u'), .type = OPTION_TEXT, .argument = "NAME", FIELD(username),
	  .help = "The user at the registry; without it you are asked on the terminal" },
	FLAG("password-stdin", reads_password,
	     "Read the password, or a token, from standard input instead of the terminal"),
};

#define GROUP(title, options) { (title), (options), ARRAY_SIZE(options) }
const struct option_group common_options = GROUP("Common options", common);
static const struct option_group naming_options = GROUP("Names", naming);
static const struct option_group source_options = GROUP("Source", source);
static const struct option_group building_options = GROUP("Build", building);
static const struct option_group graph_options = GROUP("Images", graph_work);
static const struct option_group jobs_options = { "Images", &graph_work[0], 1 };
static const struct option_group affected_options = { "Images", &graph_work[1], 1 };
static const struct option_group pruning_options = GROUP("Prune", pruning);
static const struct option_group reading_options = { "Build", &building[0], 2 };
static const struct option_group keeping_options = { "Prune", &pruning[1], 1 };
static const struct option_group testing_options = GROUP("Trial", testing);
static const struct option_group publishing_options = GROUP("Publish", publishing);
static const struct option_group latest_options = { "Publish", &publishing[0], 2 };
static const struct option_group tag_options = { "Publish", &publishing[1], 1 };
static const struct option_group sending_options = GROUP("Upload", sending);
static const struct option_group explaining_options = GROUP("Output", explaining);
static const struct option_group inputs_options = GROUP("Output", listing_inputs);
static const struct option_group init_options = GROUP("Set up", setting_up);
static const struct option_group log_options = GROUP("Commits", logging);
static const struct option_group context_options = GROUP("Output", writing_context);
static const struct option_group drawing_options = GROUP("Output", drawing);
static const struct option_group resolving_options = GROUP("Output", resolving);
static const struct option_group saving_options = GROUP("Save", saving);
static const struct option_group loading_options = GROUP("Load", loading);
static const struct option_group ensuring_options = GROUP("Ensure", ensuring);
static const struct option_group login_options = GROUP("Login", logging_in);

#define GROUPS(...) .groups = (const struct option_group *const[]){ __VA_ARGS__, NULL }
#define NAME(id_, name_) .id = (id_), .name = (name_)
#define IMAGES .arguments = "[IMAGE...]", .max_words = SIZE_MAX

const struct command_spec commands[COMMAND_COUNT] = {
	[COMMAND_STATUS] = {
		NAME(COMMAND_STATUS, "status"), IMAGES,
		.summary = "Show what the commit has and what 'make' would do",
		.description =
		"Shows for each image whether the commit's image is built, tested and published, "
		"where :latest stands, and what 'make' would do and why. Of several images it "
		"prints a table of key, state (build, stamp, pull, have, published or unknown) and "
		"reason, for which no registry is asked: 'published' is what the ledger has. "
		"Changes nothing. This is what runs when no command is given.",
		GROUPS(&source_options, &naming_options, &common_options),
	},
	[COMMAND_MAKE] = {
		NAME(COMMAND_MAKE, "make"), IMAGES, .takes_parents = true,
		.summary = "Build, stamp, tag, prune, try and record",
		.description =
		"Builds the image from the tree of the commit, stamps the full SHA into it, tags "
		"it with the short SHA and :latest, starts a container of it, waits until that is "
		"ready, runs the tests inside, removes older images of the same repository, and "
		"records the result. What is already done is not done again. Nothing is published.",
		GROUPS(&source_options, &graph_options, &building_options, &naming_options,
		       &pruning_options, &testing_options, &common_options),
	},
	[COMMAND_RELEASE] = {
		NAME(COMMAND_RELEASE, "release"), IMAGES, .takes_parents = true,
		.summary = "The same, then publish",
		.description =
		"Does what 'make' does, then what 'publish' does. The image that is published is "
		"the one that was tested.",
		GROUPS(&graph_options, &building_options, &naming_options, &pruning_options,
		       &testing_options, &latest_options, &sending_options, &common_options),
	},
	[COMMAND_BUILD] = {
		NAME(COMMAND_BUILD, "build"), IMAGES, .takes_parents = true,
		.summary = "Build, stamp and tag",
		.description =
		"The first steps of 'make': the image is built, stamped and tagged; nothing is "
		"started and nothing removed.",
		GROUPS(&source_options, &graph_options, &building_options, &naming_options,
		       &common_options),
	},
	[COMMAND_TEST] = {
		NAME(COMMAND_TEST, "test"), IMAGES,
		.summary = "Try the commit's image: start, await, test, record",
		.description =
		"Starts a container of the commit's image, which must be built, waits until it is "
		"ready, runs the tests inside and records the result. The container is removed in "
		"every case.",
		GROUPS(&source_options, &jobs_options, &naming_options, &testing_options,
		       &common_options),
	},
	[COMMAND_PRUNE] = {
		NAME(COMMAND_PRUNE, "prune"), IMAGES,
		.summary = "Remove older images of the same repository",
		.description =
		"Removes the tags of older commits that git-image itself made in exactly this "
		"repository. :latest, the commit's own image, the newest one that passed its trial "
		"and all that a container uses stay.",
		GROUPS(&naming_options, &keeping_options, &common_options),
	},
	[COMMAND_PUBLISH] = {
		NAME(COMMAND_PUBLISH, "publish"), IMAGES,
		.summary = "Push the tested image under the short SHA, then :latest",
		.description =
		"Pushes the commit's image under its short SHA, reads it back, and then moves "
		":latest to it if the commit that :latest holds is an ancestor. An image without a "
		"passing trial, of a work tree, or with another SHA inside is refused.",
		GROUPS(&naming_options, &publishing_options, &sending_options, &common_options),
	},
	[COMMAND_EXISTS] = {
		NAME(COMMAND_EXISTS, "exists"), .arguments = "REF...",
		.min_words = 1, .max_words = SIZE_MAX,
		.summary = "Say whether images are in their registry: yes, no or unknown",
		.description =
		"Asks the registries, many references at once, and prints 'REF yes', 'REF no' or "
		"'REF unknown' for each. Exits with 0 if all are there, 1 if one is not, 7 or 8 if "
		"one is not known because the registry denies the answer or gives none: an unknown "
		"is not a no. With --quiet nothing is printed. No manifest is read, so nothing "
		"counts as a pull.",
		GROUPS(&common_options),
	},
	[COMMAND_RESOLVE] = {
		NAME(COMMAND_RESOLVE, "resolve"), .arguments = "REF...",
		.min_words = 1, .max_words = SIZE_MAX,
		.summary = "Print the tag of the commit that an image in a registry holds",
		.description =
		"Reads the SHA inside each image from the registry, without pulling it, and prints "
		"the reference that will not move: app:latest becomes app:1f2e3d4@sha256:... What "
		"the tag of that commit holds is compared: another image is a conflict (9). "
		"Several references are one set: nothing is printed unless all can be resolved.",
		GROUPS(&resolving_options, &common_options),
	},
	[COMMAND_ENSURE] = {
		NAME(COMMAND_ENSURE, "ensure"), .arguments = "[IMAGE...]", .max_words = SIZE_MAX,
		.summary = "Have an image here: found, pulled or built; print its reference",
		.description =
		"Sees to it that each image is here, and prints its reference and nothing else. "
		"An image of this repository is named as in .gitimage, or by its reference: it is "
		"found here, else in its registry, else built; what was built may be pushed under "
		"its content tag, which others find. Any other reference, also outside of every "
		"repository, is found here or pulled; it has a '/', a ':' or a '@' in it. Exits "
		"with 1 if such a one is nowhere. Several are had side by side, and named in the "
		"order asked for; if some fail, the others are had all the same.",
		GROUPS(&ensuring_options, &jobs_options, &building_options, &naming_options,
		       &common_options),
	},
	[COMMAND_REF] = {
		NAME(COMMAND_REF, "ref"), IMAGES,
		.summary = "Print the reference that the commit's image has or will have",
		.description =
		"Prints the repository and the tag of the commit's image, whether it is there or "
		"not. Asks nobody.",
		GROUPS(&source_options, &naming_options, &common_options),
	},
	[COMMAND_KEY] = {
		NAME(COMMAND_KEY, "key"), IMAGES,
		.summary = "Print the content key: what a build reads, the commit apart",
		.description =
		"Prints the key of each image. Images of equal keys hold the same, so that one of "
		"them has to be built only once. The engine is asked for the digests of base "
		"images and, where it has not got them or there is none, their registry. Exits "
		"with 1 if a key cannot be known before the build, and says why.",
		GROUPS(&inputs_options, &building_options, &naming_options, &common_options),
	},
	[COMMAND_CONTEXT] = {
		NAME(COMMAND_CONTEXT, "context"), .arguments = "[IMAGE]", .max_words = 1,
		.summary = "Write what a build may read as a tar",
		.description =
		"Writes the context of the image, the files of the commit that .dockerignore and "
		"image.files leave, as a tar that depends on nothing else: equal files give equal "
		"bytes on every machine. It is what an engine without BuildKit is sent. A file is "
		"replaced once the new one is whole. Neither engine nor registry is asked.",
		GROUPS(&context_options, &source_options, &reading_options, &common_options),
	},
	[COMMAND_WHY] = {
		NAME(COMMAND_WHY, "why"), .arguments = "[A..B] [IMAGE...]", .max_words = SIZE_MAX,
		.summary = "Say why an image is built again",
		.description =
		"Compares what goes into each image with the last build of another content that "
		"the ledger has of the commit's first parents, and names the first thing that is "
		"another one: a file, a build argument, a base image, a parent and what made that "
		"another one. Then what 'make' would do: nothing, stamp what is there, or build. "
		"With A..B two commits are compared as they would be built now.",
		GROUPS(&building_options, &naming_options, &common_options),
	},
	[COMMAND_LOG] = {
		NAME(COMMAND_LOG, "log"), .arguments = "[REV]", .max_words = 1,
		.summary = "Show the commits with what is on record of their images",
		.description =
		"Goes through the commits as 'git log' does and prints for each image of each what "
		"the ledger has of it: content key, ID, trial and publication. A commit of which "
		"nothing is on record has dashes. What others put on record, as far as it was "
		"fetched, is marked with a star; what has this machine's seal goes before it. "
		"Neither engine nor registry is asked.",
		GROUPS(&log_options, &common_options),
	},
	[COMMAND_GRAPH] = {
		NAME(COMMAND_GRAPH, "graph"), IMAGES, .takes_parents = true,
		.summary = "Show which image stands on which",
		.description =
		"Prints the images of the commit, or those named and what they stand on: as a "
		"tree, or as text from which other programs build them in that order. An image "
		"stands on those that its Dockerfile names without a tag in FROM, COPY --from or "
		"RUN --mount=from, by name or repository, and on its image.parent. Asks nobody.",
		GROUPS(&drawing_options, &affected_options, &naming_options, &common_options),
	},
	[COMMAND_LEDGER] = {
		NAME(COMMAND_LEDGER, "ledger"), .arguments = "pull|push [REMOTE]",
		.min_words = 1, .max_words = 2,
		.actions = (const char *const[]){ "pull", "push", NULL },
		.summary = "Exchange what is on record with a remote",
		.description =
		"'ledger pull' fetches refs/notes/image of the remote (origin) with git and joins "
		"it with yours: each commit then has the lines of both. 'ledger push' does that "
		"too and pushes the result, again if somebody else was faster; nothing is forced. "
		"Lines that others wrote prove no trial unless image.trust says so.",
		GROUPS(&common_options),
	},
	[COMMAND_TAGS] = {
		NAME(COMMAND_TAGS, "tags"), IMAGES,
		.summary = "Print the tags that 'publish' would give",
		.description =
		"Prints the references under which 'publish' would put the commit's image: that of "
		"the short SHA, those of image.tag, and :latest. No registry is asked, so a tag "
		"that moves may stay where it is when the time comes.",
		GROUPS(&explaining_options, &tag_options, &naming_options, &common_options),
	},
	[COMMAND_SAVE] = {
		NAME(COMMAND_SAVE, "save"), .arguments = "[IMAGE]", .max_words = 1,
		.summary = "Write the commit's image to a file",
		.description =
		"Writes the commit's image, which must be built, to an archive that 'git image "
		"load' and docker load take, or to an OCI image layout, under its short SHA. Of "
		"several platforms a layout takes all, an archive for docker load one. The same "
		"image gives the same bytes. A file is replaced once the new one is whole.",
		GROUPS(&saving_options, &naming_options, &common_options),
	},
	[COMMAND_LOAD] = {
		NAME(COMMAND_LOAD, "load"), .arguments = "FILE...",
		.min_words = 1, .max_words = SIZE_MAX,
		.summary = "Load images that 'save' wrote, under this repository's name",
		.description =
		"Loads archives, plain or compressed, - from standard input, and image layouts in "
		"a folder or an archive, and tags each image with the short SHA of its commit, "
		"which must be one of this repository. The name is the one that the configuration "
		"gives the image here. Anything else than an image that git-image stamped is "
		"refused. :latest moves only to a later commit. No trial is recorded: 'git image "
		"test' runs one.",
		GROUPS(&loading_options, &naming_options, &common_options),
	},
	[COMMAND_LOGIN] = {
		NAME(COMMAND_LOGIN, "login"), .arguments = "[REGISTRY]", .max_words = 1,
		.summary = "Try a user's password at a registry and keep it",
		.description =
		"Tries user and password at the registry and keeps them where docker and podman "
		"look for them too: with the credential helper that docker's config.json names, "
		"else in that file, or in podman's auth.json if there is only that. What was found "
		"for the registry before is replaced. The registry is that of image.registry if "
		"none is given; one that only the commit names counts when you are asked for the "
		"password, not with --password-stdin.",
		GROUPS(&login_options, &common_options),
	},
	[COMMAND_LOGOUT] = {
		NAME(COMMAND_LOGOUT, "logout"), .arguments = "[REGISTRY]", .max_words = 1,
		.summary = "Erase what is kept for a registry",
		.description =
		"Erases the credentials for the registry, and for single repositories there, from "
		"all files of docker and podman and their credential helpers.",
		GROUPS(&common_options),
	},
	[COMMAND_DOCTOR] = {
		NAME(COMMAND_DOCTOR, "doctor"), .arguments = "",
		.summary = "Check repository, configuration, engine and registry",
		.description =
		"Checks what the other commands need, one line each, with the mend where something "
		"is missing. Exits with 1 if something is.",
		GROUPS(&common_options),
	},
	[COMMAND_INIT] = {
		NAME(COMMAND_INIT, "init"), .arguments = "[REMOTE]", .max_words = 1,
		.summary = "Look at the repository and write a .gitimage to start with",
		.description =
		"Says which Dockerfiles, tests, registry and branch it finds in the work tree, and "
		"writes a .gitimage with comments if there is none; one that is there is never "
		"touched. With --ledger plain 'git fetch' brings what the remote has on record "
		"too, to refs/notes/remotes/REMOTE/image, from where 'log', 'why' and 'ledger' "
		"join it with yours; what 'git push' pushes stays as it is.",
		GROUPS(&init_options, &common_options),
	},
	[COMMAND_HOOK] = {
		NAME(COMMAND_HOOK, "hook"), .arguments = "install|uninstall|run [HOOK [WORD...]]",
		.min_words = 1, .max_words = SIZE_MAX,
		.actions = (const char *const[]){ "install", "uninstall", "run", NULL },
		.summary = "Install, remove or run the hooks of git",
		.description =
		"'hook install' puts a post-commit hook, or the hooks named, into the repository. "
		"A hook that is not ours is never overwritten. 'hook uninstall' removes ours. "
		"'hook run' is what an installed hook calls: post-commit and pre-push run 'make'.",
		GROUPS(&common_options),
	},
};
/* clang-format on */

const struct command_spec *command_find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}
