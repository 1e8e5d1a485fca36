/* SPDX-License-Identifier: MIT */
#pragma once
/* Who we are on which machine: identities of host, boot and run, and locks. */
#include "base/error.h"

struct host_id {
	char text[33]; /* 32 lower-case hexadecimal digits, or fewer */
};

/* Of the machine (/etc/machine-id, else the host's name hashed into hex). */
struct host_id host_machine_id(void);
/* Of this boot; changes when the machine restarts. */
struct host_id host_boot_id(void);
/* Random: 16 hexadecimal digits for a run, an upload, a temporary name. */
struct host_id host_random_id(void);

/* Those that this process may use. */
int host_processor_count(void);

/*
 * A lock that dies with its holder (flock). The file stays: removing it would
 * let two hold "the" lock. Waits up to `wait_ms`; taken by another until then:
 * ERROR_CONFLICT. `ret_fd` is the caller's to close, which unlocks.
 */
int host_lock(const char *path, int64_t wait_ms, int *ret_fd, struct error *err) CHECK;

/* Where state goes: $XDG_STATE_HOME/git-image, else ~/.local/state/git-image.
 * NULL with err set if neither is known. */
char *host_state_folder(struct error *err) CHECK;
/* "cannot write <what> to '<folder>'", one for state; with the mend of a full disk. Always -1. */
int host_write_error(const char *what, const char *folder, int os_errno, struct error *err);
