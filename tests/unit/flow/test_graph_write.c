/* SPDX-License-Identifier: MIT */
/* A graph as text, with names that each format has to quote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/graph/graph-write.h"
#include "scene.h"

/* The worst that a name may hold. */
#define HOSTILE "[::1]:5000/x"

static const char *const files[] = {
	".gitimage\n" SECTION("base") SECTION("tools") SECTION("app")
		SECTION("pages") "[image \"" HOSTILE "\"]\ncontext = app\nparent = pages\n",
	"base/Dockerfile\nFROM scratch",
	"tools/Dockerfile\nFROM base",
	"app/Dockerfile\nFROM tools\nCOPY --from=base / /",
	"pages/Dockerfile\nFROM scratch",
	NULL,
};

/* "@" is the SHA. */
static const struct {
	enum graph_format format;
	const char *text;
} formats[] = {
	{ GRAPH_TEXT, "base\n"
		      "├── tools\n"
		      "│   ├── [::1]:5000/x\n"
		      "│   └── app\n"
		      "├── [::1]:5000/x (below tools)\n"
		      "└── app (below tools)\n"
		      "pages\n"
		      "└── [::1]:5000/x (below tools)\n" },
	{ GRAPH_DOT, "digraph images {\n"
		     "\trankdir=LR;\n"
		     "\t\"base\";\n"
		     "\t\"pages\";\n"
		     "\t\"tools\";\n"
		     "\t\"base\" -> \"tools\";\n"
		     "\t\"[::1]:5000/x\";\n"
		     "\t\"base\" -> \"[::1]:5000/x\";\n"
		     "\t\"pages\" -> \"[::1]:5000/x\";\n"
		     "\t\"tools\" -> \"[::1]:5000/x\";\n"
		     "\t\"app\";\n"
		     "\t\"base\" -> \"app\";\n"
		     "\t\"tools\" -> \"app\";\n"
		     "}\n" },
	{ GRAPH_MAKEFILE,
	  "# 'make -j images' makes them all, COMMAND=release publishes them too.\n"
	  "GIT_IMAGE ?= git image\n"
	  "COMMAND ?= make\n"
	  "COMMIT ?= @\n"
	  "images: image-base image-pages image-tools image-\\[\\:\\:1\\]\\:5000/x image-app\n"
	  ".PHONY: images image-base image-pages image-tools image-\\[\\:\\:1\\]\\:5000/x "
	  "image-app\n"
	  "image-base:\n"
	  "\t$(GIT_IMAGE) $(COMMAND) --commit $(COMMIT) 'base'\n"
	  "image-pages:\n"
	  "\t$(GIT_IMAGE) $(COMMAND) --commit $(COMMIT) 'pages'\n"
	  "image-tools: image-base\n"
	  "\t$(GIT_IMAGE) $(COMMAND) --commit $(COMMIT) 'tools'\n"
	  "image-\\[\\:\\:1\\]\\:5000/x: image-base image-pages image-tools\n"
	  "\t$(GIT_IMAGE) $(COMMAND) --commit $(COMMIT) '[::1]:5000/x'\n"
	  "image-app: image-base image-tools\n"
	  "\t$(GIT_IMAGE) $(COMMAND) --commit $(COMMIT) 'app'\n" },
	{ GRAPH_GITHUB, "{\"levels\":[{\"image\":[\"base\",\"pages\"]},{\"image\":[\"tools\"]},"
			"{\"image\":[\"[::1]:5000/x\",\"app\"]}]}\n" },
	{ GRAPH_GITLAB,
	  "# What .git-image needs beside this (image, tags, another script) stands in\n"
	  "# a second file, which the trigger includes, too.\n"
	  ".git-image:\n"
	  "  stage: test\n"
	  "  interruptible: false\n"
	  "  script:\n"
	  "    # :latest moves only to a descendant, which a shallow clone cannot tell.\n"
	  "    - if [ \"$(git rev-parse --is-shallow-repository)\" = true ];\n"
	  "      then git fetch --quiet --unshallow --filter=tree:0; fi\n"
	  "    - git image \"${COMMAND:-release}\" ${IMAGE:+\"$IMAGE\"}\n"
	  "\"image base\":\n"
	  "  extends: .git-image\n"
	  "  variables:\n"
	  "    IMAGE: \"base\"\n"
	  "  needs: []\n"
	  "\"image pages\":\n"
	  "  extends: .git-image\n"
	  "  variables:\n"
	  "    IMAGE: \"pages\"\n"
	  "  needs: []\n"
	  "\"image tools\":\n"
	  "  extends: .git-image\n"
	  "  variables:\n"
	  "    IMAGE: \"tools\"\n"
	  "  needs: [\"image base\"]\n"
	  "\"image [::1]:5000/x\":\n"
	  "  extends: .git-image\n"
	  "  variables:\n"
	  "    IMAGE: \"[::1]:5000/x\"\n"
	  "  needs: [\"image base\", \"image pages\", \"image tools\"]\n"
	  "\"image app\":\n"
	  "  extends: .git-image\n"
	  "  variables:\n"
	  "    IMAGE: \"app\"\n"
	  "  needs: [\"image base\", \"image tools\"]\n" },
	{ GRAPH_JSON, "{\"commit\":\"@\",\"images\":["
		      "{\"image\":\"base\",\"reference\":\"base:#\",\"context\":\"base\","
		      "\"level\":0,\"parents\":[]},"
		      "{\"image\":\"pages\",\"reference\":\"pages:#\",\"context\":\"pages\","
		      "\"level\":0,\"parents\":[]},"
		      "{\"image\":\"tools\",\"reference\":\"tools:#\",\"context\":\"tools\","
		      "\"level\":1,\"parents\":[\"base\"]},"
		      "{\"image\":\"[::1]:5000/x\",\"reference\":\"[::1]:5000/x:#\",\"context\":"
		      "\"app\",\"level\":2,\"parents\":[\"base\",\"pages\",\"tools\"]},"
		      "{\"image\":\"app\",\"reference\":\"app:#\",\"context\":\"app\","
		      "\"level\":2,\"parents\":[\"base\",\"tools\"]}]}\n" },
};

