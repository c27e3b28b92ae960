// SPDX-License-Identifier: Apache-2.0
//
// Meta's rate limits: so many messages a second for a number, and the bucket of a pair.

/** At most `perSecond` in any running second. 0: no limit. */
export class SecondWindow {
  #times = new Map();

  take(key, perSecond, now = Date.now()) {
    if (!perSecond) return true;
    const times = (this.#times.get(key) ?? []).filter((t) => now - t < 1000);
    const free = times.length < perSecond;
    if (free) times.push(now);
    this.#times.set(key, times);
    return free;
  }
}

/** A bucket of `capacity` that gets one back every `refillMs`. */
export class PairBucket {
  #buckets = new Map();

  constructor({ capacity = 45, refillMs = 6000 } = {}) {
    this.capacity = capacity;
    this.refillMs = refillMs;
  }

  take(key, now = Date.now()) {
    const old = this.#buckets.get(key) ?? { level: this.capacity, at: now };
    const level = Math.min(this.capacity, old.level + (now - old.at) / this.refillMs);
    const free = level >= 1;
    this.#buckets.set(key, { level: free ? level - 1 : level, at: now });
    return free;
  }
}
