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

/* What enumerations are counted in: those of values, and those that functions return or are asked
   for by. In C++ that fixes their type: any number may come, one of a later version too, and is a
   value of it. */
#ifdef __cplusplus
#define GARDU_NUMBER : uint32_t
#define GARDU_CODE : int32_t
#else
#define GARDU_NUMBER
#define GARDU_CODE
#endif

/* A view of text or bytes: not owned, not terminated; rule 3 of abi.h. */
typedef struct gardu_str {
  const char* data; /* may be null when size is 0 */
  uint64_t size;    /* bytes */
} gardu_str;
