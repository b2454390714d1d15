import type { OrderStatus } from '@orders/client';
import { statuses } from '@orders/core';

export function Status({ status }: { status: OrderStatus }) {
  return <span class={`status ${status}`}>{status}</span>;
}

/** All statuses of an order, with the current one marked. */
export function LifeCycle({ status }: { status: OrderStatus }) {
  const life = statuses();
  const reached = life.indexOf(status);
  return (
    <ol class="life" aria-label="Life cycle">
      {life.map((step, i) => (
        <li key={step} class={i <= reached ? `reached ${step}` : ''} aria-current={i === reached ? 'step' : undefined}>
          {step}
        </li>
      ))}
    </ol>
  );
}
