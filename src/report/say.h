/* SPDX-License-Identifier: MIT */
#pragma once
/* An event in words: one line that a person understands without knowing its type. */
#include "base/buf.h"
#include "base/event.h"

/* Appends the line, text of others made safe; a line feed may stand in it. */
void say_event(const struct event *event, struct buf *line);
/* "build web" */
void say_label(const struct event *event, struct buf *line);
/* "build web: [2/5] RUN make: done in 1.2 s"; of any event with a step of a build. */
void say_build_step(const struct event *event, struct buf *line);

bool say_is_build_step(enum event_type type);
