/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/host.h"
#include "base/path.h"
#include "base/process.h"
#include "base/redact.h"
#include "base/str.h"
#include "base/time.h"
#include "trust/seal.h"

static void test_errors_wrap_and_keep_their_kind(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(error_set(&err, ERROR_DENIED, "the registry says '%s'", "no"), -1);
	error_wrap(&err, "cannot publish '%s'", "a/b:1f2e3d4");
	assert_string_equal(err.message, "cannot publish 'a/b:1f2e3d4': the registry says 'no'");
	assert_int_equal(error_exit_code(err.kind), 7);
	error_hint(&err, "try %s", "again");
	assert_string_equal(error_get_hint(&err), "try again");
}

static const struct {
	const char *text;
	const char *shown;
} redactions[] = {
	{ "https://user:pw@host/x", "https://***@host/x" },
	{ "https://user:p@w@host/x?a@b", "https://***@host/x?a@b" },
	{ "https://host/a@b", "https://host/a@b" },
	{ "'ssh://me@h' and http://t@h", "'ssh://**@h' and http://*@h" },
	{ "Authorization: Basic dTpw, x", "Authorization: ***, x" },
	{ "authorization: Bearer abc.def", "authorization: ***" },
	{ "X-Registry-Auth: e30= next", "X-Registry-Auth: *** next" },
	{ "red \x1b[31m\x7f", "red ?[31m?" },
	{ "line\n\ttab", "line\n\ttab" },
};

static void test_secrets_are_redacted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(redactions); i++) {
		char text[128];

		snprintf(text, sizeof(text), "%s", redactions[i].text);
		redact_text(text);
		assert_string_equal(text, redactions[i].shown);
	}
}

static void test_a_buffer_stops_at_its_maximum(void **state)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(8);
	struct error err = { 0 };

	(void)state;
	buf_add_text(&buf, "12345678");
	assert_int_equal(buf_check(&buf, "x", &err), 0);
	buf_add_char(&buf, '9');
	buf_reset(&buf);
	buf_add_format(&buf, "%d%s", 123456, "789");
	assert_int_equal(buf_check(&buf, "the line", &err), -1);
	assert_string_equal(err.message, "the line: longer than 8 bytes");
	assert_null(buf_take(&buf));
	buf_add_url(&buf, "a/ b", "/");
	assert_string_equal(buf.data, "a/%20b");
	buf_consume(&buf, 2);
	assert_string_equal(buf.data, "%20b");
}

static const struct {
	const char *path;
	const char *clean;
} paths[] = {
	{ "", "." },
	{ ".", "." },
	{ "a/b", "a/b" },
	{ "a//b/./c/../d/", "a/b/d" },
	{ "/..", "/" },
	{ "/a/../../b", "/b" },
	{ "../a", "../a" },
	{ "a/../..", ".." },
	{ "../../a/..", "../.." },
	{ "a/..", "." },
	{ "./a", "a" },
	{ "/", "/" },
};

static void test_paths_are_cleaned_as_go_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct error err = { 0 };
		AUTOFREE char *clean = path_clean(paths[i].path, &err);

		assert_string_equal(clean, paths[i].clean);
	}
}

static void test_a_path_has_a_folder(void **state)
{
	static const char *const rows[][2] = {
		{ "a", "." }, { "a/b", "a/" }, { "/a", "/" }, { "/a/b/c", "/a/b/" }, { "a/", "a/" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = { 0 };
		AUTOFREE char *folder = path_folder(rows[i][0], &err);

		assert_string_equal(folder, rows[i][1]);
	}
}

static const struct {
	const char *text;
	int64_t ms; /* -1: refused */
} durations[] = {
	{ "90", 90000 },    { "5m", 300000 }, { "500ms", 500 },	    { "1h", 3600000 },
	{ "2s", 2000 },	    { "", -1 },	      { "5 m", -1 },	    { "-1", -1 },
	{ "1d", 86400000 }, { "1w", -1 },     { "9999999999", -1 },
};

static void test_numbers_and_durations(void **state)
{
	char big[2 * LIMIT_PEER_TEXT];
	int64_t value;
	bool flag;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		value = -1;
		assert_int_equal(str_to_duration(durations[i].text, &value), durations[i].ms >= 0);
		assert_int_equal(value, durations[i].ms);
	}
	assert_true(str_to_int("-5", -9, 9, &value));
	assert_int_equal(value, -5);
	assert_false(str_to_int("10", -9, 9, &value));
	assert_false(str_to_int("1x", -9, 9, &value));
	assert_false(str_to_int("", -9, 9, &value));
	assert_true(str_to_bool("Yes", &flag) && flag);
	assert_false(str_to_bool("maybe", &flag));
	assert_string_equal(str_brief(SLICE("short")).text, "short");
	memset(big, 'x', sizeof(big));
	memcpy(big, "begin", 5);
	memcpy(big + sizeof(big) - 4, "end", 4);
	assert_int_equal(strlen(str_brief(slice_of(big)).text), LIMIT_PEER_TEXT);
	assert_memory_equal(str_brief(slice_of(big)).text, "begin", 5);
	assert_non_null(strstr(str_brief(slice_of(big)).text, "xxx ... xxx"));
	assert_true(str_ends(str_brief(slice_of(big)).text, "xxend"));
	assert_string_equal(str_size(1536).text, "1.5 kB");
	assert_string_equal(str_size(999).text, "999 B");
	assert_string_equal(str_size(999999).text, "1.0 MB");
	assert_int_equal(str_distance("reday", "ready"), 1);
	assert_int_equal(str_distance("test", "tset"), 1);
	assert_int_equal(str_distance("context", "contxt"), 1);
	assert_int_equal(str_distance("abc", "abc"), 0);
	assert_string_equal(time_rfc3339(1763719200).text, "2025-11-21T10:00:00Z");
}

