// SPDX-License-Identifier: Apache-2.0
//
// Writes the first inputs of every fuzz target into folders below the one that is named: what real
// clients and server libraries send, and the shapes that mattered before.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const kKey = '278d425bdf160c739803';
const kSecret = '7ad3773142a6692b25b8';
const kNow = 1353088179;

function frame(first, payload) {
  const body = Buffer.from(payload);
  const mask = Buffer.from([1, 2, 3, 4]);
  let head = [first, 0x80 | body.length];
  if (body.length > 65535) {
    head = [first, 0xff, 0, 0, 0, 0, 0, 1, (body.length >> 8) & 255, body.length & 255];
  } else if (body.length > 125) {
    head = [first, 0xfe, body.length >> 8, body.length & 255];
  }
  return Buffer.concat([Buffer.from(head), mask, body.map((b, i) => b ^ mask[i % 4])]);
}

const text = JSON.stringify({ event: 'client-é', channel: 'private-a', data: { x: '😮' } });
const halves = [Buffer.from(text).subarray(0, 20), Buffer.from(text).subarray(20)];
const frames = [
  [frame(0x81, text)],
  [frame(0x81, '')],
  [frame(0x01, halves[0]), frame(0x89, 'ping'), frame(0x80, halves[1])],
  [frame(0x01, ''), frame(0x00, 'κόσμε'), frame(0x80, '')],
  [frame(0x8a, 'pong'), frame(0x88, [3, 0xe8, 0x62, 0x79, 0x65])],
  [frame(0x88, '')],
  [frame(0x88, [3, 0xed])],
  [frame(0x82, 'binary')],
  [frame(0x81, 'x'.repeat(126)), frame(0x81, 'x'.repeat(4096))],
  [frame(0x81, [0xed, 0xa0, 0x80])],
  [frame(0xc1, 'x')],
  [Buffer.from([0x81, 2, 0x7b, 0x7d])],
].map((list, i) => Buffer.concat([Buffer.from([i % 12, i * 5]), ...list]));

const user = JSON.stringify({ user_id: '10', user_info: { name: 'M' } });
const signin = JSON.stringify({ id: '12345', user_info: {}, watchlist: ['2', '3'] });
const messages = [
  { event: 'pusher:subscribe', data: { auth: '', channel: 'news' } },
  { event: 'pusher:subscribe', data: { auth: `${kKey}:ab`, channel: 'private-foobar' } },
  { event: 'pusher:subscribe', data: { auth: 'k:s', channel_data: user, channel: 'presence-r' } },
  { event: 'pusher:subscribe', data: JSON.stringify({ channel: 'cache-x' }) },
  { event: 'pusher:subscribe', data: '' },
  { event: 'pusher:unsubscribe', data: { channel: 'news' } },
  { event: 'pusher:signin', data: { auth: 'k:s', user_data: signin } },
  { event: 'pusher:ping', data: {} },
  { event: 'pusher:pong', data: null },
  { event: 'client-typing', channel: 'private-foobar', data: { any: ['json', 1e9, -0.5, true] } },
  { event: 'client-t', channel: 'presence-a', data: 'text "quoted" \u0000 \u2028 😮' },
  { event: 7, data: [[[[]]]] },
].map((m) => JSON.stringify(m));

const events = [
  { name: 'foo', channels: ['project-3'], data: '{"some":"data"}' },
  { name: 'foo', channel: 'a', data: { raw: true }, socket_id: '1234.1234', info: 'user_count' },
  { name: 'foo', channels: ['a', 'a', 'presence-b'], data: '', info: 'cache,subscription_count' },
  { name: 'pusher:foo', channel: 'a', data: '1' },
  { batch: [{ name: 'a', channel: 'b', data: '1' }, { name: 'c', channel: '#server-to-user-1', data: '2' }] },
  { batch: [] },
].map((e) => JSON.stringify(e));

// As the server libraries sign.
function request(method, target, params, body = '') {
  const all = { auth_key: kKey, auth_timestamp: kNow, auth_version: '1.0', ...params };
  if (body) all.body_md5 = crypto.createHash('md5').update(body).digest('hex');
  const query = Object.keys(all)
    .sort()
    .map((key) => `${key}=${all[key]}`)
    .join('&');
  const signed = `${method}\n${target}\n${query}`;
  const signature = crypto.createHmac('sha256', kSecret).update(signed).digest('hex');
  return `${method} ${target}?${query}&auth_signature=${signature}\n${body}`;
}
const signatures = [
  request('POST', '/apps/3/events', {}, events[0]),
  request('GET', '/apps/3/channels', { filter_by_prefix: 'presence-', info: 'user_count' }),
  request('GET', '/apps/3/channels/a%20b', { info: 'a+b %zz' }),
  request('POST', '/apps/3/users/u-1/terminate_connections', {}, '{}'),
  `s1234.1234\nprivate-foobar\n\n${kKey}:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4`,
  `s1234.1234\npresence-foobar\n${user}\n${kKey}:`,
  'ohttps://*.example.com:8443\nhttps://www.example.com:8443',
  'olocalhost\nhttp://localhost',
];

const members = [
  user,
  signin,
  '{"user_id":10,"user_info":{"name":"Mr. Channels","a":[1,{"b":"}"}]}}',
  ' { "user_id" : "a\\"b" , "user_info" : null , "user_id" : -1.5e3 } ',
  '{"id":"\\u0041\\ud83d\\ude2e","user_info":"text, \\\\","watchlist":["2",3,"",null]}',
  '{}',
];

// As nodes write to each other: numbers in seven bits a byte, texts with their length in front.
function number(n) {
  return n < 128 ? [n] : [(n & 127) | 128, ...number(Math.floor(n / 128))];
}
const text7 = (s) => [...number(Buffer.from(s).length), ...Buffer.from(s)];
const record = (kind, ...fields) => text7(Buffer.from([kind, ...fields.flat()]));
const envelope = (n, ...records) =>
  Buffer.from([...Buffer.from('GP\x01abcdefghijkl'), ...number(n), ...records.flat()]);
const event = [number(1), text7('gardu'), number(2), text7('a'), text7('b')].concat(
  ['name', '{"x":1}', '1.2', 'user'].map(text7),
);
const envelopes = [
  envelope(1, record(0, [1]), record(1)),
  envelope(300, record(2, number(70000)), record(3, ...event)),
  envelope(0, record(4, [3], ...['gardu', 'presence-a', '10', 'null'].map(text7))),
  envelope(2, record(5, text7('gardu'), text7('a'), number(3), number(1e9))),
  envelope(3, record(6, text7('gardu'), text7('u')), record(7), record(8, [2]), record(10)),
  envelope(4, record(9, ...['gardu', 'cache-a', 'n', 'data'].map(text7), number(5))),
  envelope(5, record(99, [1, 2, 3])),
];

const seeds = {
  pusher_cluster: envelopes,
  pusher_frame: frames,
  pusher_member: members,
  pusher_message: messages,
  pusher_publish: events,
  pusher_signature: signatures,
};
for (const [target, list] of Object.entries(seeds)) {
  const folder = path.join(process.argv[2], target);
  fs.mkdirSync(folder, { recursive: true });
  list.forEach((bytes, i) => fs.writeFileSync(path.join(folder, `seed-${i}`), bytes));
}
