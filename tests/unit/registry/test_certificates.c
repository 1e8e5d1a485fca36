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
	assert_int_equal(path_write(path, SLICE("x"), 0600, &err), 0);
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
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_folder_that_has_any),
		cmocka_unit_test(test_certificate_and_key_belong_together),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
