// SPDX-License-Identifier: Apache-2.0
//
// A way over TCP to a port of this machine that can be cut: what is on it is lost, and who comes
// meanwhile is turned away.
import net from 'node:net';

export class Cable {
  constructor(t, port) {
    this.pairs = new Set();
    this.whole = true;
    this.server = net.createServer((near) => {
      if (!this.whole) return near.destroy();
      const far = net.connect(port, '127.0.0.1');
      const pair = [near, far];
      this.pairs.add(pair);
      for (const [from, to] of [pair, [far, near]]) {
        from.pipe(to);
        from.on('error', () => {});
        from.on('close', () => {
          to.destroy();
          this.pairs.delete(pair);
        });
      }
    });
    t.after(() => {
      this.cut();
      this.server.close();
    });
  }

  async lay() {
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    return this;
  }
  cut() {
    this.whole = false;
    for (const pair of this.pairs) for (const socket of pair) socket.resetAndDestroy();
  }
  mend() {
    this.whole = true;
  }
}
