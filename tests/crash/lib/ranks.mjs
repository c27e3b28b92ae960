// SPDX-License-Identifier: Apache-2.0
//
// The order in which statuses may come.
export const kRank = { pending: 0, sent: 1, delivered: 2, read: 3, played: 4, failed: 9 };
