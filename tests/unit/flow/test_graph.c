/* SPDX-License-Identifier: MIT */
/* Which images a commit has, which stands on which, in what order; what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "scene.h"

/* "base app(base=reg/base) ..." in order, levels with "|" between; a parent that only the
 * configuration names is "parent!"; "*" stands behind an image that was named. */
static void print_graph(const struct graph *graph, struct buf *text)
{
	for (size_t i = 0; i < graph->len; i++) {
		const struct graph_image *image = &graph->images[i];
		const struct job *job = &image->jobs.items[0];

		if (i)
			buf_add_text(text, image->level > image[-1].level ? " | " : " ");
		buf_add_format(text, "%s%s", image->name ? image->name : "-",
			       image->is_named ? "*" : "");
		assert_ptr_equal(job->settings, &image->settings);
		for (size_t j = 0; j < job->parent_count; j++)
			buf_add_format(text, "%s%s%s%s%s", j ? "," : "(", job->parents[j].job->name,
				       job->parents[j].base ? "=" : "!",
				       job->parents[j].base ? job->parents[j].base : "",
				       j + 1 < job->parent_count ? "" : ")");
	}
}

static const struct {
	const char *files[SCENE_FILES_MAX];
	const char *words;
	const char *graph;
} good[] = {
	{ { "Dockerfile\nFROM scratch", ".gitimage\n[image]\nrepository = app" }, NULL, "-*" },
	/* By name, with :latest or without, in any instruction, each once. */
	{ { ".gitimage\n" SECTION("c") SECTION("b") SECTION("a"), "a/Dockerfile\nFROM b",
	    "b/Dockerfile\nFROM c:latest\nCOPY --from=c:latest / /", "c/Dockerfile\nFROM scratch" },
	  NULL,
	  "c* | b*(c=c:latest) | a*(b=b)" },
	{ { ".gitimage\n" SECTION("a") SECTION("b") SECTION("c"),
	    "a/Dockerfile\nFROM scratch\nCOPY --from=b / /\nRUN --mount=from=c true",
	    "b/Dockerfile\nFROM scratch", "c/Dockerfile\nFROM scratch" },
	  NULL,
	  "b* c* | a*(b=b,c=c)" },
	{ { ".gitimage\n" SECTION("a") SECTION("b"),
	    "a/Dockerfile\nFROM b\nCOPY --from=b:latest / /", "b/Dockerfile\nFROM scratch" },
	  NULL,
	  "b* | a*(b=b,b=b:latest)" },
	/* Another tag, a digest, a host and a stage are foreign, and so is the image's own name
	 * where its repository has another one. */
	{ { ".gitimage\n" SECTION("a") SECTION("b"),
	    "a/Dockerfile\nFROM b:1\nFROM docker.io/library/b\nFROM b@sha256:"
	    "1111111111111111111111111111111111111111111111111111111111111111\n"
	    "FROM scratch AS b\nFROM b",
	    "b/Dockerfile\nFROM b:1\nCOPY --from=r.example/b / /" },
	  NULL,
	  "a* b*" },
	{ { ".gitimage\n[image]\nregistry = r.example/team\n" SECTION("a") SECTION("b"),
	    "a/Dockerfile\nFROM a\nCOPY --from=r.example/a / /\n"
	    "COPY --from=r.example/team/a:1 / /",
	    "b/Dockerfile\nFROM b@sha256:"
	    "1111111111111111111111111111111111111111111111111111111111111111\n" },
	  NULL,
	  "a* b*" },
	{ { ".gitimage\n" SECTION("a") SECTION("b"), "a/Dockerfile\nFROM scratch AS b\nFROM b",
	    "b/Dockerfile\nFROM a" },
	  NULL,
	  "a* | b*(a=a)" },
	/* By repository. */
	{ { ".gitimage\n[image]\nregistry = r.example/team\n" SECTION("a")
		    SECTION("b") "repository = r.example/other/x\n" SECTION("c"),
	    "a/Dockerfile\nFROM r.example/other/x:latest\nCOPY --from=r.example/team/c / /",
	    "b/Dockerfile\nFROM r.example/team/c:1", "c/Dockerfile\nFROM r.example/b" },
	  NULL,
	  "b* c* | a*(b=r.example/other/x:latest,c=r.example/team/c)" },
	{ { ".gitimage\n[image]\nregistry = docker.io/team\n" SECTION("a") SECTION("b"),
	    "a/Dockerfile\nFROM team/b", "b/Dockerfile\nFROM scratch" },
	  NULL,
	  "b* | a*(b=team/b)" },
	/* By an argument, its default or what the configuration gives. */
	{ { ".gitimage\n" SECTION("a") "buildArg = FROM=b\n" SECTION("b") SECTION("c"),
	    "a/Dockerfile\nARG FROM=c\nFROM $FROM", "b/Dockerfile\nARG FROM=c\nFROM ${FROM}",
	    "c/Dockerfile\nFROM scratch" },
	  NULL,
	  "c* | b*(c=c) | a*(b=b)" },
	/* By the configuration alone. */
	{ { ".gitimage\n" SECTION("a") "parent = b\nparent = c\n" SECTION("b") SECTION("c"),
	    "a/Dockerfile\nFROM b", "b/Dockerfile\nFROM scratch", "c/Dockerfile\nFROM scratch" },
	  NULL,
	  "b* c* | a*(b=b,c!)" },
	/* Only the stages that are built, so that images may share a Dockerfile. */
	{ { ".gitimage\n[image \"a\"]\ntarget = a\n[image \"b\"]\n",
	    "Dockerfile\nFROM scratch AS a\nFROM a AS x\nCOPY --from=scratch / /\nFROM b:1" },
	  NULL,
	  "a* b*" },
	/* What is named, and what it stands on. */
	{ { ".gitimage\n" SECTION("a") SECTION("b") SECTION("c") SECTION("d"),
	    "a/Dockerfile\nFROM b", "b/Dockerfile\nFROM c", "c/Dockerfile\nFROM scratch",
	    "d/Dockerfile\nFROM b" },
	  "a c",
	  "c* | b(c=c) | a*(b=b)" },
	/* A diamond, by level and then by name. */
	{ { ".gitimage\n" SECTION("a") SECTION("b") SECTION("c") SECTION("d"),
	    "a/Dockerfile\nFROM c\nCOPY --from=b / /", "b/Dockerfile\nFROM d",
	    "c/Dockerfile\nFROM d", "d/Dockerfile\nFROM scratch" },
	  NULL,
	  "d* | b*(d=d) c*(d=d) | a*(c=c,b=b)" },
	/* A section needs no keys. */
	{ { ".gitimage\n[image \"b\"]\n[image \"a\"]\n", "Dockerfile\nFROM scratch" },
	  NULL,
	  "a* b*" },
	/* A Dockerfile that is not there, or not to be read, is the build's to tell. */
	{ { ".gitimage\n" SECTION("a") "parent = b\n" SECTION("b") SECTION("c"),
	    "b/Dockerfile\nRUN", "c/Dockerfile\nFROM b" },
	  NULL,
	  "b* | a*(b!) c*(b=b)" },
	/* What is pinned is never built. */
	{ { ".gitimage\n" SECTION("a") SECTION("b"), "a/Dockerfile\nFROM b",
	    "a/HASH\nsha256:1111111111111111111111111111111111111111111111111111111111111111\n",
	    "b/Dockerfile\nFROM a" },
	  NULL,
	  "a* | b*(a=a)" },
	/* Folders. */
	{ { ".gitimage\n[image]\nfolder = docker/*\nfolder = x\n[image \"web\"]\ntarget = t\n"
	    "[image \"other\"]\ncontext = x\n",
	    "docker/web/Dockerfile\nFROM base AS t\nFROM scratch", "docker/base/Dockerfile\nFROM x",
	    "docker/deep/er/Dockerfile\nFROM scratch", "docker/none/file\n", "docker/Dockerfile\n",
	    "x/Dockerfile\nFROM scratch" },
	  NULL,
	  "other* x* | base*(x=x) | web*(base=base)" },
	{ { ".gitimage\n[image]\nfolder = **/docker-?\n", "docker-1/Dockerfile\nFROM scratch",
	    "a/b/docker-2/Dockerfile\nFROM docker-1" },
	  NULL,
	  "docker-1* | docker-2*(docker-1=docker-1)" },
	/* Like another one. */
	{ { ".gitimage\n[image]\nfolder = docker/*\n[image \"web\"]\nrepository = r.example/x\n"
	    "[image \"web-2\"]\nlike = web\nbuildArg = BASE=two\n",
	    "docker/web/Dockerfile\nARG BASE=one\nFROM $BASE",
	    "docker/one/Dockerfile\nFROM scratch", "docker/two/Dockerfile\nFROM scratch" },
	  NULL,
	  "one* two* | web*(one=one) web-2*(two=two)" },
};