static void test_lists_and_maps(void **state)
{
	AUTO(strv_release) struct strv list = { 0 };
	AUTO(strmap_release) struct strmap map = { 0 };
	struct error err = { 0 };

	(void)state;
	for (int i = 0; i < 9; i++) {
		char text[2] = { (char)('9' - i), 0 };

		assert_int_equal(strv_add(&list, text, &err), 0);
	}
	strv_sort(&list);
	strv_remove(&list, 0);
	assert_int_equal(list.len, 8);
	assert_string_equal(list.items[0], "2");
	assert_null(list.items[8]);
	assert_int_equal(strmap_set(&map, "a", "1", &err), 0);
	assert_int_equal(strmap_set(&map, "b", "2", &err), 0);
	assert_int_equal(strmap_set(&map, "a", "3", &err), 0);
	assert_string_equal(strmap_get(&map, "a"), "3");
	strmap_remove(&map, "a");
	assert_null(strmap_get(&map, "a"));
	assert_int_equal(map.len, 1);
}

static void test_children_get_no_shell_and_no_repository(void **state)
{
	const char *const cat[] = { "cat", NULL }, *const env[] = { "env", NULL };
	const char *const absent[] = { "no-such-program", NULL };
	const char *const sleeper[] = { "sleep", "20", NULL };
	AUTO(buf_release) struct buf out = BUF_INIT(65536);
	struct error err = { 0 };
	int code = -1;

	(void)state;
	assert_int_equal(process_run(&(struct process_options){ .argv = cat, .input = SLICE("hi") },
				     &out, &code, &err),
			 0);
	assert_int_equal(code, 0);
	assert_string_equal(out.data, "hi");
	buf_reset(&out);
	setenv("GIT_DIR", "/x", 1);
	process_scrub_environment();
	assert_int_equal(process_run(&(struct process_options){ .argv = env }, &out, &code, &err),
			 0);
	assert_null(strstr(out.data, "GIT_DIR"));
	assert_int_equal(
		process_run(&(struct process_options){ .argv = absent }, &out, &code, &err), -1);
	assert_string_equal(err.message, "the program 'no-such-program' is not there");
	buf_reset(&out);
	assert_int_equal(process_run(&(struct process_options){ .argv = sleeper, .timeout_ms = 50 },
				     &out, &code, &err),
			 -1);
	assert_int_equal(err.kind, ERROR_UNREACHABLE);
}

/* Neither who goes on behind its output nor who never ends it is waited for. */
static void test_a_child_is_not_waited_for_without_end(void **state)
{
	const char *const silent[] = { "sh", "-c", "exec >&-; exec sleep 20", NULL };
	const char *const flood[] = { "yes", NULL };
	AUTO(buf_release) struct buf out = BUF_INIT(1000);
	int64_t begin = time_monotonic_ms();
	struct error err = { 0 };
	int code = -1;

	(void)state;
	assert_int_equal(process_run(&(struct process_options){ .argv = silent, .timeout_ms = 50 },
				     &out, &code, &err),
			 -1);
	assert_int_equal(err.kind, ERROR_UNREACHABLE);
	assert_string_equal(err.message, "'sh' did not end within 0 s");
	assert_int_equal(
		process_run(&(struct process_options){ .argv = flood, .timeout_ms = 15000 }, &out,
			    &code, &err),
		-1);
	assert_string_equal(err.message, "yes: longer than 1000 bytes");
	assert_true(time_monotonic_ms() - begin < 10000);
}

