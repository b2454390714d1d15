import { decodeCursor } from '@orders/core';
import { useId } from 'preact/hooks';
import { judge } from './field';

/** The start of a page of the list. Shows the decoded cursor while the pointer or the focus is on it. */
export function CursorMark({ cursor, page }: { cursor: string; page: number }) {
  const id = useId();
  const { value, refusal } = judge(() => decodeCursor(cursor));
  return (
    <span class="cursor">
      <button type="button" aria-describedby={id}>
        page {page} <code>{cursor.slice(0, 14)}…</code>
      </button>
      <span class="tip" role="tooltip" id={id}>
        <strong>The cursor, decoded</strong>
        {value ? <code>{JSON.stringify(value, null, 2)}</code> : refusal}
      </span>
    </span>
  );
}
