/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Functions that have no place here, refused at compile time. Forced into
 * every file by the build; the system headers that declare them come first.
 */
#include "config.h" /* IWYU pragma: keep */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef strtok
#undef sprintf
#undef vsprintf
#define BANNED(function)           sorry_##function##_is_banned
#define strcpy(dst, src)           BANNED(strcpy)
#define strcat(dst, src)           BANNED(strcat)
#define strncpy(dst, src, len)     BANNED(strncpy)
#define strncat(dst, src, len)     BANNED(strncat)
#define strtok(text, separators)   BANNED(strtok)
#define sprintf(...)               BANNED(sprintf)
#define vsprintf(buf, format, args) BANNED(vsprintf)
#define atoi(text)                 BANNED(atoi)
#define atol(text)                 BANNED(atol)
#define strtol(text, end, base)    BANNED(strtol)
#define gmtime(when)               BANNED(gmtime)
#define localtime(when)            BANNED(localtime)
#define ctime(when)                BANNED(ctime)
#define asctime(when)              BANNED(asctime)
#define system(command)            BANNED(system)
#define popen(command, mode)       BANNED(popen)
