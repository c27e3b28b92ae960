// SPDX-License-Identifier: Apache-2.0
//
// Members that come and go: whoever stays is told of each exactly once, and in the end the lists of
// members and the memory are where they were.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './lib/gardu.mjs';
import { api, assertMemory, connectMany, inTurns, kMiB, metricIs, Peer, resident, witnesses } from './lib/peers.mjs';
import { eventually } from './lib/queue.mjs';

const kRoom = 'presence-room';
const kRound = process.env.GARDU_SANITIZE ? 200 : 2000;

// What one that stays knows: who is there, by what it was told.
function follow(peer, roster) {
  const there = new Set(roster);
  const told = { there, joins: 0, leaves: 0, wrong: [] };
  peer.on = ({ event, data }) => {
    const { user_id: user } = /member_/.test(event) ? JSON.parse(data) : {};
    if (event === 'pusher_internal:member_added') {
      if (there.has(user)) told.wrong.push(`${user} joined again`);
      there.add(user);
      ++told.joins;
    } else if (event === 'pusher_internal:member_removed') {
      if (!there.delete(user)) told.wrong.push(`${user} left, and was not there`);
      ++told.leaves;
    }
  };
  return told;
}

test('members that come and go leave nothing behind', async (t) => {
  const app = { id: 'gardu', key: 'gardu-key', secret: 'e2e-pusher-secret', limits: { presence_members: 0 } };
  const gardu = await start(t, { config: { plugins: { load: { loopback: null, pusher: { apps: [app] } } } } });
  const others = await witnesses(gardu);
  const keepers = [];
  for (const user of ['anna', 'bela', 'cleo']) {
    const [peer] = await connectMany(gardu, 1, () => ({ user }));
    const { data } = await peer.subscribe(kRoom);
    keepers.push({ peer, told: follow(peer, JSON.parse(data).presence.ids) });
  }
  // Some users have two connections; a user is there as long as one of them is.
  const round = (count) =>
    inTurns(count, 40, async (i) => {
      const user = `user ${i}`;
      const first = await new Peer(gardu, { user, subscribe: [kRoom] }).ready;
      if (i % 3 === 0) {
        const second = await new Peer(gardu, { user, subscribe: [kRoom] }).ready;
        await second.leave();
      }
      if (i % 2) first.say('pusher:unsubscribe', { channel: kRoom });
      await (i % 5 ? first.leave() : first.vanish());
    });
  const gone = async (count) => {
    for (const { told } of keepers)
      await eventually('somebody is still there', () => [told.leaves >= count, told.leaves]);
    await metricIs(gardu, 'connections', others.count + keepers.length);
  };
  await round(kRound);
  await gone(kRound);
  const before = resident(gardu);
  for (let n = 2; n <= 4; ++n) {
    await round(kRound);
    await gone(n * kRound);
  }
  assertMemory(gardu, before, 6 * kMiB, `${3 * kRound} members, come and gone`);
  const names = ['anna', 'bela', 'cleo'];
  for (const { told } of keepers) {
    assert.deepEqual(told.wrong, []);
    assert.equal(told.joins - told.leaves + 1, names.length - keepers.findIndex((k) => k.told === told));
    assert.deepEqual([...told.there].sort(), names);
  }
  const { users } = await api(gardu, 'GET', `/channels/${kRoom}/users`);
  assert.deepEqual(users.map(({ id }) => id).sort(), names);
  await others.stop('presence churn');
});