/* "@" is the SHA, "#" what the tag has of it; a make file's comment is none. */
static void assert_text(const struct buf *text, const char *expected, const char *sha)
{
	AUTO(buf_release) struct buf whole = BUF_INIT(8192);

	for (const char *c = expected; *c; c++)
		if (*c == '@')
			buf_add_text(&whole, sha);
		else if (*c == '#' && c[1] != ' ')
			buf_add_format(&whole, "%.7s", sha);
		else
			buf_add_char(&whole, *c);
	assert_string_equal(text->data, whole.data);
}

static void test_each_format(void **state)
{
	const struct world *world = *state;
	AUTO(scene_close) struct scene scene = { 0 };
	struct error err = { 0 };

	scene_commit(world, files);
	assert_int_equal(scene_open(&scene, world, NULL, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		AUTO(buf_release) struct buf text = BUF_INIT(8192);

		assert_int_equal(graph_write(&scene.graph, formats[i].format, &text, &err), 0);
		assert_text(&text, formats[i].text, scene.run.commit.sha);
	}
}

static const struct {
	enum graph_format format;
	const char *of_one; /* without a section, called "app" */
	const char *of_none;
} ends[] = {
	{ GRAPH_TEXT, "app\n", "" },
	{ GRAPH_DOT, "digraph images {\n\trankdir=LR;\n\t\"app\";\n}\n",
	  "digraph images {\n\trankdir=LR;\n}\n" },
	{ GRAPH_GITHUB, "{\"levels\":[{\"image\":[\"\"]}]}\n", "{\"levels\":[]}\n" },
	{ GRAPH_MAKEFILE,
	  "images: image-app\n.PHONY: images image-app\nimage-app:\n\t$(GIT_IMAGE) $(COMMAND) "
	  "--commit $(COMMIT)\n",
	  "images:\n.PHONY: images\n" },
	{ GRAPH_GITLAB,
	  "\"image app\":\n  extends: .git-image\n  variables:\n    IMAGE: \"\"\n  "
	  "needs: []\n",
	  "\"no image\":\n  stage: test\n  script:\n    - \"true\"\n" },
};

static void test_one_image_and_none(void **state)
{
	static const char *const one[] = { "Dockerfile\nFROM scratch", NULL };
	const struct world *world = *state;
	AUTO(scene_close) struct scene scene = { 0 };
	struct error err = { 0 };

	WORLD_GIT(world, NULL, "remote", "add", "origin", "https://example.com/app.git");
	scene_commit(world, one);
	assert_int_equal(scene_open(&scene, world, NULL, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		AUTO(buf_release) struct buf text = BUF_INIT(8192), none = BUF_INIT(8192);

		scene.graph.images[0].is_wanted = true;
		assert_int_equal(graph_write(&scene.graph, ends[i].format, &text, &err), 0);
		if (!str_ends(text.data, ends[i].of_one))
			fail_msg("%s", text.data);
		scene.graph.images[0].is_wanted = false;
		assert_int_equal(graph_write(&scene.graph, ends[i].format, &none, &err), 0);
		if (!str_ends(none.data, ends[i].of_none))
			fail_msg("%s", none.data);
	}
}

/* More than a matrix holds: it is cut, where nothing waits for anything. */
static void test_a_wide_level_is_cut_for_github(void **state)
{
	AUTO(buf_release) struct buf sections = BUF_INIT(65536), text = BUF_INIT(65536);
	const char *wide[] = { NULL, "Dockerfile\nFROM scratch", NULL };
	const struct world *world = *state;
	AUTO(scene_close) struct scene scene = { 0 };
	struct error err = { 0 };

	buf_add_text(&sections, ".gitimage\n");
	for (int i = 0; i < 257; i++)
		buf_add_format(&sections, "[image \"i%03d\"]\n", i);
	wide[0] = sections.data;
	scene_commit(world, wide);
	assert_int_equal(scene_open(&scene, world, NULL, &err), 0);
	assert_int_equal(graph_write(&scene.graph, GRAPH_GITHUB, &text, &err), 0);
	assert_non_null(strstr(text.data, "\"i255\"]},{\"image\":[\"i256\"]}]}\n"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_each_format),
		TEST(test_one_image_and_none),
		TEST(test_a_wide_level_is_cut_for_github),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
