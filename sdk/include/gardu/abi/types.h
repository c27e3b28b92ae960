// SPDX-License-Identifier: Apache-2.0
//
// The version of the contract, and the few types that all of it uses. The rules are in abi.h.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define GARDU_ABI_MAJOR 1
#define GARDU_ABI_MINOR 1

#ifdef __cplusplus
#define GARDU_EXTERN_C extern "C"
#else
#define GARDU_EXTERN_C
#endif

/* True when the struct behind p is long enough to hold the field. */
#define GARDU_HAS(p, type, field) ((p)->size >= offsetof(type, field) + sizeof(((type*)0)->field))

typedef struct gardu_str {
  const char* data; /* may be null when size is 0 */
  uint64_t size;    /* bytes */
} gardu_str;
