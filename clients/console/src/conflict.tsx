import type { Order } from '@orders/client';
import { useEffect, useRef } from 'preact/hooks';
import { total } from './format';

interface Props {
  /** The order that this tab has read. */
  read: Order;
  /** The current order. */
  current: Order;
  onTake: () => void;
}

const ROWS: [label: string, of: (order: Order) => string][] = [
  ['Version', ({ version }) => String(version)],
  ['Status', ({ status }) => status],
  ['Total', ({ totalCents }) => (totalCents === null ? '—' : total(totalCents))],
];

/** A version conflict: the order that was read beside the current order, and the next step. */
export function Conflict({ read, current, onTake }: Props) {
  const way = useRef<HTMLButtonElement>(null);
  useEffect(() => way.current?.focus(), []);
  return (
    <div class="conflict" role="alert">
      <h3>Version conflict: another client changed this order</h3>
      <p>Nothing was overwritten. You decided on version {read.version}; the order has version {current.version} now.</p>
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">you read</th>
            <th scope="col">it is now</th>
          </tr>
        </thead>
        <tbody>
          {ROWS.map(([label, of]) => (
            <tr key={label} class={of(read) === of(current) ? '' : 'differs'}>
              <th scope="row">{label}</th>
              <td>{of(read)}</td>
              <td>{of(current)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <button type="button" class="primary" ref={way} onClick={onTake}>
        Go on with version {current.version}
      </button>
    </div>
  );
}
