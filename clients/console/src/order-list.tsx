import type { Order } from '@orders/client';
import { Fragment } from 'preact';
import { CursorMark } from './cursor';
import { moment, short, total } from './format';
import { More } from './more';
import type { Pages } from './pages';
import { href, type Route } from './route';
import { Status } from './status';
import { explain } from './explain';

/** The orders of the tenant, newest first. Scrolling loads more pages. */
export function OrderList({ pages, route }: { pages: Pages<Order>; route: Route }) {
  const empty = pages.pages.length > 0 && pages.pages.every(({ items }) => items.length === 0);
  return (
    <section class="list" aria-labelledby="orders">
      <header>
        <h2 id="orders">Orders of {route.tenant}</h2>
        <button type="button" onClick={pages.reload} disabled={pages.loading}>
          Refresh
        </button>
      </header>
      <ol aria-busy={pages.loading}>
        {pages.pages.map(({ cursor, items }, i) => (
          <Fragment key={cursor ?? 'first'}>
            {cursor !== undefined && (
              <li class="page">
                <CursorMark cursor={cursor} page={i + 1} />
              </li>
            )}
            {items.map((order) => (
              <Row key={order.id} order={order} route={route} />
            ))}
          </Fragment>
        ))}
      </ol>
      {empty && <p class="empty">No orders yet. Create the first one: it starts as a draft.</p>}
      {pages.failure !== undefined && (
        <p class="refusal" role="alert">
          {explain(pages.failure)}
        </p>
      )}
      {pages.more && <More pages={pages} />}
      {!pages.more && !empty && pages.pages.length > 0 && <p class="end">That was the first order.</p>}
    </section>
  );
}

function Row({ order, route }: { order: Order; route: Route }) {
  return (
    <li>
      <a href={href(route.tenant, order.id)} aria-current={order.id === route.order ? 'true' : undefined}>
        <code>{short(order.id)}</code>
        <Status status={order.status} />
        <span class="amount">{order.totalCents === null ? '—' : total(order.totalCents)}</span>
        <time dateTime={order.createdAt}>{moment(order.createdAt)}</time>
        <span class="version">version {order.version}</span>
      </a>
    </li>
  );
}
