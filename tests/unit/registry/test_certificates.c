/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "registry/certificates.h"

#define DOCKER	   ".config/docker/certs.d/r.example:5000"
#define CONTAINERS ".config/containers/certs.d/r.example:5000"

static char home[64];

static void put(const char *folder, const char *name)
{
	struct error err = { 0 };
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", home, folder);
	assert_int_equal(path_make_folders(path, 0700, &err), 0);
	snprintf(path, sizeof(path), "%s/%s/%s", home, folder, name);
	assert_int_equal(path_write(path, slice_of(name), 0600, &err), 0);
}

static int set_up(void **state)
{
	(void)state;
	memcpy(home, "/tmp/git-image-certs-XXXXXX", 28);
	assert_non_null(mkdtemp(home));
	setenv("HOME", home, 1);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {
		DOCKER "/client.cert",
		DOCKER "/client.key",
		DOCKER "/another.cert",
		DOCKER "/another.key",
		DOCKER "/README",
		DOCKER "/a.crt",
		DOCKER "/b.crt",
		CONTAINERS "/ca.crt",
		DOCKER,
		CONTAINERS,
		".config/docker/certs.d",
		".config/containers/certs.d",
		".config/docker",
		".config/containers",
		".config",
		"",
	};
	char path[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", home, names[i]);
		if (remove(path))
			return -1;
	}
	return 0;
}

static void test_the_first_folder_that_has_any(void **state)
{
	AUTO(certificates_release) struct certificates found = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(certificates_find("r.example:5000", &found, &err), 0);
	assert_null(found.ca_file);
	put(CONTAINERS, "ca.crt");
	assert_int_equal(certificates_find("r.example", &found, &err), 0);
	assert_null(found.ca_file);
	assert_int_equal(certificates_find("r.example:5000", &found, &err), 0);
	assert_true(str_ends(found.ca_file, "/" CONTAINERS "/ca.crt"));
	assert_null(found.client_certificate);
}

static void test_certificate_and_key_belong_together(void **state)
{
	AUTO(certificates_release) struct certificates found = { 0 };
	struct error err = { 0 };

	(void)state;
	put(DOCKER, "client.cert");
	assert_int_equal(certificates_find("r.example:5000", &found, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_true(str_ends(err.message, "client.cert and client.key belong together"));
	put(DOCKER, "client.key");
	assert_int_equal(certificates_find("r.example:5000", &found, &err), 0);
	assert_true(str_ends(found.client_certificate, "/" DOCKER "/client.cert"));
	assert_true(str_ends(found.client_key, "/" DOCKER "/client.key"));
	assert_false(found.has_others);
}

/* The names are free, as docker has it; what has another ending is left alone. */
static void test_of_several_the_first_is_ours(void **state)
{
	AUTO(certificates_release) struct certificates found = { 0 };
	struct error err = { 0 };

	(void)state;
	put(DOCKER, "another.key");
	assert_int_equal(certificates_find("r.example:5000", &found, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_true(str_ends(err.message, "another.cert and another.key belong together"));
	put(DOCKER, "another.cert");
	put(DOCKER, "README");
	assert_int_equal(certificates_find("r.example:5000", &found, &err), 0);
	assert_true(str_ends(found.client_certificate, "/" DOCKER "/another.cert"));
	assert_true(str_ends(found.client_key, "/" DOCKER "/another.key"));
	assert_true(found.has_others);
	assert_null(found.ca_file);
}

static void check_bundle(const struct certificates *found, const char *expected)
{
	AUTO(buf_release) struct buf text = BUF_INIT(100);
	struct error err = { 0 };

	assert_int_equal(path_read(found->ca_file, &text, &err), 0);
	assert_string_equal(text.data, expected);
}

static void test_all_authorities_count(void **state)
{
	AUTO(certificates_release) struct certificates found = { 0 }, other = { 0 }, none = { 0 };
	struct error err = { 0 };

	(void)state;
	put(DOCKER, "b.crt");
	put(DOCKER, "a.crt");
	assert_int_equal(certificates_find("r.example:5000", &found, &err), 0);
	check_bundle(&found, "a.crt\nb.crt\n");
	assert_int_equal(certificates_add_authorities(&other, &found, &err), 0);
	check_bundle(&other, "a.crt\nb.crt\n");
	assert_int_equal(certificates_add_authorities(&other, &found, &err), 0);
	check_bundle(&other, "a.crt\nb.crt\na.crt\nb.crt\n");
	assert_null(other.client_certificate);
	assert_int_equal(certificates_add_authorities(&other, &none, &err), 0);
	check_bundle(&other, "a.crt\nb.crt\na.crt\nb.crt\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_folder_that_has_any),
		cmocka_unit_test(test_certificate_and_key_belong_together),
		cmocka_unit_test(test_of_several_the_first_is_ours),
		cmocka_unit_test(test_all_authorities_count),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