static void test_what_stands_on_what(void **state)
{
	const struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		AUTO(scene_close) struct scene scene = { 0 };
		AUTO(buf_release) struct buf text = BUF_INIT(1000);
		struct error err = { 0 };

		scene_commit(world, good[i].files);
		if (scene_open(&scene, world, good[i].words, &err))
			fail_msg("%zu: %s", i, err.message);
		print_graph(&scene.graph, &text);
		if (strcmp(text.data, good[i].graph) != 0)
			fail_msg("%zu: %s", i, text.data);
	}
}

#define ITSELF(place)                                                                              \
	place " is the name of this image itself: its :latest would be built on itself again and " \
	      "again"
#define OTHER_NAME(image)                                                                          \
	"give the image another name (image." image "repository or image.registry), or name the "  \
	"base by another tag or its digest"

/* Of an image without a section there is nothing that could be meant. */
static void test_a_base_may_be_a_slip_for_an_image(void **state)
{
	static const char *const files[] = { ".gitimage\n" SECTION(
						     "web") "platform = linux/amd64\nplatform = "
							    "linux/arm64\n" SECTION("base")
								    SECTION("worker"),
					     "web/Dockerfile\nFROM bsae\nCOPY --from=wroker:latest "
					     "/ /\nCOPY --from=bsae:1 / /"
					     "\nCOPY --from=elephant / /\nCOPY --from=wbe / /",
					     "base/Dockerfile\nFROM scratch", NULL },
				 *const alone[] = { "Dockerfile\nFROM bsae",
						    ".gitimage\n[image]\nrepository = base", NULL };
	const struct world *world = *state;
	AUTO(scene_close) struct scene scene = { 0 }, other = { 0 };
	struct error err = { 0 };
	const struct jobs *jobs;

	scene_commit(world, files);
	assert_int_equal(scene_open(&scene, world, "web", &err), 0);
	jobs = &scene.graph.images[0].jobs;
	assert_int_equal(jobs->len, 2);
	for (size_t i = 0; i < jobs->len; i++) {
		const struct strmap *slips = &jobs->items[i].slips;

		assert_int_equal(slips->len, 2);
		assert_string_equal(strmap_get(slips, "bsae"), "base");
		assert_string_equal(strmap_get(slips, "wroker:latest"), "worker");
	}
	scene_commit(world, alone);
	assert_int_equal(scene_open(&other, world, NULL, &err), 0);
	assert_int_equal(other.graph.images[0].jobs.items[0].slips.len, 0);
}

