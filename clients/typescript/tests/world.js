import { Orders } from '@orders/client';
import { startProxy } from 'testing/proxy.js';
import { inject, onTestFinished } from 'vitest';

let tenants = 0;

/** A client of a new tenant through a proxy that injects faults; `direct` goes without the proxy. */
export async function world(...planned) {
  const tenantId = `test-${process.pid}-${Date.now()}-${tenants++}`;
  const proxy = await startProxy(inject('service'), ...planned);
  onTestFinished(proxy.close);
  const at = (baseUrl, options = {}) => new Orders({ baseUrl, tenantId, retry: { firstDelay: 5 }, ...options });
  return {
    tenantId,
    requests: proxy.requests,
    orders: at(proxy.url),
    with: (retry) => at(proxy.url, { retry: { firstDelay: 5, ...retry } }),
    direct: at(inject('service')),
  };
}

export async function collect(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}