static void test_a_lock_dies_with_its_holder(void **state)
{
	char path[] = "/tmp/git-image-test-lock-XXXXXX";
	struct error err = { 0 };
	int fd = mkstemp(path), second = -1;
	pid_t child;

	(void)state;
	close(fd);
	assert_int_equal(host_lock(path, 0, &fd, &err), 0);
	assert_int_equal(host_lock(path, 20, &second, &err), -1);
	assert_int_equal(err.kind, ERROR_CONFLICT);
	close(fd);
	child = fork();
	if (!child) {
		int held = -1;

		_exit(host_lock(path, 0, &held, &err) ? 1 : 0);
	}
	waitpid(child, NULL, 0);
	assert_int_equal(host_lock(path, 0, &fd, &err), 0);
	close(fd);
	unlink(path);
}

static void test_a_seal_is_ours_alone(void **state)
{
	char one[] = "/tmp/git-image-test-seal-XXXXXX", two[] = "/tmp/git-image-test-seal-XXXXXX";
	AUTO(seal_release) struct seal a = { 0 }, b = { 0 }, again = { 0 };
	struct error err = { 0 };
	struct seal_text text;

	(void)state;
	assert_non_null(mkdtemp(one));
	assert_non_null(mkdtemp(two));
	assert_int_equal(seal_open(one, SEAL_READ, &a, &err), -1);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_int_equal(seal_open(one, SEAL_MAKE, &a, &err), 0);
	assert_int_equal(seal_open(one, SEAL_MAKE, &again, &err), 0);
	assert_int_equal(seal_open(two, SEAL_MAKE, &b, &err), 0);
	text = seal_make(&a, SLICE("line"));
	assert_true(seal_is_valid(&again, SLICE("line"), text.text));
	assert_false(seal_is_valid(&again, SLICE("lime"), text.text));
	assert_false(seal_is_valid(&again, SLICE("line"), ""));
	assert_false(seal_is_valid(&b, SLICE("line"), text.text));
	for (size_t i = 0; i < 2; i++) {
		AUTOFREE char *key = path_join(i ? two : one, "seal.key", &err);

		unlink(key);
		rmdir(i ? two : one);
	}
}

static int collect(void *arg, const void *data, size_t len, struct error *err)
{
	buf_add(arg, data, len);
	return buf_check(arg, "a part", err);
}

static void test_a_part_of_a_file_is_read_whole_or_not(void **state)
{
	AUTO(buf_release) struct buf text = BUF_INIT(2);
	struct error err = { 0 };
	AUTOCLOSE int fd = -1;

	(void)state;
	assert_int_equal(path_open_temporary("/tmp", &fd, &err), 0);
	assert_int_equal(path_write_all(fd, SLICE("abcd")), 0);
	assert_int_equal(path_read_part(&(struct path_part){ fd, 1, 2 }, collect, &text, &err), 0);
	assert_string_equal(text.data, "bc");
	assert_int_equal(path_read_part(&(struct path_part){ fd, 1, 3 }, collect, &text, &err), -1);
	assert_string_equal(err.message, "a part: longer than 2 bytes");
	buf_reset(&text);
	error_clear(&err);
	assert_int_equal(path_read_part(&(struct path_part){ fd, 3, 2 }, collect, &text, &err), -1);
	assert_string_equal(err.message, "cannot read a temporary file: Input/output error");
}

/* Not even its name is there while it is open. */
static void test_a_temporary_file_has_no_name(void **state)
{
	char folder[] = "/tmp/git-image-test-XXXXXX";
	AUTOFREE char *inner = NULL;
	struct error err = { 0 };
	char content[4] = "";
	int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(folder));
	inner = path_join(folder, "state", &err);
	assert_int_equal(path_open_temporary(inner, &fd, &err), 0);
	assert_int_equal(path_write_all(fd, SLICE("abc")), 0);
	assert_int_equal(pread(fd, content, 3, 0), 3);
	assert_string_equal(content, "abc");
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(rmdir(inner), 0);
	close(fd);
	assert_int_equal(path_open_temporary("/proc/none", &fd, &err), -1);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_path_has_a_folder),
		cmocka_unit_test(test_errors_wrap_and_keep_their_kind),
		cmocka_unit_test(test_secrets_are_redacted),
		cmocka_unit_test(test_a_buffer_stops_at_its_maximum),
		cmocka_unit_test(test_paths_are_cleaned_as_go_does),
		cmocka_unit_test(test_numbers_and_durations),
		cmocka_unit_test(test_lists_and_maps),
		cmocka_unit_test(test_children_get_no_shell_and_no_repository),
		cmocka_unit_test(test_a_child_is_not_waited_for_without_end),
		cmocka_unit_test(test_a_lock_dies_with_its_holder),
		cmocka_unit_test(test_a_seal_is_ours_alone),
		cmocka_unit_test(test_a_part_of_a_file_is_read_whole_or_not),
		cmocka_unit_test(test_a_temporary_file_has_no_name),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