static const struct {
	const char *files[SCENE_FILES_MAX];
	const char *words;
	const char *message; /* "@" is the short SHA */
	const char *hint;
} bad[] = {
	{ { ".gitimage\n" SECTION("a") SECTION("b") SECTION("c") SECTION("d"),
	    "a/Dockerfile\nFROM b", "b/Dockerfile\nFROM c", "c/Dockerfile\nFROM b:latest",
	    "d/Dockerfile\nFROM scratch" },
	  NULL,
	  "images stand on each other: b -> c -> b",
	  "the Dockerfile of 'c' names 'b:latest'; if that is to be a foreign image, give it its "
	  "registry, its tag or its digest" },
	{ { ".gitimage\n[image]\nfolder = docker/*\n",
	    "docker/memcached/Dockerfile\nFROM memcached" },
	  NULL,
	  ITSELF("docker/memcached/Dockerfile:1: 'memcached'"),
	  OTHER_NAME("memcached.") },
	{ { ".gitimage\n[image]\nrepository = nginx\n", "Dockerfile\n# x\nFROM nginx:latest" },
	  NULL,
	  ITSELF("Dockerfile:2: 'nginx:latest'"),
	  OTHER_NAME("") },
	{ { ".gitimage\n[image]\nrepository = nginx\n",
	    "Dockerfile\nFROM nginx:1\nRUN true\nCOPY --from=docker.io/library/nginx / /" },
	  NULL,
	  ITSELF("Dockerfile:3: 'docker.io/library/nginx'"),
	  OTHER_NAME("") },
	{ { ".gitimage\n[image]\nregistry = r.example/team\n" SECTION(
		    "a") "buildArg = FROM=r.example/team/a\n",
	    "a/Dockerfile\nARG FROM=x\nFROM $FROM" },
	  NULL,
	  ITSELF("a/Dockerfile:2: 'r.example/team/a'"),
	  OTHER_NAME("a.") },
	{ { ".gitimage\n" SECTION("a") "base = a\n" SECTION("b"), "a/Dockerfile\nFROM x",
	    "b/Dockerfile\nFROM a" },
	  "b",
	  ITSELF("a/Dockerfile:1: 'a' (image.base)"),
	  OTHER_NAME("a.") },
	{ { ".gitimage\n" SECTION("a") "parent = b\n" SECTION("b") "parent = a\n" },
	  "b",
	  "images stand on each other: b -> a -> b",
	  "remove image.a.parent = b" },
	{ { ".gitimage\n" SECTION("a") "parent = a\n" },
	  NULL,
	  "images stand on each other: a -> a",
	  "remove image.a.parent = a" },
	{ { ".gitimage\n" SECTION("web") "parent = bsae\n" SECTION("base") },
	  NULL,
	  "'image.web.parent': no image 'bsae' in commit @",
	  "did you mean 'base'?" },
	{ { ".gitimage\n" SECTION("web") SECTION("base") },
	  "web bsae",
	  "no image 'bsae' in commit @",
	  "did you mean 'base'?" },
	{ { ".gitimage\n" SECTION("web") SECTION("wet") },
	  "docker/web",
	  "no image 'docker/web' in commit @",
	  "did you mean 'web'?" },
	{ { ".gitimage\n" SECTION("base") SECTION("web") },
	  "r.example:5000/team/web:1",
	  "no image 'r.example:5000/team/web:1' in commit @",
	  "did you mean 'web'?" },
	{ { ".gitimage\n" SECTION("web") },
	  "elephant",
	  "no image 'elephant' in commit @",
	  "its images are the sections [image \"NAME\"] of .gitimage and what image.folder finds; "
	  "'git image graph' lists them" },
	{ { "Dockerfile\nFROM scratch" },
	  "web",
	  "no image 'web' in commit @",
	  "it has one image, without a name: leave the name out" },
	{ { ".gitimage\n[image \"a\"]\nlike = b\n[image \"b\"]\nlike = c\n[image \"c\"]\nlike = "
	    "b\n" },
	  NULL,
	  "'image.b.like' goes round: b -> c -> b",
	  "one of them has to have its settings itself" },
	{ { ".gitimage\n[image \"a\"]\nlike = bb\n[image \"b\"]\n" },
	  NULL,
	  "'image.a.like': no image 'bb'",
	  "did you mean 'b'?" },
	{ { ".gitimage\n[image]\nparent = base\n" },
	  NULL,
	  "'.gitimage' in commit @: .gitimage:2: 'image.parent': this holds for one image",
	  "write it as image.NAME.parent, in a section [image \"NAME\"]" },
	{ { ".gitimage\n[image \"Web\"]\n" },
	  NULL,
	  "'.gitimage' in commit @: .gitimage:1: 'image.Web': 'Web' is no image: its name has "
	  "upper "
	  "case letters",
	  NULL },
	{ { ".gitimage\n[image]\nfolder = docker/*\n", "docker/x\n" },
	  NULL,
	  "image.folder: no folder 'docker/*' of commit @ has a Dockerfile",
	  "a pattern names folders from the commit's root: docker/* finds docker/web, if "
	  "docker/web/Dockerfile is there" },
	{ { ".gitimage\n[image]\nfolder = */web\n", "a/web/Dockerfile\n", "b/web/Dockerfile\n" },
	  NULL,
	  "image.folder: 'a/web' and 'b/web' would both be the image 'web'",
	  "rename one, or leave it out and give it a section: [image \"OTHER\"] context = b/web" },
	{ { ".gitimage\n[image]\nfolder = *\n", "My App/Dockerfile\n" },
	  NULL,
	  "image.folder: 'My App' cannot be an image: ",
	  "rename the folder, or give it a section: [image \"NAME\"] context = PATH" },
	{ { ".gitimage\n[image]\nfolder = ../x\n" },
	  NULL,
	  "'.gitimage' in commit @: .gitimage:2: 'image.folder': expected folders below the "
	  "commit's "
	  "root, such as docker/*, not '../x'",
	  NULL },
	{ { ".gitimage\n" SECTION("a") "platform = plan9/mips\n" SECTION("b"),
	    "a/Dockerfile\nFROM b", "b/Dockerfile\nFROM scratch" },
	  NULL,
	  "'a' is for plan9/mips, but its parent 'b' is not",
	  "image.b.platform has to name it too" },
};

