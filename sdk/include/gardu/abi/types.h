// SPDX-License-Identifier: Apache-2.0
//
// The version of the contract, and the few types that all of it uses. The rules are in abi.h.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define GARDU_ABI_MAJOR 1 /* host and plugin must have the same */
#define GARDU_ABI_MINOR 1 /* one more whenever something was appended */

#ifdef __cplusplus
/* C linkage, in C++ too: for what a plugin exports. */
#define GARDU_EXTERN_C extern "C"
#else
#define GARDU_EXTERN_C
#endif

/* True when the struct behind p is long enough to hold the field. */
#define GARDU_HAS(p, type, field) ((p)->size >= offsetof(type, field) + sizeof(((type*)0)->field))

/* What enumerations are counted in. In C++ this fixes their type, so that any number is a value of
   it: one that is not listed may come, from a later version too. The first is that of values, the
   second that of what functions return or are asked for by. */
#ifdef __cplusplus
#define GARDU_NUMBER : uint32_t
#define GARDU_CODE : int32_t /* see GARDU_NUMBER */
#else
#define GARDU_NUMBER
#define GARDU_CODE
#endif

/* A view of text or bytes: not owned, not terminated; rule 3 of abi.h. */
typedef struct gardu_str {
  const char* data; /* may be null when size is 0 */
  uint64_t size;    /* bytes */
} gardu_str;
