import { Orders } from '@orders/client';
import { useCallback, useMemo, useRef, useState } from 'preact/hooks';
import { CreateOrder } from './create-order';
import { EventList } from './event-list';
import { recording, type Exchange } from './exchange';
import { Exchanges } from './exchanges';
import { OrderList } from './order-list';
import { OrderView } from './order-view';
import { useOutbox } from './outbox';
import { usePages } from './pages';
import { EVENTS, go, useRoute } from './route';
import { TenantPicker } from './tenant';

/** The address of the service: the directory of this page, which may be below a path prefix. */
const SERVICE = new URL('.', document.baseURI).href;

/** The maximum number of exchanges that are kept. */
const KEPT = 50;

export function App() {
  const route = useRoute();
  const [exchanges, setExchanges] = useState<Exchange[]>([]);
  const [token, setToken] = useState(''); // gone with the page: it is stored nowhere
  const latestWrite = useRef<Exchange>(undefined);
  const fetch = useMemo(
    () =>
      recording((exchange) => {
        if (exchange.method !== 'GET') latestWrite.current = exchange;
        setExchanges((known) => [exchange, ...known].slice(0, KEPT));
      }),
    [],
  );
  const orders = useMemo(() => {
    const options = { baseUrl: SERVICE, tenantId: route.tenant, fetch, retry: { attempts: 3 } };
    return new Orders(token === '' ? options : { ...options, token });
  }, [route.tenant, token, fetch]);
  const pages = usePages(useCallback((options) => orders.list(options), [orders]));
  const outbox = useOutbox(SERVICE, fetch);

  return (
    <>
      <header class="top">
        <h1>Orders</h1>
        <TenantPicker tenant={route.tenant} token={token} onToken={setToken} />
        <nav aria-label="Pages">
          {outbox && <a href={EVENTS}>Events</a>}
          <a href="docs">API reference</a>
          <a href="openapi.yaml">Contract</a>
        </nav>
      </header>
      <main class={route.order === undefined && !route.events ? '' : 'chosen'}>
        <div class="browse">
          <CreateOrder
            orders={orders}
            wasReplayed={() => latestWrite.current?.response?.status === 200}
            onCreated={({ id }) => {
              pages.reload();
              go(route.tenant, id);
            }}
          />
          <OrderList pages={pages} route={route} />
        </div>
        <div class="work">
          {route.events && outbox ? (
            <EventList outbox={outbox} />
          ) : route.order === undefined ? (
            <Welcome />
          ) : (
            <OrderView key={`${route.tenant}/${route.order}`} orders={orders} tenant={route.tenant} id={route.order} onLearned={pages.learn} />
          )}
          <Exchanges exchanges={exchanges} />
        </div>
      </main>
    </>
  );
}

function Welcome() {
  return (
    <section class="card welcome" aria-labelledby="welcome">
      <h2 id="welcome">An order’s life</h2>
      <ol>
        <li>
          <b>Create</b> a draft. Sent twice with one key, it is created once.
        </li>
        <li>
          <b>Confirm</b> it with its total and the version you read. If two clients try, one succeeds and the other gets 409 with the current version.
        </li>
        <li>
          <b>Close</b> it. Its event is stored in the same transaction.
        </li>
      </ol>
      <p class="hint">Choose an order, or create one. Each request and its response appear below.</p>
    </section>
  );
}