static void expand(const char *message, const char *sha, struct buf *text)
{
	for (; *message; message++)
		if (*message == '@')
			buf_add_format(text, "%.7s", sha);
		else
			buf_add_char(text, *message);
}

static void test_what_is_refused_and_how(void **state)
{
	const struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		AUTO(scene_close) struct scene scene = { 0 };
		AUTO(buf_release) struct buf message = BUF_INIT(1000);
		struct error err = { 0 };

		scene_commit(world, bad[i].files);
		if (!scene_open(&scene, world, bad[i].words, &err))
			fail_msg("%zu is taken", i);
		assert_int_equal(err.kind, ERROR_INPUT);
		expand(bad[i].message, scene.run.commit.sha, &message);
		if (strcmp(err.message, message.data) != 0 &&
		    (!str_ends(message.data, ": ") || !str_starts(err.message, message.data)))
			fail_msg("%zu: %s", i, err.message);
		if (bad[i].hint)
			assert_string_equal(err.hint, bad[i].hint);
	}
}

static void test_a_parent_is_of_the_same_platform(void **state)
{
	static const char *const files[] = {
		".gitimage\n[image]\nplatform = linux/s390x, linux/riscv64\n" SECTION("a")
			SECTION("b"),
		"a/Dockerfile\nFROM b",
		"b/Dockerfile\nFROM scratch",
		NULL,
	};
	const struct world *world = *state;
	AUTO(scene_close) struct scene scene = { 0 };
	struct error err = { 0 };

	scene_commit(world, files);
	assert_int_equal(scene_open(&scene, world, NULL, &err), 0);
	for (size_t i = 0; i < 2; i++) {
		const struct job *child = &scene.graph.images[1].jobs.items[i];

		assert_int_equal(child->parent_count, 1);
		assert_ptr_equal(child->parents[0].job, &scene.graph.images[0].jobs.items[i]);
		assert_string_equal(child->parents[0].job->platform, child->platform);
	}
}

