// The two transitions of an order: confirm and close.

import { etag, validateTotalCents } from '@orders/core';
import { useState } from 'preact/hooks';
import { Field, judge } from './field';
import { total } from './format';

interface ConfirmProps {
  version: number;
  busy: boolean;
  onConfirm: (totalCents: number) => void;
}

export function ConfirmForm({ version, busy, onConfirm }: ConfirmProps) {
  const [text, setText] = useState('1234');
  const { value, refusal } = judge(() => validateTotalCents(number(text)));
  return (
    <form
      class="write"
      onSubmit={(event) => {
        event.preventDefault();
        if (value !== undefined && !busy) onConfirm(value);
      }}
    >
      <Field
        label="Total in cents"
        value={text}
        onValue={setText}
        refusal={refusal}
        hint={value !== undefined && `That is ${total(value)}.`}
        input={{ inputMode: 'numeric' }}
      />
      <button type="submit" class="primary" disabled={value === undefined || busy}>
        Confirm order
      </button>
      <p class="hint">
        Sends <code>If-Match: {etag(version)}</code>: confirm only what I have read.
      </p>
    </form>
  );
}

interface CloseProps {
  version: number;
  busy: boolean;
  onClose: () => void;
}

export function CloseForm({ version, busy, onClose }: CloseProps) {
  return (
    <form
      class="write"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) onClose();
      }}
    >
      <button type="submit" class="primary" disabled={busy}>
        Close order
      </button>
      <p class="hint">
        Sends <code>If-Match: {etag(version)}</code>, and writes the event <code>orders.closed</code> in the same transaction.
      </p>
    </form>
  );
}

/** Parses an amount. `Number('')` is 0, so the empty input is refused here. */
function number(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}
