// SPDX-License-Identifier: Apache-2.0
//
// A WebSocket client that shows every frame, close codes included, and never reconnects.
import crypto from 'node:crypto';
import net from 'node:net';
import { Queue } from './queue.mjs';

const kText = 1;
const kClose = 8;

// Resolves when the server has switched protocols. `frames` gets {text} and at the end {code, reason}.
export function openSocket(port, path) {
  const frames = new Queue(`socket ${path}`);
  const socket = net.connect(port, '127.0.0.1');
  let rest = Buffer.alloc(0);
  let switched = false;
  const read = () => {
    for (let frame = parse(rest); frame; frame = parse(rest)) {
      rest = rest.subarray(frame.size);
      if (frame.opcode === kText)
        frames.push({ text: frame.payload.toString(), ...JSON.parse(frame.payload.toString()) });
      if (frame.opcode === kClose)
        frames.push({
          code: frame.payload.readUInt16BE(0),
          reason: frame.payload.subarray(2).toString(),
        });
    }
  };
  const opened = new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (part) => {
      rest = Buffer.concat([rest, part]);
      if (!switched) {
        const end = rest.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = rest.subarray(0, end).toString();
        if (!head.startsWith('HTTP/1.1 101')) return reject(new Error(head));
        rest = rest.subarray(end + 4);
        switched = true;
        resolve({ socket, frames });
      }
      read();
    });
  });
  const key = crypto.randomBytes(16).toString('base64');
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  return opened;
}

// One unmasked frame off the front; undefined while it is not whole.
export function parse(bytes) {
  if (bytes.length < 2) return undefined;
  let length = bytes[1] & 0x7f;
  let at = 2;
  if (length === 126) {
    if (bytes.length < 4) return undefined;
    length = bytes.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return undefined;
    length = Number(bytes.readBigUInt64BE(2));
    at = 10;
  }
  if (bytes.length < at + length) return undefined;
  return { opcode: bytes[0] & 0x0f, payload: bytes.subarray(at, at + length), size: at + length };
}
