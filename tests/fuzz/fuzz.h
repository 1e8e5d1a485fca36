/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A fuzz target is one file with this function and its seeds; with driver.c
 * it is a test that mutates the seeds a fixed number of times, always the
 * same. For libFuzzer, link without driver.c:
 * clang -fsanitize=fuzzer,address -Isrc -I<build> -include src/base/banned.h tests/fuzz/fuzz_X.c
 */
#include <stddef.h>
#include <stdint.h>

/* Aborts if what it promises does not hold. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Texts to start from, NULL at the end. */
extern const char *const fuzz_seeds[];