/* A stage that runs where it is built stands on an image for there alone. */
static void test_a_stage_may_choose_its_platform(void **state)
{
	static const char *const files[] = {
		".gitimage\n" SECTION("a") "platform = plan9/mips\n" SECTION("b"),
		"a/Dockerfile\nFROM --platform=$BUILDPLATFORM b AS build\nFROM scratch\n",
		"b/Dockerfile\nFROM scratch",
		NULL,
	};
	const struct world *world = *state;
	AUTO(scene_close) struct scene scene = { 0 };
	struct error err = { 0 };

	scene_commit(world, files);
	assert_int_equal(scene_open(&scene, world, NULL, &err), 0);
	assert_ptr_equal(scene.graph.images[1].jobs.items[0].parents[0].job,
			 &scene.graph.images[0].jobs.items[0]);
}

static const struct {
	const char *before[SCENE_FILES_MAX], *after[SCENE_FILES_MAX];
	const char *changed; /* of the images afterwards; "+": wanted for others' sake */
} changes[] = {
#define CHAIN(a_text, b_text, c_file)                                                              \
	{                                                                                          \
		".gitimage\n" SECTION("a") SECTION("b") SECTION("c") SECTION("d"),                 \
			"a/Dockerfile\n" a_text, "b/Dockerfile\n" b_text,                          \
			"c/Dockerfile\nFROM scratch", "c/file\n" c_file, "d/Dockerfile\nFROM a"    \
	}
#define STILL CHAIN("FROM scratch", "FROM a\nCOPY --from=c / /", "1")
	{ STILL, STILL, "" },
	{ STILL, CHAIN("FROM scratch", "FROM a\nCOPY --from=c / /", "2"), "+a c b" },
	{ STILL, CHAIN("FROM scratch\nLABEL x=1", "FROM a\nCOPY --from=c / /", "1"), "a +c b d" },
	{ STILL, CHAIN("FROM scratch", "FROM a", "1"), "+a b" },
	/* Who cannot be read may be anything. */
	{ STILL, CHAIN("FROM", "FROM a\nCOPY --from=c / /", "1"), "a +c b d" },
	/* New, and of another setting that goes into the image. */
	{ { ".gitimage\n" SECTION("a"), "a/Dockerfile\nFROM scratch",
	    "b/Dockerfile\nFROM scratch" },
	  { ".gitimage\n" SECTION("a") SECTION("b"), "a/Dockerfile\nFROM scratch",
	    "b/Dockerfile\nFROM scratch" },
	  "b" },
	{ { ".gitimage\n" SECTION("a") SECTION("b"), "a/Dockerfile\nFROM scratch",
	    "b/Dockerfile\nFROM scratch" },
	  { ".gitimage\n" SECTION("a") "target = 0\n" SECTION("b") "test = true\n",
	    "a/Dockerfile\nFROM scratch", "b/Dockerfile\nFROM scratch" },
	  "a" },
	{ { ".gitimage\n" SECTION("a") SECTION("b"), "a/Dockerfile\nFROM scratch",
	    "b/Dockerfile\nFROM scratch" },
	  { ".gitimage\n" SECTION("a") "parent = b\n" SECTION("b"), "a/Dockerfile\nFROM scratch",
	    "b/Dockerfile\nFROM scratch" },
	  "+b a" },
/* Pinned: its files do not count, what it is pinned to does. */
#define PIN(digit)                                                                                 \
	"a/HASH\nsha256:" digit                                                                    \
	"11111111111111111111111111111111111111111111111111111111111111" digit
	{ { ".gitimage\n" SECTION("a"), "a/Dockerfile\nFROM a", PIN("1") },
	  { ".gitimage\n" SECTION("a"), "a/Dockerfile\nFROM b", PIN("1") },
	  "" },
	{ { ".gitimage\n" SECTION("a"), "a/Dockerfile\nFROM a", PIN("1") },
	  { ".gitimage\n" SECTION("a"), "a/Dockerfile\nFROM a", PIN("2") },
	  "a" },
	/* The same image elsewhere. */
	{ { ".gitimage\n[image]\nfolder = x/*\n", "x/a/Dockerfile\nFROM scratch", "x/a/f\n1" },
	  { ".gitimage\n[image]\nfolder = y/*\n", "y/a/Dockerfile\nFROM scratch", "y/a/f\n1" },
	  "" },
};

