import { StaleVersionError, type Order, type Orders } from '@orders/client';
import { allowedActions, etag } from '@orders/core';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Conflict } from './conflict';
import { explain } from './explain';
import { moment, total } from './format';
import { href } from './route';
import { LifeCycle } from './status';
import { CloseForm, ConfirmForm } from './writes';

interface Props {
  orders: Orders;
  tenant: string;
  id: string;
  onLearned: (order: Pick<Order, 'id'> & Partial<Order>) => void;
}

/** One order as this tab has read it, and its writes. Refreshed only on request, so that a stale version can be sent. */
export function OrderView({ orders, tenant, id, onLearned }: Props) {
  const [order, setOrder] = useState<Order>();
  const [current, setCurrent] = useState<Order>();
  const [says, setSays] = useState<{ text: string; refused: boolean }>();
  const [busy, setBusy] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);

  const refuse = (error: unknown) => setSays({ text: explain(error), refused: true });

  /** Replaces the shown order by a newer one. */
  function learn(known: Order) {
    setOrder(known);
    setCurrent(undefined);
    onLearned(known);
  }

  useEffect(() => {
    const reading = new AbortController();
    const { signal } = reading;
    orders.get(id, { signal }).then(learn, (error) => signal.aborted || refuse(error));
    heading.current?.focus({ preventScroll: true });
    return () => reading.abort();
  }, [orders, id]);

  /** Runs a write with the order that was read, and shows the result or the error. */
  async function write(done: string, change: (read: Order) => Promise<Partial<Order>>) {
    if (!order || busy) return;
    setBusy(true);
    try {
      const changed = { ...order, ...(await change(order)) };
      learn(changed);
      setSays({ text: `${done}: version ${changed.version} now.`, refused: false });
    } catch (error) {
      if (error instanceof StaleVersionError) {
        setSays(undefined);
        await orders.get(id).then(setCurrent, refuse);
      } else {
        refuse(error);
      }
    }
    setBusy(false);
  }

  return (
    <section class="card order" aria-labelledby="order">
      <a class="back" href={href(tenant)}>
        ← All orders
      </a>
      <h2 id="order" tabIndex={-1} ref={heading}>
        Order <code>{id}</code>
      </h2>
      {order && <LifeCycle status={order.status} />}
      {order && <Facts order={order} />}
      {order && current && <Conflict read={order} current={current} onTake={() => learn(current)} />}
      {order && !current && (
        <NextStep
          order={order}
          tenant={tenant}
          busy={busy}
          onConfirm={(cents) => write('Confirmed', (read) => orders.confirm(read, cents))}
          onClose={() => write('Closed', (read) => orders.close(read))}
        />
      )}
      <p class={says?.refused ? 'refusal' : 'done'} role="status">
        {says?.text}
      </p>
    </section>
  );
}

interface NextStepProps {
  order: Order;
  tenant: string;
  busy: boolean;
  onConfirm: (totalCents: number) => void;
  onClose: () => void;
}

/** The writes that the rules allow in the order's status. */
function NextStep({ order, tenant, busy, onConfirm, onClose }: NextStepProps) {
  const actions = allowedActions(order.status);
  if (actions.length === 0) {
    return (
      <p class="hint">
        A closed order does not change. Its one event <code>orders.closed</code> is in the outbox.
      </p>
    );
  }
  return (
    <>
      {actions.includes('confirm') && <ConfirmForm version={order.version} busy={busy} onConfirm={onConfirm} />}
      {actions.includes('close') && <CloseForm version={order.version} busy={busy} onClose={onClose} />}
      <p class="hint">
        To see a conflict, <a href={href(tenant, order.id)} target="_blank" rel="noopener">open this order in a second tab</a>, change
        it there, and then here.
      </p>
    </>
  );
}

function Facts({ order }: { order: Order }) {
  return (
    <dl class="facts">
      <div>
        <dt>Version read</dt>
        <dd>
          {order.version} <code title="The entity tag">ETag: {etag(order.version)}</code>
        </dd>
      </div>
      <div>
        <dt>Total</dt>
        <dd>{order.totalCents === null ? 'none until confirmed' : total(order.totalCents)}</dd>
      </div>
      <div>
        <dt>Created</dt>
        <dd>
          <time dateTime={order.createdAt}>{moment(order.createdAt)}</time>
        </dd>
      </div>
    </dl>
  );
}
