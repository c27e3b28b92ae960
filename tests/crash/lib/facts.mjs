// SPDX-License-Identifier: Apache-2.0
//
// What the journal says, kept short: who was received, what was sent, and how statuses moved.

export class Facts {
  received = new Map(); // provider id → [{seq, id, text, account}]
  sent = new Map(); // message id → {seq, text, account}
  statuses = new Map(); // message id → [words in the order of the journal]
  echoes = new Map(); // text → how often the loopback number said it
  onEffect = () => {}; // called with the seq of each effect's message

  constructor(loopback) {
    this.loopback = loopback; // its account's id
  }

  take({ type, seq, data }) {
    if (type === 'message.received') {
      const { id, provider_message_id: provider, text, account_id: account } = data.message;
      const known = this.received.get(provider) ?? [];
      this.received.set(provider, [...known, { seq, id, text, account }]);
      if (account === this.loopback) this.echoes.set(text, (this.echoes.get(text) ?? 0) + 1);
    } else if (type === 'message.sent') {
      const { id, text, account_id: account } = data.message;
      this.sent.set(id, { seq, text, account });
      if (isEffect(text)) this.onEffect(seq);
    } else if (type === 'message.status.updated') {
      const words = this.statuses.get(data.message_id) ?? [];
      words.push(data.status);
      this.statuses.set(data.message_id, words);
    }
  }

  // The events that the effects plugin acts on.
  wanted() {
    return [...this.received.values()].flat().filter((m) => !isEffect(m.text));
  }
}

export const isEffect = (text) => text.startsWith('seen by');