static void test_what_has_changed(void **state)
{
	const struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		AUTO(scene_close) struct scene before = { 0 }, after = { 0 };
		AUTO(buf_release) struct buf text = BUF_INIT(200);
		struct error err = { 0 };

		scene_commit(world, changes[i].before);
		assert_int_equal(scene_open(&before, world, NULL, &err), 0);
		scene_commit(world, changes[i].after);
		assert_int_equal(scene_open(&after, world, NULL, &err), 0);
		assert_int_equal(graph_compare(&after.graph, &before.graph, &err), 0);
		graph_keep_changed(&after.graph, true);
		for (size_t j = 0; j < after.graph.len; j++) {
			const struct graph_image *image = &after.graph.images[j];

			if (image->is_wanted)
				buf_add_format(&text, "%s%s%s", text.len ? " " : "",
					       image->has_changed ? "" : "+", image->name);
		}
		if (strcmp(text.data, changes[i].changed) != 0)
			fail_msg("%zu: %s", i, text.data);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_what_stands_on_what),
		TEST(test_a_base_may_be_a_slip_for_an_image),
		TEST(test_what_is_refused_and_how),
		TEST(test_what_has_changed),
		TEST(test_a_parent_is_of_the_same_platform),
		TEST(test_a_stage_may_choose_its_platform),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
